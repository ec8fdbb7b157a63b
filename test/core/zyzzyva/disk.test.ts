/** What is written down is all that a restart needs: written again, it is the same. */
import { describe, expect, it } from "vitest"
import { step } from "../../../src/core/zyzzyva/replica.ts"
import { durableRecords, restart, withoutLost } from "../../../src/core/zyzzyva/restart.ts"
import type { Input } from "../../../src/core/zyzzyva/state.ts"
import {
  accusation,
  after,
  certificate,
  change,
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
    ["orders", ran, ["Ordered", "Ordered", "CheckpointTaken"]],
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
    expect(durableRecords(config, state)).toEqual(records)
    expect(state.checkpoints).toEqual(before.checkpoints)
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

  it("goes on from a checkpoint that others made stable, whatever it has forgotten meanwhile", () => {
    const last = after(config, [...ran, ...left])
    const { state } = restart(config, durableRecords(config, last))
    expect(state.checkpoints.map((c) => c.seq)).toEqual([0, 2])
    const from = after(config, stable).stable
    const changes = [0, 2, 3].map((replica) => change(replica, 2, { stable: from }))
    const begins = receive({ _tag: "NewView", view: 2, changes, signature: "" })
    const told = step(config, state, begins).state
    const began = step(config, told, { _tag: "Enter" }).state
    expect([began.stage, began.executed, began.stable]).toEqual(["active", 2, from])
  })

  it("forgets checkpoints from before the view that it entered, and whose states are lost", () => {
    const taken = durableRecords(config, after(config, ran))
    const later = durableRecords(
      config,
      after(config, [...left, newView(2, [0, 2, 3]), { _tag: "Enter" }]),
    )
    const numbers = (records: typeof taken): ReadonlyArray<number> =>
      restart(config, records).state.checkpoints.map((c) => c.seq)
    expect(numbers(taken)).toEqual([0, 2])
    expect(numbers([...taken, ...later])).toEqual([0])
    expect(numbers(withoutLost(taken, ({ seq }) => seq !== 2))).toEqual([0])
    const all = durableRecords(config, after(config, stable))
    expect(withoutLost(all, () => false)).toEqual(all)
  })

  it("vouches for a checkpoint that it kept when it has come to it again", () => {
    const { state } = restart(config, [
      ...durableRecords(config, after(config, [...ran, commit(0, certificate(2, history))])),
    ])
    const first = step(config, state, executed(1, ["r1"]))
    expect(first.state.checkpointVotes[0]?.said[1]).toBeUndefined()
    expect(first.effects.map((e) => e._tag)).not.toContain("Broadcast")
    const second = step(config, first.state, executed(2, ["r2"], "s2"))
    expect(second.state.checkpointVotes[0]?.said[1]).toBeDefined()
    expect(second.state.checkpoints).toEqual(state.checkpoints)
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
