/** How far a log for which nobody asks anything goes on, and who waits for that. */
import { describe, expect, it } from "vitest"
import { idleTimer, withGoal } from "../../../src/core/pbft/idle-goals.ts"
import { viewTimer } from "../../../src/core/pbft/timer.ts"
import type { Input, State } from "../../../src/core/pbft/state.ts"
import {
  after,
  batchDigest,
  commit,
  committing,
  executed,
  prepare,
  prePrepare,
  receive,
  signed,
} from "../../support/pbft.ts"
import { recoverOf } from "../../support/recover-guards.ts"
import { asking, recovering } from "../../support/rejoin-guards.ts"

const config = recovering(1, { nullRequests: true })
const { logSize } = config

/** Replica 3 was taken back under number 1, as the backup 1 sees it. */
const takenBack: ReadonlyArray<Input> = [
  ...committing(1, [asking(3, 5)]),
  executed(1, ["taken back"]),
]
const state = after(config, takenBack)
const goals = withGoal(config, state, new Map(), { replica: 3, awaited: logSize })
const reached: State = { ...state, executed: logSize }

describe("a backup that waits for no request", () => {
  it("waits for the log to go on for a replica that is on its way back, number by number", () => {
    expect(viewTimer(config, state)).toBeUndefined()
    expect(idleTimer(config, state, goals)).toEqual({
      view: 0,
      key: "view 0: number 2 of an idle log",
    })
    expect(idleTimer(config, { ...state, executed: 2 }, goals)?.key).toContain("number 3")
    expect(idleTimer(config, reached, goals)).toBeUndefined()
  })

  it("does not where nobody waits, no null request may be proposed, or it cannot vote", () => {
    expect(idleTimer(config, state, new Map())).toBeUndefined()
    expect(idleTimer(recovering(1), state, goals)).toBeUndefined()
    expect(idleTimer(config, { ...state, active: false }, goals)).toBeUndefined()
    expect(idleTimer(recovering(0, { nullRequests: true }), state, goals)).toBeUndefined()
    const mute = { ...after(config, [recoverOf(5)]), executed: 1 }
    expect(idleTimer(config, mute, goals)).toBeUndefined()
  })

  it("waits for what it has prepared and cannot execute, and for no proposal alone", () => {
    const batch = [signed(0, 1)]
    const digest = batchDigest(batch)
    const proposed = [receive(prePrepare(1, batch))]
    const prepared = [...proposed, receive(prepare(2, 1, digest))]
    const held = { view: 0, key: "view 0: number 1" }
    expect(viewTimer(config, after(config, proposed))).toBeUndefined()
    expect(viewTimer(config, after(config, prepared))).toEqual(held)
    // What it has executed is not waited for, nor is a number above one that it lacks.
    const done = [...committing(1, batch), executed(1, ["a"])]
    expect(viewTimer(config, after(config, done.slice(0, -1)))).toEqual(held)
    expect(viewTimer(config, after(config, done))).toBeUndefined()
    expect(viewTimer(config, after(config, committing(2, batch)))).toBeUndefined()
  })

  it("waits for what f + 1 others committed to, and for no word of one", () => {
    const digest = batchDigest([signed(0, 1)])
    const heard = [0, 2].map((replica) => receive(commit(replica, 1, digest)))
    expect(viewTimer(config, after(config, heard.slice(1)))).toBeUndefined()
    expect(viewTimer(config, after(config, heard))?.key).toBe("view 0: number 1")
    const unlike = [heard[0] as Input, receive(commit(2, 1, batchDigest([signed(1, 1)])))]
    expect(viewTimer(config, after(config, unlike))).toBeUndefined()
  })

  it("waits for what its view started with, and for no other number", () => {
    const digest = batchDigest([signed(0, 1)])
    const startsWith = (seq: number): State => {
      const newView = { chosen: [{ seq, digest }] } as unknown as State["newView"]
      return { ...after(config, []), newView }
    }
    expect(viewTimer(config, startsWith(1))?.key).toBe("view 0: number 1")
    expect(viewTimer(config, startsWith(2))).toBeUndefined()
    expect(viewTimer(config, { ...startsWith(1), executed: 1 })).toBeUndefined()
  })

  it("goes by the highest number told for a request to be taken back, no further than a log", () => {
    const told = { replica: 3, awaited: logSize }
    expect(withGoal(config, reached, goals, told)).toBe(goals)
    expect(withGoal(config, state, goals, { replica: 3 })).toBe(goals)
    // One for the request before may be late; none is beyond a log from when it was told first.
    const late = withGoal(config, state, new Map(), { replica: 3, awaited: 2 })
    expect(late.get(3)?.seq).toBe(2)
    expect(withGoal(config, reached, late, { ...told, awaited: 3 * logSize }).get(3)?.seq).toBe(
      goals.get(3)?.last,
    )
    expect(withGoal(config, after(config, takenBack.slice(0, 1)), new Map(), told).size).toBe(0)
  })
})
