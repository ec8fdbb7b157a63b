/** A replica behind a sketcher: PBFT's, whose results say where they were executed. */
import { describe, expect, it } from "vitest"
import { init } from "../../../src/core/pbft/state.ts"
import type { Authentic } from "../../../src/core/pbft/message.ts"
import type { FastRead } from "../../../src/core/prophecy/message.ts"
import { decodePlaced } from "../../../src/core/prophecy/position.ts"
import { recvFastRead, stepReplica } from "../../../src/core/prophecy/replica.ts"
import {
  after,
  committing,
  configOf,
  executed,
  receive,
  request,
  signed,
} from "../../support/pbft.ts"

const config = configOf(1)
const message = {
  _tag: "FastRead",
  sketcher: 0,
  id: 7,
  operation: "q",
} as Authentic<FastRead>

describe("RecvFastRead", () => {
  it("has the service read, and changes nothing", () => {
    const state = init(config)
    const took = stepReplica(config, state, { _tag: "FastRead", message })
    expect(took).toEqual(recvFastRead(state, message))
    expect(took.state).toBe(state)
    expect(took.effects).toEqual([{ _tag: "AnswerRead", message }])
    expect(took.action).toBe("RecvFastRead")
  })
})

describe("the results of a batch", () => {
  const batch = [signed(0, 1), signed(1, 1, "b")]
  const committed = after(config, committing(1, batch))
  const took = stepReplica(config, committed, executed(1, ["r", "s"]))
  const resultOf = (message: unknown) => (message as { readonly result: string }).result

  it("go to the clients with their sequence number and place", () => {
    const sent = took.effects.flatMap((e) =>
      e._tag === "SendToClient" ? [resultOf(e.message)] : [],
    )
    expect(sent.map(decodePlaced)).toEqual([
      { position: { seq: 1, place: 0 }, result: "r" },
      { position: { seq: 1, place: 1 }, result: "s" },
    ])
  })

  it("are kept so for a request that comes again", () => {
    const again = stepReplica(config, took.state, receive(request(1, 1, "b")))
    expect(
      again.effects.map((e) => (e._tag === "SendToClient" ? resultOf(e.message) : "")),
    ).toEqual(["1.1:s"])
  })
})
