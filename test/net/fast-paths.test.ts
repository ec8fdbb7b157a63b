/**
 * Answers before the end of agreement and without one, and big requests, on processes: what clients
 * are told is right, what they ask for takes the short way, and the traces conform to the model.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import type { ClientError } from "../../src/net/client-pool.ts"
import type { ClusterConfigFile } from "../../src/net/cluster-config.ts"
import type { Counters } from "../../src/net/status.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "../trace/support/digests.ts"
import { sourceOf } from "../trace/support/sources.ts"
import { allConnected, type Cluster, get, put, started } from "./processes.ts"

const size = 2_000
const valueOf = (k: number): string => `${k} `.padEnd(size, "v")
const each = Array.from({ length: 24 }, (_, k) => k)

/** The result of an operation that only reads. */
const readOf = ({ pool }: Cluster, operation: string) =>
  Effect.callback<string, ClientError>((resume) => {
    const done = (result: string | ClientError): void =>
      resume(typeof result === "string" ? Effect.succeed(result) : Effect.fail(result))
    expect(pool.submitWith(operation, done, { reads: true })).toBe(true)
  })

/** Writes and reads by eight clients at once, judged; and what the replicas did, added up. */
const exercised = (c: Cluster) =>
  Effect.gen(function* () {
    const { pool, cluster } = c
    yield* allConnected(c)
    const written = yield* Effect.forEach(each, (k) => pool.submit(put(`key ${k}`, valueOf(k))), {
      concurrency: 8,
    })
    expect(written.map(decodeResult)).toStrictEqual(each.map(() => ({ _tag: "Done" })))
    const read = yield* Effect.forEach(each, (k) => readOf(c, get(`key ${k}`)), { concurrency: 8 })
    expect(read.map(decodeResult)).toStrictEqual(
      each.map((k) => ({ _tag: "Value", value: valueOf(k) })),
    )
    const all = yield* Effect.forEach([0, 1, 2, 3], (replica) => cluster.status(replica))
    const total: Record<string, number> = {}
    for (const { actions } of all) {
      for (const [action, count] of Object.entries(actions)) {
        total[action] = (total[action] ?? 0) + count
      }
    }
    return total as Counters
  })

const stopped = ({ cluster }: Cluster) =>
  Effect.forEach([0, 1, 2, 3], (replica) => cluster.stop(replica), { discard: true })

/** The verdict on all traces, and the text of them. */
const judged = (directory: string) =>
  Effect.promise(async () => {
    const folder = join(directory, "traces")
    const names = readdirSync(folder)
    const texts = names.map((name) => readFileSync(join(folder, name), "utf8"))
    const sources = names.map((name, k) => sourceOf(name, texts[k] as string))
    return { verdict: await checkTraces(sources, { digests }), texts }
  })

const run = (name: string, changes: Partial<ClusterConfigFile>) =>
  Effect.gen(function* () {
    // All processes and the clients have ended before their traces are read.
    const { actions, directory } = yield* Effect.gen(function* () {
      const c = yield* started(name, { checkpointInterval: 4, logSize: 16, ...changes })
      const done = yield* exercised(c)
      yield* stopped(c)
      return { actions: done, directory: c.directory }
    }).pipe(Effect.scoped)
    const { verdict, texts } = yield* judged(directory)
    expect(verdict).toMatchObject({ _tag: "Conforms", misbehaviours: [] })
    return { actions, texts }
  })

const prePreparesIn = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => line.includes('"in":{"type":"PrePrepare"'))

describe("four replicas as processes", () => {
  it.live("answer reads without an order", () =>
    Effect.gen(function* () {
      const { actions } = yield* run("reads", { readOnly: true })
      expect(actions["AnswerRead"]).toBeGreaterThanOrEqual(3 * each.length)
      expect(actions["ExecuteTentatively"]).toBeUndefined()
    }),
  )

  it.live("execute what is prepared, and settle it", () =>
    Effect.gen(function* () {
      const { actions } = yield* run("tentative", { tentative: true })
      expect(actions["ExecuteTentatively"]).toBeGreaterThan(0)
      expect(actions["Settle"]).toBeGreaterThan(0)
    }),
  )

  it.live("answer with digests, but for one of them", () =>
    Effect.gen(function* () {
      const { texts } = yield* run("digests", { digestReplies: true })
      const replies = texts
        .join("\n")
        .split("\n")
        .filter((l) => l.includes('"type":"Reply"'))
      const digested = replies.filter((line) => line.includes('"digest":true'))
      expect(digested.length).toBeGreaterThan(replies.length / 3)
    }),
  )

  it.live("send big requests past the primary", () =>
    Effect.gen(function* () {
      const { texts } = yield* run("big", { bigRequestBytes: 1_000 })
      const long = texts.flatMap(prePreparesIn).filter((line) => line.length > size)
      // Whoever lacked a request was given all of the pre-prepare; the others were not.
      const given = texts.join("\n").split('"action":"RecvFetchPrePrepare"').length - 1
      expect(long.length).toBeLessThanOrEqual(given)
    }),
  )

  it.live("do all of it at once, and agree on a time as well", () =>
    Effect.gen(function* () {
      const { actions } = yield* run("everything", {
        readOnly: true,
        tentative: true,
        digestReplies: true,
        bigRequestBytes: 1_000,
        agreedTimeMs: 10_000,
      })
      expect(actions["AnswerRead"]).toBeGreaterThanOrEqual(3 * each.length)
      expect(actions["ExecuteTentatively"]).toBeGreaterThan(0)
    }),
  )
})
