/** OSDI '99 section 4.6: values that replicas cannot compute alike are proposed by the primary. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as ClientTable from "../../../src/core/client-table.ts"
import { proposeInput } from "../../../src/core/pbft/proposal.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { isNearTime, timeIn, timeOperation } from "../../../src/core/agreed-time.ts"
import {
  after,
  commit,
  executed,
  prePrepare,
  prepare,
  receive,
  receiveHalf,
  request,
  signed,
} from "../../support/pbft.ts"
import { clocked, proposal, proposing } from "../../support/proposal-guards.ts"

const backup = clocked(1)
const batch = [proposal(50), signed(0, 1)]
const digest = "2:50:T50 0:1:a"

describe("a value that the primary proposes", () => {
  it("stands before the requests of its batch, in the name of a client that nobody is", () => {
    const state = after(clocked(0), [receive(request(0, 1))])
    const took = step(clocked(0), state, proposing(1, 50))
    expect(took.action).toBe("SendPrePrepare")
    expect(took.effects.at(-1)).toMatchObject({ message: { batch, digest } })
  })

  it("is executed before them, and answered to nobody", () => {
    const agreed = [
      receive(prePrepare(1, batch)),
      receive(prepare(2, 1, digest)),
      receive(commit(0, 1, digest)),
    ]
    const before = after(backup, agreed)
    const last = step(backup, before, receive(commit(2, 1, digest)))
    const operations = last.effects.flatMap((e) =>
      e._tag === "Execute" ? e.requests.map((r) => r.operation) : [],
    )
    expect(operations).toEqual(["T50", "a"])
    const took = step(backup, last.state, executed(1, ["", "r"]))
    const answered = took.effects.filter((e) => e._tag === "SendToClient")
    expect(answered.map((e) => e.client)).toEqual([0])
    expect(ClientTable.get(took.state.table, 2)).toEqual({ timestamp: 50, result: "" })
  })

  it("has no effect when it is not above the last one", () => {
    const low = [proposal(49), signed(0, 2)]
    const lowDigest = "2:49:T49 0:2:a"
    const state = after(backup, [
      receive(prePrepare(1, batch)),
      receive(prePrepare(2, low)),
      receive(prepare(2, 1, digest)),
      receive(prepare(2, 2, lowDigest)),
      ...[0, 2].flatMap((r) => [receive(commit(r, 1, digest)), receive(commit(r, 2, lowDigest))]),
    ])
    const took = step(backup, state, executed(1, ["", "r"]))
    const next = took.effects.flatMap((e) => (e._tag === "Execute" ? [e.requests] : []))
    expect(next).toEqual([[{ client: 0, timestamp: 2, operation: "a" }]])
  })

  it("is held where it is not accepted, until f + 1 replicas vouch for it", () => {
    const held = after(backup, [receiveHalf(prePrepare(1, batch), [0])])
    expect(held.log).toMatchObject({ low: 0 })
    expect(step(backup, held, receive(prepare(2, 1, digest))).effects).toMatchObject([
      { _tag: "Persist" },
      { message: { _tag: "Prepare", digest } },
      { _tag: "Persist" },
      { message: { _tag: "Commit", digest } },
    ])
    const alone = step(backup, after(backup, []), receiveHalf(prePrepare(1, batch), [0]))
    expect(alone.effects).toEqual([])
  })

  it("is above everything before it, whatever the clock says", () => {
    const state = after(clocked(0), [
      receive(request(0, 1)),
      receive(request(1, 1)),
      proposing(1, 50),
    ])
    const input = (now: number) => proposeInput(clocked(0), state, 1, now)
    expect(input(60)).toMatchObject({ proposal: { timestamp: 60, operation: "T60" } })
    expect(input(7)).toMatchObject({ proposal: { timestamp: 51, operation: "T51" } })
    expect(step(clocked(0), state, input(7)).action).toBe("SendPrePrepare")
  })
})

describe("a proposed time", () => {
  it("is near when it is no more than the bound away, before or after", () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 40),
        fc.nat(10_000),
        fc.integer({ min: -20_000, max: 20_000 }),
        (now, bound, by) => {
          const timestamp = Math.max(0, now + by)
          const near = isNearTime({ timestamp, operation: timeOperation(timestamp) }, now, bound)
          expect(near).toBe(Math.abs(timestamp - now) <= bound)
        },
      ),
    )
  })

  it("is never near when its operation sets another one", () => {
    expect(isNearTime({ timestamp: 5, operation: "T6" }, 5, 10)).toBe(false)
    expect(isNearTime({ timestamp: 5, operation: "P" }, 5, 10)).toBe(false)
  })

  it("is read back from its operation, and from no other text", () => {
    fc.assert(fc.property(fc.nat(2 ** 48), (ms) => timeIn(timeOperation(ms)) === ms))
    for (const text of ["", "T", "T-1", "T01", "t1", "T1 ", "T1.5"])
      expect(timeIn(text)).toBeUndefined()
  })
})
