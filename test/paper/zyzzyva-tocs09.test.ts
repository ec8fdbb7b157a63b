/** Zyzzyva, TOCS 27(4) 2009, section 3.2 and 3.3, a test a sentence, in our words. */
import { describe, expect, it } from "vitest"
import { step } from "../../src/core/zyzzyva/replica.ts"
import type { Effect } from "../../src/core/zyzzyva/state.ts"
import {
  answers,
  hasShown,
  localCommit,
  response,
  runClient,
  submit,
  waited,
} from "../support/zyzzyva-client.ts"
import {
  accusation,
  after,
  certificate,
  change,
  commit,
  configOf,
  digestOf,
  executed,
  order,
  propose,
  receive,
  request,
  signed,
} from "../support/zyzzyva.ts"

const primary = configOf(0)
const backup = configOf(1)
const d1 = digestOf(0, 1)
const first = order(1, [signed(0, 1)], "")
const tagsOf = (effects: ReadonlyArray<Effect>): ReadonlyArray<string> =>
  effects.map((e) => (e._tag === "Broadcast" ? e.message._tag : e._tag))

describe("the client decides (section 3.2)", () => {
  it("4a: 3f + 1 equal answers complete the request", () => {
    const { took } = runClient(answers, response(3))
    expect(took.action).toBe("ClientRecvSpecResponse")
    expect(took.effects).toContainEqual({ _tag: "Complete", timestamp: 1, result: "r" })
    expect(took.state.done).toEqual({ seq: 1, history: d1 })
  })

  it("4a: answers of two views, of two histories or with two results are not equal", () => {
    for (const changed of [{ view: 1 }, { history: "x" }, { result: "s" }, { seq: 2 }]) {
      const { took } = runClient(answers, response(3, changed))
      expect(took.state.operation).toBe("a")
    }
  })

  it("4b: with 2f + 1 it shows a certificate to all when it has waited", () => {
    const { took } = runClient(answers, waited)
    expect(took.action).toBe("ClientCommit")
    expect(took.effects[0]).toMatchObject({
      _tag: "SendToReplicas",
      replicas: [0, 1, 2, 3],
      message: { _tag: "Commit", certificate: { view: 0, seq: 1, history: d1 } },
    })
    expect(took.state.certificate?.signers.map((s) => s.replica)).toEqual([0, 1, 2])
  })

  it("4b: 2f + 1 acknowledgements complete it", () => {
    const two = [...hasShown, localCommit(0), localCommit(1)]
    const { took } = runClient(two, localCommit(3))
    expect(took.action).toBe("ClientRecvLocalCommit")
    expect(took.state.result).toBe("r")
    expect(runClient(hasShown, localCommit(0)).took.state.operation).toBe("a")
  })

  it("4c: with fewer it asks every replica", () => {
    const { took } = runClient([submit, response(0), response(1)], waited)
    expect(took.action).toBe("ClientTimeout")
    expect(took.effects[0]).toMatchObject({ replicas: [0, 1, 2, 3], message: { _tag: "Request" } })
  })

  it("4c: a certificate that nobody acknowledges is shown again, and everyone asked", () => {
    const { took } = runClient(hasShown, waited)
    const sent = took.effects.flatMap((e) => (e._tag === "SendToReplicas" ? e.message._tag : []))
    expect(sent).toEqual(["Commit", "Request"])
  })

  it("4d: two orders of the primary for one number prove that it misbehaves", () => {
    const { took } = runClient([submit, response(0)], response(1, { history: "x" }))
    expect(took.effects[0]).toMatchObject({
      _tag: "SendToReplicas",
      message: { _tag: "Pom", orders: [{ history: "x" }, { history: d1 }] },
    })
    const unsigned = runClient([submit, response(0)], response(1, { history: "x", view: 1 }))
    expect(unsigned.took.effects).toEqual([])
  })
})

describe("a replica executes before agreement (section 3.2, step 3)", () => {
  it("the primary's order is durable before it leaves, and is executed at once", () => {
    const took = step(primary, after(primary, [request(0, 1)]), propose(1))
    expect(tagsOf(took.effects)).toEqual(["Persist", "OrderReq", "Execute"])
  })

  it("a backup takes an order that leads to its history, and answers with it", () => {
    const state = after(backup, [first])
    const took = step(backup, state, executed(1, ["r"]))
    expect(took.effects[0]).toMatchObject({
      _tag: "SendToClient",
      message: { _tag: "SpecResponse", view: 0, seq: 1, history: d1, result: "r" },
    })
  })

  it("a hole is asked for, and filled by who holds the order", () => {
    const hole = step(backup, after(backup, []), order(3, [signed(0, 3)], "x"))
    const asked = hole.effects[0]
    const asks = { _tag: "FillHole", from: 1, upTo: 3 }
    expect(asked).toMatchObject({ _tag: "SendToReplicas", replicas: [0], message: asks })
    const fill = receive({ _tag: "FillHole", view: 0, from: 1, upTo: 3, replica: 2 })
    const filled = step(backup, after(backup, [first]), fill)
    expect(filled.effects).toMatchObject([{ replicas: [2], message: { _tag: "OrderReq", seq: 1 } }])
  })

  it("an executed request is answered again", () => {
    const state = after(backup, [first, executed(1, ["r"])])
    const took = step(backup, state, request(0, 1))
    expect(took.effects).toMatchObject([{ message: { _tag: "SpecResponse", result: "r" } }])
  })

  it("4b.1: a certificate is kept before it is acknowledged, of the present view only", () => {
    const took = step(backup, after(backup, [first]), commit(0, certificate(1, d1)))
    expect(tagsOf(took.effects)).toEqual(["Persist", "SendToClient"])
    expect(took.effects[1]).toMatchObject({ message: { _tag: "LocalCommit", history: d1 } })
  })
})

describe("a view is left together (section 3.3.2)", () => {
  it("VC1: who accuses the primary goes on in its view", () => {
    const state = after(backup, [first, { _tag: "Timeout", view: 0 }])
    expect(state.stage).toBe("active")
    expect(step(backup, state, executed(1, ["r"])).action).toBe("Execute")
  })

  it("VC2: f + 1 accusations end it, and the VIEW-CHANGE shows them", () => {
    const took = step(backup, after(backup, [first, accusation(2)]), accusation(3))
    expect(took.state).toMatchObject({ view: 1, stage: "changing" })
    const last = took.effects.at(-1)
    expect(last).toMatchObject({
      message: { _tag: "ViewChange", view: 1, accusers: [{ replica: 2 }, { replica: 3 }] },
    })
  })

  it("VC2: one VIEW-CHANGE takes along who has not heard the accusations", () => {
    const took = step(backup, after(backup, []), receive(change(2, 1)))
    expect(took.state).toMatchObject({ view: 1, stage: "changing" })
  })

  it("VC4: what was executed speculatively is rolled back, with the answers to it", () => {
    const begun = [receive(change(0, 1)), receive(change(2, 1)), { _tag: "Begin" } as const]
    const withoutOrders = after(backup, [...begun, { _tag: "Enter" }])
    expect(withoutOrders).toMatchObject({ view: 1, stage: "active", executed: 0 })
    const rolled = after(backup, [first, executed(1, ["r"]), ...begun, { _tag: "Enter" }])
    expect(rolled.executed).toBe(0)
    expect(step(backup, rolled, request(0, 1)).action).toBe("RecvRequest")
    expect(step(backup, rolled, request(0, 1)).state.queue).toHaveLength(1)
  })
})
