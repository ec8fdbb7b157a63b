/** An order of which a backup of Zyzzyva cannot verify a request, and those who vouch for it. */
import { describe, expect, it } from "vitest"
import { step } from "../../../src/core/zyzzyva/replica.ts"
import { orderAt } from "../../../src/core/zyzzyva/log.ts"
import type { Input } from "../../../src/core/zyzzyva/state.ts"
import {
  after,
  configOf,
  digestOf,
  executed,
  order,
  receive,
  signed,
} from "../../support/zyzzyva.ts"

const config = configOf(1, { vouchOrders: true })
const history = digestOf(0, 1)
const doubtful = order(1, [signed(0, 1)], "", { verdict: false })
const good = order(1, [signed(0, 1)], "")
const header = (replica: number, of = history): Input =>
  receive({ _tag: "SpecHeader", view: 0, seq: 1, history: of, signature: "", replica })
const asked = (upTo = 1): Input =>
  receive({ _tag: "FillHole", view: 0, from: 1, upTo, headers: true, replica: 3 })

describe("a backup that cannot verify an order", () => {
  it("asks everyone who has executed it for the signed part of the answer", () => {
    const state = after(config, [])
    const took = step(config, state, doubtful)
    expect(took.state).toBe(state)
    const place = { view: 0, from: 1, upTo: 1, replica: 1 }
    const message = { _tag: "FillHole", ...place, headers: true }
    expect(took.effects).toEqual([{ _tag: "SendToReplicas", replicas: [0, 2, 3], message }])
  })

  it("takes it when f + 1 have executed it after that history, durable before it is executed", () => {
    const took = step(config, after(config, [header(0), header(2)]), doubtful)
    expect(orderAt(took.state, 1)?.history).toBe(history)
    expect(took.effects.map((e) => e._tag)).toEqual(["Persist", "Execute"])
  })

  it.each([
    ["f of them", [header(0)]],
    ["f of them and one of another history", [header(0), header(2, "other")]],
  ])("does not take it for %s", (_, heard) => {
    const took = step(config, after(config, heard), doubtful)
    expect(orderAt(took.state, 1)).toBeUndefined()
    expect(took.effects.map((e) => e._tag)).toEqual(["SendToReplicas"])
  })

  it("does not ask about one that leads to another history than it names", () => {
    const wrong = order(1, [signed(0, 1)], "", { verdict: false, history: "other" })
    expect(step(config, after(config, []), wrong).action).toBe("Ignore:WrongHistory")
  })

  it("refuses it where nobody is to vouch", () => {
    const strict = configOf(1)
    expect(step(strict, after(strict, []), doubtful).action).toBe("Ignore:BadRequest")
  })
})

describe("who is asked for a history", () => {
  it("gives that after what it has executed, signed, to who asks", () => {
    const second = order(2, [signed(0, 2)], history)
    const state = after(config, [good, executed(1, ["r"]), second])
    const { effects } = step(config, state, asked())
    const signature = "SpecHeader signed by 1"
    const message = { _tag: "SpecHeader", view: 0, seq: 1, history, signature, replica: 1 }
    expect(effects).toEqual([{ _tag: "SendToReplicas", replicas: [3], message }])
  })

  it("gives none to who asks for more than one", () => {
    const state = after(config, [good, executed(1, ["r"])])
    expect(step(config, state, asked(2)).action).toBe("Ignore:MoreThanOne")
  })

  it("gives none after what it has only ordered", () => {
    expect(step(config, after(config, [good]), asked()).action).toBe("Ignore:HoldsNone")
  })
})
