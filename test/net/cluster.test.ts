import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { type Cluster, eventually, get, put, says, started } from "./processes.ts"

const executedBy = ({ cluster }: Cluster, replica: number) =>
  Effect.map(cluster.status(replica), ({ executed }) => executed)

/** The first steps of a replica's trace that take these actions. */
const traceOf = (c: Cluster, name: string): ReadonlyArray<{ action?: string; end?: number }> =>
  readFileSync(join(c.directory, "traces", name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { action?: string; end?: number })

describe("four replicas as processes", () => {
  it.live(
    "answer requests; a killed backup is not missed, comes back from its log, catches up",
    () =>
      Effect.gen(function* () {
        const c = yield* started("kill")
        const { cluster, pool } = c
        const values = ["a", "b", "\u00ff".repeat(3_000)]
        for (const [k, value] of values.entries()) {
          const result = yield* pool.submit(put(`key ${k}`, value))
          expect(decodeResult(result)).toStrictEqual({ _tag: "Done" })
        }
        // A log without a record is no log to come back from: the three others answer without it.
        yield* eventually(
          "the backup has executed, and its log holds what it promised",
          says(c, 3, ({ executed, store }) => executed >= values.length && store.groups > 0),
        )
        yield* cluster.kill(3)
        expect(cluster.running()).toStrictEqual([0, 1, 2])
        yield* Effect.forEach(
          Array.from({ length: 40 }, (_, k) => k),
          (k) => pool.submit(put(`during ${k}`, String(k))),
          { concurrency: 8 },
        )
        const reads = yield* Effect.forEach(values, (_, k) => pool.submit(get(`key ${k}`)))
        expect(reads.map(decodeResult)).toStrictEqual(
          values.map((value) => ({ _tag: "Value", value })),
        )
        yield* cluster.start(3)
        const last = yield* executedBy(c, 0)
        yield* eventually(
          "the killed backup has executed everything",
          Effect.map(executedBy(c, 3), (executed) => executed >= last),
        )
        // Now it is needed: with another one gone, three remain.
        yield* cluster.kill(2)
        const result = yield* pool.submit(get("during 39"))
        expect(decodeResult(result)).toStrictEqual({ _tag: "Value", value: "39" })
        const { missedCheckpoint, actions } = yield* cluster.status(3)
        expect(missedCheckpoint).toBeNull()
        expect(actions.Restart).toBe(1)
        expect(c.missed).toStrictEqual([])
        const names = readdirSync(join(c.directory, "traces")).sort()
        expect(names).toStrictEqual([
          "clients-0-7.0.ndjson",
          "replica-0.0.ndjson",
          "replica-1.0.ndjson",
          "replica-2.0.ndjson",
          "replica-3.0.ndjson",
          "replica-3.1.ndjson",
        ])
        expect(traceOf(c, "replica-3.1.ndjson")[1]?.action).toBe("Restart")
      }).pipe(Effect.scoped),
  )

  it.live(
    "a backup that was away for too long fetches the state and follows; SIGTERM ends all cleanly",
    () =>
      Effect.gen(function* () {
        const c = yield* started("missed", {
          checkpointInterval: 4,
          logSize: 8,
          limits: { historyBytes: 3_000 },
        })
        const { cluster, pool } = c
        const value = "v".repeat(30_000)
        yield* pool.submit(put("before", value))
        expect(yield* cluster.stop(3)).toBe(143)
        for (let k = 0; k < 24; k++) yield* pool.submit(put(`key ${k % 7}`, `${k}${value}`))
        yield* cluster.start(3)
        yield* eventually(
          "the replica has fetched the state",
          says(c, 3, ({ executed, actions }) => executed >= 24 && (actions["RecvState"] ?? 0) > 0),
        )
        yield* pool.submit(put("after", value))
        yield* eventually(
          "the replica follows",
          says(c, 3, ({ executed }) => executed >= 26),
        )
        const { network } = yield* cluster.status(3)
        expect(network["StateFetched"]).toBeGreaterThan(0)
        expect(network["FalseNode"] ?? 0).toBe(0)
        const pids = [0, 1, 2, 3].map((r) => cluster.pid(r) as number)
        for (const r of [3, 0, 1, 2]) expect(yield* cluster.stop(r)).toBe(143)
        for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false)
        const names = readdirSync(join(c.directory, "traces")).filter((n) =>
          n.startsWith("replica"),
        )
        const texts = names.map((n) => readFileSync(join(c.directory, "traces", n), "utf8"))
        const verdict = yield* Effect.promise(() =>
          checkTraces(
            names.map((name, k) => sourceOf(name, texts[k] as string)),
            { digests },
          ),
        )
        expect(verdict._tag).toBe("Conforms")
        for (const r of [0, 1, 2]) {
          const lines = traceOf(c, `replica-${r}.0.ndjson`)
          expect(lines.at(-1)?.end).toBe(lines.length - 2)
          expect(
            readdirSync(join(c.directory, "data", `replica-${r}`)).filter((n) =>
              n.endsWith(".new"),
            ),
          ).toStrictEqual([])
        }
      }).pipe(Effect.scoped),
  )
})
