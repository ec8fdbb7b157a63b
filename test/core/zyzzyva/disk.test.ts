/** What is written down is all that a restart needs: written again, it is the same. */
import { describe, expect, it } from "vitest"
import { durableRecords, restart } from "../../../src/core/zyzzyva/restart.ts"
import type { Input } from "../../../src/core/zyzzyva/state.ts"
import {
  accusation,
  after,
  certificate,
  commit,
  configOf,
  digestOf,
  executed,
  newView,
  order,
  receive,
  signed,
} from "../../support/zyzzyva.ts"

const config = configOf(1)
const d1 = digestOf(0, 1)
const d2 = digestOf(0, 2)
const history = `${d1} ${d2}`
const ran: ReadonlyArray<Input> = [
  order(1, [signed(0, 1)], ""),
  executed(1, ["r1"]),
  order(2, [signed(0, 2)], d1),
  executed(2, ["r2"], "s2"),
]
const header = (replica: number): Input =>
  receive({ _tag: "SpecHeader", view: 0, seq: 2, history, signature: "", replica })
const checkpoint = (replica: number): Input => {
  const digest = `${history}|s2|2=r2,0=`
  return receive({ _tag: "Checkpoint", view: 0, seq: 2, digest, signature: "", replica })
}
const stable = [...ran, header(0), header(2), checkpoint(0), checkpoint(2)]
const left = [accusation(2), accusation(3)]

const tags = (inputs: ReadonlyArray<Input>): ReadonlyArray<string> =>
  durableRecords(config, after(config, inputs)).map((record) => record._tag)

describe("a replica of Zyzzyva that starts again from its disk", () => {
  it.each<readonly [string, ReadonlyArray<Input>, ReadonlyArray<string>]>([
    ["nothing happened", [], []],
    ["orders", ran, ["Ordered", "Ordered"]],
    [
      "a certificate that a client showed",
      [...ran, commit(0, certificate(2, history))],
      ["Ordered", "Ordered", "Certified"],
    ],
    ["a stable checkpoint", stable, ["CheckpointTaken", "CheckpointStable"]],
    [
      "an order above a stable checkpoint",
      [...stable, order(3, [signed(1, 1)], history)],
      ["CheckpointTaken", "CheckpointStable", "Ordered"],
    ],
    ["a view that it left", [...ran, ...left], ["Ordered", "Ordered", "ViewLeft"]],
    [
      "a view that it entered",
      [...left, newView(2, [0, 2, 3]), { _tag: "Enter" }],
      ["NewViewTaken", "ViewEntered"],
    ],
  ])("%s", (_, inputs, expected) => {
    const before = after(config, inputs)
    const records = durableRecords(config, before)
    expect(tags(inputs).filter((tag) => expected.includes(tag))).toEqual(expected)
    const { state, action } = restart(config, records)
    expect(action).toBe("Restart")
    // Own checkpoints above the stable one are there for a record that makes one of them stable.
    const tentative = before.checkpoints.slice(1).map((c) => c.seq)
    const kept = records.filter((r) => r._tag !== "CheckpointTaken" || !tentative.includes(r.seq))
    expect(durableRecords(config, state)).toEqual(kept)
    expect([state.view, state.stage, state.stable]).toEqual([
      before.view,
      before.stage,
      before.stable,
    ])
    // What it executed above the checkpoint it executes again.
    expect(state.executed).toBe(before.stable.seq)
  })

  it("a checkpoint that becomes stable after the log was written anew is still known", () => {
    const records = durableRecords(config, after(config, ran))
    const last = after(config, stable)
    const { stable: now } = last
    const { state } = restart(config, [...records, { _tag: "CheckpointStable", stable: now }])
    expect([state.stable, state.table]).toEqual([last.stable, last.table])
  })

  it("a view that waits to be confirmed is taken again, one that is confirmed is not", () => {
    const cautious = configOf(1, { confirmViews: true })
    const confirm = (replica: number): Input =>
      receive({ _tag: "ViewConfirm", view: 2, seq: 0, history: "", replica })
    const entered = [...left, newView(2, [0, 2, 3]), { _tag: "Enter" } as const]
    const waiting = after(cautious, entered)
    expect(waiting.stage).toBe("confirming")
    expect(restart(cautious, durableRecords(cautious, waiting)).state.stage).toBe("changing")
    const begun = after(cautious, [...entered, confirm(0), confirm(3)])
    expect(begun.stage).toBe("active")
    expect(restart(cautious, durableRecords(cautious, begun)).state.stage).toBe("active")
  })
})
