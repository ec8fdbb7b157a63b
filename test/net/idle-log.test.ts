import { describe, expect, it } from "vitest"
import type { Input } from "../../src/core/pbft/state.ts"
import { awaitedBy } from "../../src/core/pbft/idle-goals.ts"
import { IdleLog } from "../../src/net/idle-log.ts"
import { after, commit, executed, prepare, propose, receive, request } from "../support/pbft.ts"
import { asking, recovering, rejoining } from "../support/rejoin-guards.ts"

const config = recovering(0, { nullRequests: true })
const { logSize } = config
const due = propose(0)
const digest = config.batchDigest([asking(3, 5)])

/** Replica 3 was taken back under number 1. */
const takenBack: ReadonlyArray<Input> = [
  receive({ _tag: "Request", ...asking(3, 5) }),
  propose(1),
  ...[1, 2].map((r) => receive(prepare(r, 1, digest))),
  ...[1, 2].map((r) => receive(commit(r, 1, digest))),
]
const done = [...takenBack, executed(1, ["taken back"])]

describe("null requests of an idle log", () => {
  const state = after(config, done)

  it("are proposed up to where a replica that was taken back waits, one after the other", () => {
    expect(state.executed).toBe(1)
    const log = new IdleLog(config)
    expect(log.next(state)).toBeUndefined()
    log.told(state, 3, logSize)
    expect(log.next(state)).toEqual(due)
    expect(log.next(after(config, [...done, due]))).toBeUndefined()
    expect(log.next({ ...state, seqno: logSize, executed: logSize })).toBeUndefined()
  })

  it("are not proposed for who was not taken back, nor for nobody", () => {
    const log = new IdleLog(config)
    log.told(state, 2, logSize)
    log.told(state, 3, 0)
    expect(log.next(state)).toBeUndefined()
  })

  it("go no further than a log for one request, whatever its replica tells", () => {
    const log = new IdleLog(config)
    log.told(state, 3, 1_000_000)
    log.told({ ...state, executed: 100 }, 3, 1_000_000)
    expect(log.next({ ...state, seqno: logSize - 1, executed: logSize - 1 })).toEqual(due)
    expect(log.next({ ...state, seqno: logSize, executed: logSize })).toBeUndefined()
  })

  it("wait for requests that clients have, and are the primary's", () => {
    const log = new IdleLog(config)
    log.told(state, 3, logSize)
    expect(log.next(after(config, [...done, receive(request(0, 1))]))).toBeUndefined()
    expect(log.next({ ...state, active: false })).toBeUndefined()
    expect(log.next({ ...state, view: 1 })).toBeUndefined()
    const off = new IdleLog(recovering(0))
    off.told(state, 3, logSize)
    expect(off.next(state)).toBeUndefined()
  })

  it("are waited for until the point is stable", () => {
    const mute = after(recovering(3), [rejoining(5)])
    expect(awaitedBy(mute)).toBe(0)
    const placed = { ...mute, recovery: { incarnation: 5, point: logSize } }
    expect(awaitedBy(placed)).toBe(logSize)
    expect(awaitedBy({ ...placed, log: { ...placed.log, low: logSize } })).toBe(0)
  })
})
