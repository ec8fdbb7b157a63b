import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { type Verdict, verdictText } from "../../src/trace-check/verdict.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { type Cluster, eventually, get, put, says, started } from "./processes.ts"

const zyzzyva = { protocol: "zyzzyva" } as const

/** What the traces of a run say, all of its processes together; after they have ended. */
const verdictOn = (directory: string) =>
  Effect.promise(() => {
    const folder = join(directory, "traces")
    const sources = readdirSync(folder).map((name) =>
      sourceOf(name, readFileSync(join(folder, name), "utf8")),
    )
    return checkTraces(sources, { digests: { ...digests, zyzzyva: zyzzyvaDigests } })
  })

/** All that is there is a run of the model; what a killed process did last is not there. */
const expectGaps = (verdict: Verdict): void => {
  expect(verdictText(verdict)).toContain("conforms, with gaps")
  if (verdict._tag !== "Gap") return
  expect(verdict.statistics.unchecked).toBeLessThan(verdict.statistics.messages)
  expect(verdict.misbehaviours).toStrictEqual([])
}

const executedBy = ({ cluster }: Cluster, replica: number) =>
  Effect.map(cluster.status(replica), ({ executed }) => executed)

const writes = (c: Cluster, name: string, count: number, concurrency = 8) =>
  Effect.forEach(
    Array.from({ length: count }, (_, k) => k),
    (k) => c.pool.submit(put(`${name} ${k}`, String(k))),
    { concurrency },
  )

const readsWhat = (c: Cluster, name: string, count: number) =>
  Effect.gen(function* () {
    for (let k = 0; k < count; k++) {
      const result = yield* c.pool.submit(get(`${name} ${k}`))
      expect(decodeResult(result)).toStrictEqual({ _tag: "Value", value: String(k) })
    }
  })

describe("four replicas of Zyzzyva as processes", () => {
  it.live("answer at once; go on without a backup by certificates; it comes back", () =>
    Effect.gen(function* () {
      const c = yield* started("zyzzyva-backup", { ...zyzzyva, checkpointInterval: 8, logSize: 32 })
      const { cluster, pool } = c
      yield* writes(c, "before", 20)
      yield* eventually(
        "the backup has executed, and its log holds what it promised",
        says(c, 3, ({ executed, store }) => executed > 0 && store.groups > 0),
      )
      const quick = yield* pool.status
      expect(quick.completed).toBe(20)
      yield* cluster.kill(3)
      yield* writes(c, "during", 30)
      const { actions } = yield* pool.status
      expect(actions["ClientCommit"]).toBeGreaterThan(0)
      yield* cluster.start(3)
      const last = yield* executedBy(c, 0)
      yield* eventually(
        "the killed backup has executed everything",
        Effect.map(executedBy(c, 3), (executed) => executed >= last),
      )
      yield* cluster.kill(2)
      yield* readsWhat(c, "before", 20)
      yield* readsWhat(c, "during", 30)
      yield* cluster.start(2)
      return c.directory
    }).pipe(Effect.scoped, Effect.flatMap(verdictOn), Effect.map(expectGaps)),
  )

  it.live("enter a view with one that has started again: it goes back to its checkpoint", () =>
    Effect.gen(function* () {
      const c = yield* started("zyzzyva-again", { ...zyzzyva, checkpointInterval: 8, logSize: 32 })
      const { cluster } = c
      // Beyond the last checkpoint, so that there is something to roll back.
      yield* writes(c, "before", 20, 1)
      const last = yield* executedBy(c, 0)
      yield* cluster.kill(1)
      yield* cluster.start(1)
      yield* eventually(
        "it has executed its log again",
        Effect.map(executedBy(c, 1), (executed) => executed >= last),
      )
      // It is the next primary, and without it too few are left.
      yield* cluster.kill(0)
      yield* writes(c, "during", 10)
      yield* readsWhat(c, "before", 20)
      yield* cluster.start(0)
      return c.directory
    }).pipe(Effect.scoped, Effect.flatMap(verdictOn), Effect.map(expectGaps)),
  )

  it.live("take one back that was away beyond the others' logs: it fetches their state", () =>
    Effect.gen(function* () {
      // Nobody keeps what the log has left behind.
      const limits = { historyBytes: 0 }
      const sizes = { checkpointInterval: 4, logSize: 8, limits }
      const c = yield* started("zyzzyva-fetch", { ...zyzzyva, ...sizes })
      const { cluster } = c
      yield* writes(c, "before", 10)
      yield* cluster.kill(3)
      // One batch each: what it lacks is in nobody's log any more.
      yield* writes(c, "during", 40, 1)
      const last = yield* executedBy(c, 0)
      expect(last).toBeGreaterThan(30)
      yield* cluster.start(3)
      yield* eventually(
        "the backup has fetched a state, and executed everything",
        Effect.map(executedBy(c, 3), (executed) => executed >= last),
      )
      const { actions } = yield* cluster.status(3)
      expect(actions["RecvState"]).toBeGreaterThan(0)
      // It votes again: without another one nothing is complete but by its word.
      yield* cluster.kill(2)
      yield* readsWhat(c, "during", 20)
      yield* cluster.start(2)
      return c.directory
    }).pipe(Effect.scoped, Effect.flatMap(verdictOn), Effect.map(expectGaps)),
  )

  it.live("change the view when the primary is killed, and lose nothing that was answered", () =>
    Effect.gen(function* () {
      const c = yield* started("zyzzyva-primary", {
        ...zyzzyva,
        checkpointInterval: 8,
        logSize: 32,
      })
      const { cluster } = c
      yield* writes(c, "before", 20)
      yield* cluster.kill(0)
      yield* writes(c, "during", 20)
      for (const replica of [1, 2, 3]) {
        const { view, active } = yield* cluster.status(replica)
        expect({ view, active }).toStrictEqual({ view: 1, active: true })
      }
      yield* readsWhat(c, "before", 20)
      yield* readsWhat(c, "during", 20)
      yield* cluster.start(0)
      return c.directory
    }).pipe(Effect.scoped, Effect.flatMap(verdictOn), Effect.map(expectGaps)),
  )
})
