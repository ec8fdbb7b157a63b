/** A replica of Zyzzyva that fetches the state of a checkpoint. */
import { describe, expect, it } from "vitest"
import { durableRecords, restart } from "../../../src/core/zyzzyva/restart.ts"
import { step } from "../../../src/core/zyzzyva/replica.ts"
import {
  after,
  certificate,
  change,
  commit,
  configOf,
  digestOf,
  executed,
  fetched,
  newView,
  order,
  receive,
  request,
  signed,
} from "../../support/zyzzyva.ts"

const config = configOf(1)
const d1 = digestOf(0, 1)
const history = `${d1} ${digestOf(0, 2)}`
const third = order(3, [signed(0, 3)], history)

describe("a replica that takes a state", () => {
  it("goes on from it, and is durable before the service is put into it", () => {
    const took = step(config, after(config, [request(0, 2)]), fetched())
    expect(took.action).toBe("RecvState")
    expect(took.effects.map((e) => e._tag)).toEqual(["Persist", "Persist", "Restore"])
    expect([took.state.executed, took.state.log.low, took.state.queue]).toEqual([2, 2, []])
    const next = step(config, took.state, third)
    expect(next.action).toBe("RecvOrderReq")
    expect(next.effects.map((e) => e._tag)).toEqual(["Persist", "Execute"])
  })

  it("executes again what it had ordered above it", () => {
    const ordered = [order(1, [signed(0, 1)], ""), order(2, [signed(0, 2)], d1), third]
    const took = step(config, after(config, ordered), fetched())
    expect(took.action).toBe("RecvState")
    expect(took.effects.at(-1)).toMatchObject({ _tag: "Execute", seq: 3 })
  })

  it("comes back from its disk with it", () => {
    const state = after(config, [fetched(), third])
    const back = restart(config, durableRecords(config, state)).state
    expect([back.stable, back.executed, back.table]).toEqual([state.stable, 2, state.table])
    expect(durableRecords(config, back)).toEqual(durableRecords(config, state))
  })

  it("gives up a certificate that contradicts it, so that its VIEW-CHANGE is believed", () => {
    const mine = order(1, [signed(1, 1)], "")
    const state = after(config, [
      mine,
      executed(1, ["r"]),
      order(2, [signed(1, 2)], digestOf(1, 1)),
      executed(2, ["r"], "s"),
      order(3, [signed(1, 3)], `${digestOf(1, 1)} ${digestOf(1, 2)}`),
      commit(0, certificate(3, `${digestOf(1, 1)} ${digestOf(1, 2)} ${digestOf(1, 3)}`)),
      newView(2, [0, 2, 3]),
    ])
    expect(state.certificates).toHaveLength(1)
    const took = step(config, state, fetched())
    expect(took.action).toBe("RecvState")
    expect(took.state.certificates).toEqual([])
  })

  it("enters the view that starts from it", () => {
    const { state } = step(config, after(config, []), fetched())
    const { stable } = state
    const changes = [0, 2, 3].map((i) => change(i, 2, { stable }))
    const begun = receive({ _tag: "NewView", view: 2, changes, signature: "" })
    expect(step(config, after(config, [begun]), { _tag: "Enter" }).action).toBe(
      "Ignore:CannotEnter",
    )
    const entered = after(config, [begun, fetched(), { _tag: "Enter" }])
    expect([entered.view, entered.stage, entered.executed]).toEqual([2, "active", 2])
  })

  it("begins a view that is confirmed where the checkpoint is of that view", () => {
    const cautious = configOf(1, { confirmViews: true })
    const waiting = [newView(2, [0, 2, 3]), { _tag: "Enter" } as const]
    expect(after(cautious, waiting).stage).toBe("confirming")
    const of = (view: number) => after(cautious, [...waiting, fetched({ view })])
    expect([of(1).stage, of(2).stage]).toEqual(["confirming", "active"])
    const records = durableRecords(cautious, of(2))
    expect(restart(cautious, records).state.stage).toBe("active")
  })
})
