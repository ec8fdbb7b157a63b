/** Keys that are refreshed while a group of processes works. */
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { countersPath } from "../../src/net/key-counters.ts"
import { allConnected, type Cluster, eventually, get, put, says, started } from "./processes.ts"

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, k) => k)

const load = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    numbers(count),
    (k) =>
      Effect.map(pool.submit(put(`${name} ${k}`, String(k))), (result) =>
        expect(decodeResult(result)).toStrictEqual({ _tag: "Done" }),
      ),
    { concurrency: 8, discard: true },
  )

const areThere = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    numbers(count),
    (k) =>
      Effect.map(pool.submit(get(`${name} ${k}`)), (result) =>
        expect(decodeResult(result)).toStrictEqual({ _tag: "Value", value: String(k) }),
      ),
    { concurrency: 8, discard: true },
  )

/** The numbers of the last NEW-KEYs that a replica knows of, its own among them. */
const countersOf = ({ config }: Cluster, replica: number): ReadonlyArray<number> =>
  (
    JSON.parse(readFileSync(countersPath(config.file, replica), "utf8")) as {
      readonly counters: ReadonlyArray<number>
    }
  ).counters

/**
 * Loads until every replica has had new keys, and more than once: no connection, no view and no
 * message is lost by that. Gives how many rounds that took.
 */
const loadedThroughRefreshes = (c: Cluster) =>
  Effect.gen(function* () {
    const before = countersOf(c, 0)
    const connections = (yield* c.cluster.status(0)).network["Connected"]
    let rounds = 0
    for (; rounds < 400; rounds++) {
      yield* load(c, `round ${rounds}`, 20)
      const now = countersOf(c, 0)
      const refreshed = now.every((counter, k) => counter > (before[k] ?? 0) + 1500)
      if (refreshed && rounds > 5) break
    }
    for (const [replica, counter] of countersOf(c, 0).entries()) {
      expect(counter, `key of replica ${replica}`).toBeGreaterThan((before[replica] ?? 0) + 1500)
    }
    const { network, view } = yield* c.cluster.status(0)
    expect(network["StaleKey"] ?? 0).toBe(0)
    expect(network["Connected"]).toBe(connections)
    expect(view).toBe(0)
    return rounds
  })

describe("a group whose keys are refreshed all the time", () => {
  it.live("loses no acknowledged operation, no connection and no view, a recovery included", () =>
    Effect.gen(function* () {
      const small = { checkpointInterval: 4, logSize: 8, maxBatch: 4, pipeline: 2 } as const
      const c = yield* started("keys", { ...small, keyRefreshMs: 1000, retransmitMs: 300 })
      yield* allConnected(c)
      const rounds = yield* loadedThroughRefreshes(c)

      yield* c.cluster.stop(2)
      yield* c.cluster.recover(2)
      yield* load(c, "meanwhile", 40)
      yield* eventually(
        "it is recovered",
        says(c, 2, (s) => s.recovery?.recovered === true),
      )
      yield* c.cluster.kill(3)
      yield* load(c, "with it", 20)
      for (let k = 0; k < rounds; k++) yield* areThere(c, `round ${k}`, 20)
    }).pipe(Effect.scoped),
  )

  it.live("nor where it runs Zyzzyva, a lost disk included", () =>
    Effect.gen(function* () {
      const small = { protocol: "zyzzyva", checkpointInterval: 4, logSize: 8, maxBatch: 4 } as const
      const c = yield* started("zyzzyva-keys", { ...small, keyRefreshMs: 1000, retransmitMs: 300 })
      yield* allConnected(c)
      const rounds = yield* loadedThroughRefreshes(c)

      yield* c.cluster.kill(2)
      rmSync(join(c.config.dataDirectory, "replica-2"), { recursive: true })
      yield* c.cluster.rejoin(2)
      yield* eventually(
        "it takes part again",
        says(c, 2, (s) => s.recovery?.votes === true),
      )
      yield* c.cluster.kill(3)
      yield* load(c, "with it", 20)
      for (let k = 0; k < rounds; k++) yield* areThere(c, `round ${k}`, 20)
    }).pipe(Effect.scoped),
  )
})
