/** A group of processes that is asked to write and to read, and what must be true of it then. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import type { ClientError } from "../../src/net/client-pool.ts"
import type { ClusterConfigFile } from "../../src/net/cluster-config.ts"
import type { Counters } from "../../src/net/status.ts"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { allConnected, type Cluster, get, put, started } from "./processes.ts"

/** Bytes of a value. */
export const size = 2_000
const valueOf = (k: number): string => `${k} `.padEnd(size, "v")
/** What is written and read, by number. */
export const each = Array.from({ length: 24 }, (_, k) => k)

/** The result of an operation that only reads. */
const readOf = ({ pool }: Cluster, operation: string) =>
  Effect.callback<string, ClientError>((resume) => {
    const done = (result: string | ClientError): void =>
      resume(typeof result === "string" ? Effect.succeed(result) : Effect.fail(result))
    expect(pool.submitWith(operation, done, { reads: true })).toBe(true)
  })

/** Writes and reads by eight clients at once, judged; and what the replicas did, added up. */
const exercised = (c: Cluster, without: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const { pool, cluster } = c
    yield* allConnected(c)
    yield* Effect.forEach(without, (replica) => cluster.stop(replica))
    const written = yield* Effect.forEach(each, (k) => pool.submit(put(`key ${k}`, valueOf(k))), {
      concurrency: 8,
    })
    expect(written.map(decodeResult)).toStrictEqual(each.map(() => ({ _tag: "Done" })))
    const read = yield* Effect.forEach(each, (k) => readOf(c, get(`key ${k}`)), { concurrency: 8 })
    expect(read.map(decodeResult)).toStrictEqual(
      each.map((k) => ({ _tag: "Value", value: valueOf(k) })),
    )
    const all = yield* Effect.forEach(cluster.running(), (replica) => cluster.status(replica))
    const total: Record<string, number> = {}
    for (const { actions } of all) {
      for (const [action, count] of Object.entries(actions)) {
        total[action] = (total[action] ?? 0) + count
      }
    }
    return total as Counters
  })

const stopped = ({ cluster }: Cluster) =>
  Effect.forEach(cluster.running(), (replica) => cluster.stop(replica), { discard: true })

const all = { ...digests, zyzzyva: zyzzyvaDigests }

/** The verdict on all traces, and the text of them. */
export const judged = (directory: string) =>
  Effect.promise(async () => {
    const folder = join(directory, "traces")
    const names = readdirSync(folder)
    const texts = names.map((name) => readFileSync(join(folder, name), "utf8"))
    const sources = names.map((name, k) => sourceOf(name, texts[k] as string))
    return { verdict: await checkTraces(sources, { digests: all }), texts }
  })

/**
 * A cluster with these words, exercised, some replicas of it stopped before, and stopped: what its
 * replicas did, and its traces.
 */
export const run = (
  name: string,
  changes: Partial<ClusterConfigFile>,
  without: ReadonlyArray<number> = [],
) =>
  Effect.gen(function* () {
    // All processes and the clients have ended before their traces are read.
    const { actions, directory } = yield* Effect.gen(function* () {
      const c = yield* started(name, { checkpointInterval: 4, logSize: 16, ...changes })
      const done = yield* exercised(c, without)
      yield* stopped(c)
      return { actions: done, directory: c.directory }
    }).pipe(Effect.scoped)
    const { verdict, texts } = yield* judged(directory)
    expect(verdict).toMatchObject({ _tag: "Conforms", misbehaviours: [] })
    return { actions, texts }
  })
