/** A group of processes one of which hides what it says from others: protocols' scenario 28. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { describe, expect } from "vitest"
import type { Behaviour } from "../../src/net/misbehave.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { allConnected, type Cluster, eventually, put, says, started } from "./processes.ts"

const requests = 12
// No checkpoint on the way: who is left behind is not brought on by one.
const timing = { checkpointInterval: 64, logSize: 128, maxBatch: 1, viewChangeMs: 20_000 } as const

const load = ({ pool }: Cluster, name: string) =>
  Effect.forEach(
    Array.from({ length: requests }, (_, k) => k),
    (k) => pool.submit(put(`${name} ${k}`, "v")),
    { concurrency: 4, discard: true },
  )

/** Replica 0, the primary, behaves so, and the group answers all the same, in its first view. */
const behaving = (name: string, behaviour: Behaviour) =>
  Effect.gen(function* () {
    const c = yield* started(name, timing)
    yield* allConnected(c)
    c.cluster.behave(0, behaviour)
    yield* load(c, name)
    for (const replica of c.cluster.running()) {
      yield* eventually(
        `replica ${replica} has executed everything`,
        says(c, replica, (s) => s.executed >= requests && s.view === 0),
      )
    }
    const statuses = yield* Effect.forEach(c.cluster.running(), c.cluster.status)
    for (const replica of c.cluster.running()) yield* c.cluster.stop(replica)
    return { statuses, folder: join(c.directory, "traces") }
  })

const verdictOf = (folder: string) =>
  checkTraces(
    readdirSync(folder).map((name) => sourceOf(name, readFileSync(join(folder, name), "utf8"))),
    { digests },
  )

describe("a primary that hides messages", () => {
  it.live("its COMMITs from everybody: the others go on without them", () =>
    Effect.gen(function* () {
      const { statuses, folder } = yield* Effect.scoped(behaving("commits", "hides Commit"))
      // Each batch committed by the three others' COMMITs, which are all that they have.
      for (const { replica, actions } of statuses.slice(1)) {
        expect([replica, actions.RecvCommit]).toEqual([replica, 2 * requests])
      }
      expect(yield* Effect.promise(() => verdictOf(folder))).toMatchObject({ _tag: "Conforms" })
    }),
  )

  it.live("its batches and its COMMITs from one: that one is brought on by the others", () =>
    Effect.gen(function* () {
      const behaviour = "hides PrePrepare,Commit from 3"
      const { statuses, folder } = yield* Effect.scoped(behaving("batches", behaviour))
      const { actions } = statuses[3] as (typeof statuses)[number]
      expect(actions.RecvCommitted ?? 0).toBeGreaterThan(0)
      expect(actions.RecvPrePrepare ?? 0).toBe(0)
      expect(actions.RecvCheckpoint ?? 0).toBe(0)
      expect(yield* Effect.promise(() => verdictOf(folder))).toMatchObject({ _tag: "Conforms" })
    }),
  )

  it.live("its COMMITs, beside one that is gone: nothing is agreed on until it is honest", () =>
    Effect.gen(function* () {
      const c = yield* started("too many", timing)
      yield* allConnected(c)
      yield* c.cluster.kill(2)
      c.cluster.behave(0, "hides Commit")
      const waiting = yield* Effect.forkChild(c.pool.submit(put("k", "v")))
      yield* eventually(
        "the request is prepared at replica 1",
        says(c, 1, (s) => (s.actions.RecvPrepare ?? 0) > 0),
      )
      yield* Effect.sleep(1_000)
      expect((yield* c.cluster.status(1)).executed).toBe(0)
      c.cluster.behave(0, "honest")
      yield* Fiber.join(waiting)
      yield* eventually(
        "replica 1 has executed it",
        says(c, 1, (s) => s.executed === 1),
      )
    }),
  )
})
