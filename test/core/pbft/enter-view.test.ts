/** What a replica takes part with in a new view (TOCS section 4.5). */
import { describe, expect, it } from "vitest"
import type { NewView, ViewChange } from "../../../src/core/pbft/message.ts"
import * as Window from "../../../src/core/window.ts"
import {
  after,
  broadcasts,
  committing,
  configOf,
  executed,
  lastStep,
  receive,
  signed,
} from "../../support/pbft.ts"

const config = configOf(1, { checkpointInterval: 1, logSize: 2 })
const batch = [signed(0, 1)]
const digest = config.batchDigest(batch)

/** It has executed the batch under number 1, and taken a checkpoint that is not stable here. */
const before = [...committing(1, batch), executed(1, ["r1"], "s1")]
const start = { seq: 1, digest: after(config, before).checkpoints.at(-1)?.digest ?? "" }

const viewChange = (replica: number): ViewChange => ({
  _tag: "ViewChange",
  view: 2,
  low: 1,
  checkpoints: [start],
  prepared: [{ seq: 2, digest, view: 0 }],
  prePrepared: [{ seq: 2, digest, view: 0 }],
  replica,
  signature: "",
})

const newView: NewView = {
  _tag: "NewView",
  view: 2,
  changes: [viewChange(0), viewChange(2), viewChange(3)],
  start,
  chosen: [{ seq: 2, digest }],
  replica: 2,
  signature: "",
}

describe("a replica that enters a view", () => {
  it("executes what others executed as soon as the view's log holds it", () => {
    const telling = configOf(1, { checkpointInterval: 1, logSize: 2, tellCommitted: true })
    const said = (replica: number) => receive({ _tag: "Committed", seq: 2, digest, replica })
    const given = receive({ _tag: "Batch", batch })
    const inputs = [...before, receive(newView), said(0), given, said(3)]
    const entered = lastStep(telling, [...inputs, { _tag: "Enter" }])
    expect(entered.action).toBe("EnterView")
    expect(entered.effects.filter((e) => e._tag === "Execute").map((e) => e.seq)).toEqual([2])
  })

  it("asks for a chosen batch that it holds by a number which the view leaves behind", () => {
    const asking = lastStep(config, [...before, receive(newView)])
    expect(broadcasts(asking.effects)).toEqual([{ _tag: "FetchBatch", digest, replica: 1 }])
    const given = [...before, receive(newView), receive({ _tag: "Batch", batch })]
    const entered = after(config, [...given, { _tag: "Enter" }])
    expect(entered).toMatchObject({ view: 2, active: true, log: { low: 1 } })
    const slot = Window.get(entered.log, 2)
    expect(slot).toMatchObject({ phase: "prePrepared", digest })
    expect(slot.batch).toMatchObject([{ client: 0, timestamp: 1 }])
  })
})
