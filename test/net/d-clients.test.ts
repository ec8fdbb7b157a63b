/** D-Prophecy before four replicas that are processes: no sketcher between clients and them. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { afterAll, describe, expect } from "vitest"
import { clientEvents, judgeHistory } from "../../src/cli/client-history.ts"
import { dBackend, keyValueOver } from "../../src/cli/d-services.ts"
import type { Observation } from "../../src/cli/register-check.ts"
import type { ClusterConfigFile } from "../../src/net/cluster-config.ts"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { type DClientsShape, makeDClients } from "../../src/net/d-clients.ts"
import { behaviours } from "../../src/net/misbehave.ts"
import { Random } from "../../src/sim/random.ts"
import { openFront } from "../../src/web/front.ts"
import { defaultRoutes } from "../../src/web/routes.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-d-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

interface Group {
  readonly cluster: RunningCluster
  readonly clients: DClientsShape
}

const configOf = (service: ClusterConfigFile["service"], sketches = true) =>
  Effect.gen(function* () {
    const file = join(mkdtempSync(join(root, "group-")), "cluster.json")
    const content = { clients: 8, retransmitMs: 300, service, sketches } as const
    writePrivateJson(file, freshClusterConfig(yield* freePorts(4), content))
    return yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
  })

const group = (service: ClusterConfigFile["service"]): Effect.Effect<Group, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const config = yield* configOf(service)
    const cluster = yield* startCluster(config)
    const clients = yield* makeDClients(config, { sketchMs: 1_000 })
    yield* clients.connected
    return { cluster, clients }
  })

/** Reads until one is fast: replicas that have not executed the last read yet state no sketch. */
const untilFast = <A extends { readonly path: string }, E>(read: Effect.Effect<A, E>) =>
  read.pipe(Effect.repeat({ until: ({ path }) => path === "fast", times: 100 }))

describe("the key-value service over D-Prophecy", () => {
  it.live("is read from one replica where 2f + 1 state one sketch, and never from a liar", () =>
    Effect.gen(function* () {
      const { cluster, clients } = yield* group("key-value")
      const ask = keyValueOver(clients)
      const put = (value: string) => ask({ _tag: "Put", key: "k", value })
      const get = ask({ _tag: "Get", key: "k" })
      const held = (value: string) => ({ _tag: "Value", value })
      expect(yield* put("one")).toMatchObject({ result: { _tag: "Done" }, path: "replicated" })
      expect(yield* get).toMatchObject({ result: held("one"), path: "replicated" })
      expect(yield* untilFast(get)).toMatchObject({ result: held("one"), path: "fast" })
      yield* put("two")
      // All sketches are of the old value, but whoever executes the read has the new one; or an old
      // state, and then the old value is read once more.
      yield* Effect.repeat(get, { until: ({ path }) => path === "replicated", times: 100 })
      expect(yield* untilFast(get)).toMatchObject({ result: held("two"), path: "fast" })
      for (const behaviour of behaviours) {
        cluster.behave(2, behaviour)
        yield* cluster.status(2)
        for (let k = 0; k < 6; k++) expect((yield* get).result).toEqual(held("two"))
      }
      // Three are enough: 2f + 1.
      cluster.behave(2, "honest")
      yield* cluster.kill(3)
      yield* put("three")
      yield* Effect.repeat(get, { until: ({ path }) => path === "replicated", times: 100 })
      const last = yield* untilFast(get)
      expect(last).toMatchObject({ result: held("three"), path: "fast" })
    }).pipe(Effect.scoped),
  )

  it.live("shows clients a delay-once history, while one lies and the primary is killed", () =>
    Effect.gen(function* () {
      const { cluster, clients } = yield* group("key-value")
      const ask = keyValueOver(clients)
      const seen: Array<Observation> = []
      let stopped = false
      const work = (client: number) =>
        Effect.gen(function* () {
          const random = new Random(client, "d-clients")
          for (let k = 0; !stopped; k++) {
            const key = `k${random.below(4)}`
            const value = `${client}/${k}`
            const startedAt = performance.now()
            const base = { client, key, startedAt }
            if (random.below(100) < 15) {
              yield* ask({ _tag: "Put", key, value })
              seen.push({ ...base, kind: "write", value, endedAt: performance.now() })
              continue
            }
            const { result, path } = yield* ask({ _tag: "Get", key })
            const read = result._tag === "Value" ? result.value : undefined
            seen.push({ ...base, kind: "read", value: read, endedAt: performance.now(), path })
          }
        })
      const faults = Effect.gen(function* () {
        for (const behaviour of ["stale", "old", "garbage"] as const) {
          cluster.behave(2, behaviour)
          yield* Effect.sleep(300)
        }
        cluster.behave(2, "honest")
        yield* cluster.kill(0)
        yield* Effect.sleep(600)
        yield* cluster.start(0)
        yield* Effect.sleep(600)
        stopped = true
      })
      const all = [0, 1, 2, 3, 4, 5].map(work)
      yield* Effect.all([...all, faults], { concurrency: "unbounded", discard: true })
      const fast = seen.filter(({ path }) => path === "fast").length
      expect(fast).toBeGreaterThan(10)
      const judged = judgeHistory(clientEvents(seen), "delay-once")
      expect(judged).toMatchObject({ undecided: 0, wrong: [], operations: seen.length })
    }).pipe(Effect.scoped),
  )

  it.live("refuses a group that keeps no sketches", () =>
    Effect.gen(function* () {
      const config = yield* configOf("key-value", false)
      const error = yield* Effect.flip(makeDClients(config))
      expect(error).toMatchObject({ _tag: "NoSketches" })
    }).pipe(Effect.scoped),
  )
})

describe("the album over D-Prophecy", () => {
  it.live("answers HTTP in its user's process, and says how", () =>
    Effect.gen(function* () {
      const { clients } = yield* group("album")
      const backend = dBackend(clients)
      const front = yield* Effect.acquireRelease(
        Effect.promise(() => openFront({ backend, routes: defaultRoutes, port: 0 })),
        (f) => Effect.promise(() => f.close()),
      )
      const url = `http://127.0.0.1:${front.port}/album/trip`
      const headers = { "x-user": "alice" }
      const ask = (init: RequestInit = {}) => Effect.promise(() => fetch(url, { headers, ...init }))
      expect((yield* ask({ method: "PUT" })).status).toBe(201)
      const first = yield* ask()
      expect([first.status, first.headers.get("prophecy")]).toEqual([200, "replicated"])
      const how = Effect.map(ask(), (response) => response.headers.get("prophecy") ?? "")
      const fast = Effect.repeat(how, { until: (h) => h.startsWith("fast"), times: 100 })
      expect(yield* fast).toBe("fast; 2f+1 sketches")
      const refused = yield* ask({ headers: { ...headers, "prophecy-after": "1.0" } })
      expect(refused.status).toBe(400)
    }).pipe(Effect.scoped),
  )
})
