/** TOCS section 6.1: big requests go from clients to all, and pre-prepares only name them. */
import { describe, expect, it } from "vitest"
import { clientSubmit, initClient } from "../../../src/core/pbft/client.ts"
import type { PrePrepare } from "../../../src/core/pbft/message.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { messagesAt } from "../../../src/core/pbft/resend.ts"
import * as Window from "../../../src/core/window.ts"
import { asking, big } from "../../support/big-request-guards.ts"
import {
  after,
  batchDigest,
  broadcasts,
  clientConfigOf,
  lastStep,
  prePrepare,
  propose,
  receive,
  records,
  request,
  signed,
} from "../../support/pbft.ts"

const huge = signed(0, 1, "aaaa")
const small = signed(1, 1)
const batch = [huge, small]
const digest = batchDigest(batch)
const named = { client: 0, timestamp: 1 }
const short: PrePrepare = { ...prePrepare(1, batch), batch: [named, small] }
const queued = [receive(request(0, 1, "aaaa")), receive(request(1, 1))]

describe("a big request", () => {
  it("is sent to every replica by its client, and a small one to the primary alone", () => {
    const config = clientConfigOf(0, { bigRequestBytes: 4 })
    const to = (operation: string) =>
      clientSubmit(config, initClient(config), { _tag: "Submit", operation }).effects[0]
    expect(to("aaaa")).toMatchObject({ replicas: [0, 1, 2, 3] })
    expect(to("aaa")).toMatchObject({ replicas: [0] })
    const plain = clientConfigOf(0)
    const submitted = clientSubmit(plain, initClient(plain), { _tag: "Submit", operation: "aaaa" })
    expect(submitted.effects[0]).toMatchObject({ replicas: [0] })
  })

  it("is only named in the pre-prepare, and whole in what the primary writes down", () => {
    const took = lastStep(big(0), [...queued, propose(2)])
    expect(broadcasts(took.effects)).toEqual([short])
    expect(records(took.effects)).toMatchObject([{ _tag: "PrePrepared", digest, batch }])
  })

  it("is taken from the backup's own queue, which verified it", () => {
    const took = lastStep(big(1), [...queued, receive(short)])
    expect(broadcasts(took.effects)).toMatchObject([{ _tag: "Prepare", seq: 1, digest }])
    expect(records(took.effects)).toMatchObject([{ batch }])
  })

  it.each([
    ["is not there", []],
    ["is another one of that name", [receive(request(0, 1, "bbbb"))]],
    ["is a later one", [receive(request(0, 2, "aaaa"))]],
  ])("is asked for at the primary when it %s", (_, before) => {
    const took = lastStep(big(1), [...before, receive(short)])
    expect(took.action).toBe("RecvPrePrepare")
    expect(took.effects).toEqual([
      {
        _tag: "SendToReplicas",
        replicas: [0],
        message: { _tag: "FetchPrePrepare", view: 0, seq: 1, replica: 1 },
      },
    ])
    expect(Window.get(took.state.log, 1).phase).toBe("empty")
  })

  it("is given in full by the primary, and taken then", () => {
    const primary = after(big(0), [...queued, propose(2)])
    const given = step(big(0), primary, asking())
    expect(given.action).toBe("RecvFetchPrePrepare")
    const full = prePrepare(1, batch)
    expect(given.effects).toEqual([{ _tag: "SendToReplicas", replicas: [2], message: full }])
    const took = lastStep(big(2), [receive(short), receive(full)])
    expect(broadcasts(took.effects)).toMatchObject([{ _tag: "Prepare", digest }])
  })

  it("is named again when the pre-prepare is sent again", () => {
    const primary = after(big(0), [...queued, propose(2)])
    expect(messagesAt(big(0), primary, 1)).toEqual([short])
  })
})
