/** Zyzzyva, TOCS 27(4) 2009, section 4: agreement apart from execution, in our words. */
import { describe, expect, it } from "vitest"
import { isWitness } from "../../src/core/zyzzyva/needs.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import { durableRecords, restart } from "../../src/core/zyzzyva/restart.ts"
import type { ClientInput } from "../../src/core/zyzzyva/client.ts"
import type { Input } from "../../src/core/zyzzyva/state.ts"
import { groupOf } from "../../src/core/quorum.ts"
import { response, runClient, submit, waited } from "../support/zyzzyva-client.ts"
import {
  after,
  configOf,
  digestOf,
  executed,
  fetched,
  order,
  receive,
  request,
  signed,
} from "../support/zyzzyva.ts"

const witness = configOf(1, { witness: true })
const d1 = digestOf(0, 1)
const history = `${d1} ${digestOf(0, 2)}`
const first = order(1, [signed(0, 1)], "")
const ran = [first, executed(1, ["r"])]

describe("the last f replicas", () => {
  it.each([4, 7, 10])("of %d only order: 2f + 1 execute", (n) => {
    const group = groupOf(n)
    const who = Array.from({ length: n }, (_, id) => id).filter((id) => !isWitness(group, id))
    expect(who).toEqual(Array.from({ length: 2 * group.f + 1 }, (_, id) => id))
  })
})

describe("a replica that only orders", () => {
  it("answers with its history and no result, in full or not", () => {
    const batch = [{ ...signed(0, 1), replier: 2 }]
    const took = step(witness, after(witness, [order(1, batch, "")]), executed(1, ["r"]))
    const said = { _tag: "SpecResponse", history: d1, result: "", witness: true }
    expect(took.effects).toMatchObject([{ message: said }])
    expect(took.effects[0]).not.toHaveProperty("message.digest")
    expect(step(witness, took.state, request(0, 1)).effects).toMatchObject([{ message: said }])
  })

  it("skips what was executed before, as all do", () => {
    const twice = after(witness, [...ran, order(2, [signed(0, 1)], d1)])
    expect(step(witness, twice, executed(2, [])).action).toBe("Execute")
    expect(step(witness, twice, executed(2, ["r"])).action).toBe("Ignore:WrongResultCount")
  })

  it("tells what it has read up to, and not what", () => {
    const reader = configOf(1, { witness: true, readOnly: true })
    const asked = after(reader, [...ran, receive({ _tag: "Read", ...signed(1, 1) })])
    const done: Input = { _tag: "ReadDone", client: 1, timestamp: 1, result: "v" }
    expect(step(reader, asked, done).effects).toMatchObject([
      { message: { _tag: "ReadResponse", history: d1, result: "", witness: true } },
    ])
  })

  const header = (replica: number): Input =>
    receive({ _tag: "SpecHeader", view: 0, seq: 2, history, signature: "", replica })
  const vouches = (replica: number, digest = "d"): Input =>
    receive({ _tag: "Checkpoint", view: 0, seq: 2, digest, signature: "", replica })
  const both = [...ran, order(2, [signed(0, 2)], d1), executed(2, ["r"])]
  const certified = [...both, header(0), header(2)]

  it("vouches for the state for which f + 1 do, once it is certified, and durably", () => {
    expect(step(witness, after(witness, certified), vouches(0)).effects).toEqual([])
    const took = step(witness, after(witness, [...certified, vouches(0)]), vouches(2))
    expect(took.effects).toMatchObject([
      { _tag: "Persist", record: { _tag: "CheckpointTaken", seq: 2, digest: "d" } },
      { _tag: "Broadcast", message: { _tag: "Checkpoint", seq: 2, digest: "d" } },
      { _tag: "Persist", record: { _tag: "CheckpointStable" } },
    ])
    const other = step(witness, after(witness, [...certified, vouches(0)]), vouches(2, "e"))
    expect(other.effects).toEqual([])
    const early = step(witness, after(witness, [...both, vouches(0)]), vouches(2))
    expect(early.effects).toEqual([])
  })

  it("comes back from its disk with the place of each request, and no result", () => {
    const state = after(witness, [...certified, vouches(0), vouches(2)])
    const back = restart(witness, durableRecords(witness, state)).state
    expect([back.stable.digest, back.executed]).toEqual(["d", 2])
    expect(back.table).toEqual(state.table)
    expect(durableRecords(witness, back)).toEqual(durableRecords(witness, state))
  })

  it("has nothing durable of a checkpoint that it has not vouched for", () => {
    const state = after(witness, certified)
    expect(state.checkpoints.map((c) => c.seq)).toEqual([0, 2])
    const records = durableRecords(witness, state)
    expect(records.filter((r) => r._tag === "CheckpointTaken")).toEqual([])
    expect(restart(witness, records).state.log).toEqual(state.log)
  })

  it("gives no state, and of one that it takes it forgets the results", () => {
    const { state } = step(witness, after(witness, []), fetched())
    expect(state.executed).toBe(2)
    const again = step(witness, state, request(0, 2))
    expect(again.effects).toMatchObject([{ message: { result: "", witness: true } }])
  })
})

describe("a client", () => {
  const witnessed = (replica: number, changed = {}): ClientInput =>
    response(replica, { result: "", witness: true, ...changed })
  const three = [submit, response(0), response(1), response(2)]

  it("has enough with the equal results of all that execute, and the others' history", () => {
    expect(runClient(three, witnessed(3)).took.state.result).toBe("r")
    expect(
      runClient([submit, response(0), response(1), witnessed(3)], response(2)).took.state.result,
    ).toBe("r")
    expect(runClient(three, witnessed(3, { history: "x" })).took.state.operation).toBe("a")
    const lied = [submit, response(0), response(1), response(2, { result: "s" })]
    expect(runClient(lied, witnessed(3)).took.state.operation).toBe("a")
  })

  it("makes a certificate of f + 1 equal results and the history of the others", () => {
    const some = [submit, response(0), witnessed(3)]
    const { took } = runClient(some, response(1))
    expect(took.effects).toMatchObject([{ _tag: "SetTimer" }])
    const last = runClient([submit, response(0), response(1)], witnessed(3)).took
    expect(last.effects).toMatchObject([{ _tag: "SetTimer" }])
    const shown = runClient([...some, response(1)], waited).took
    expect(shown.action).toBe("ClientCommit")
    expect(shown.state.certificate).toMatchObject({ result: "r", signers: [{}, {}, {}] })
  })

  it("believes no result that only one gives beside those that have none", () => {
    const { took } = runClient([submit, response(0), response(1, { result: "s" })], witnessed(3))
    expect(took.effects).toEqual([])
    expect(runClient([submit, response(0), witnessed(3)], waited).took.action).toBe("ClientTimeout")
  })
})
