/**
 * `node bench/view-change.ts`: what a killed primary costs. Four replicas as processes, clients
 * that ask without a pause, and a primary that is killed with -9, again and again; each is started
 * anew and has caught up before the next one goes. The pause is the longest time in which no
 * client got an answer.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { encodeOperation } from "../src/core/service/key-value-operation.ts"
import { primaryOf, groupOf } from "../src/core/quorum.ts"
import { type ClientPoolShape, makeClientPool } from "../src/net/client-pool.ts"
import { configDefaults, freshClusterConfig } from "../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../src/net/config-file.ts"
import { readArguments } from "./arguments.ts"
import { commit, machine } from "./machine.ts"

const usage = `node bench/view-change.ts [--kills 50] [--clients 10] [--view-change-ms MS]
  [--retransmit-ms MS] [--json]`

interface Kill {
  readonly primary: number
  readonly pauseMs: number
  /** How many views later the group answered. */
  readonly views: number
}

const loadMs = 300
const patienceMs = 60_000

/** Clients that ask without a pause. */
class Load {
  answered = 0
  #last = performance.now()
  #longest = 0
  #stopped = false
  readonly #pool: ClientPoolShape

  constructor(pool: ClientPoolShape, clients: number) {
    this.#pool = pool
    for (let client = 0; client < clients; client++) this.#ask(`client ${client}`, 0)
  }

  #ask(key: string, k: number): void {
    const operation = encodeOperation({ _tag: "Put", key, value: String(k) })
    this.#pool.submitWith(operation, (result) => {
      if (typeof result !== "string" || this.#stopped) return
      this.answered++
      this.#longest = Math.max(this.#longest, performance.now() - this.#last)
      this.#last = performance.now()
      this.#ask(key, k + 1)
    })
  }

  /** The longest time without an answer since this was asked last, in milliseconds. */
  pause(): number {
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  stop(): void {
    this.#stopped = true
  }
}

const until = (what: string, holds: Effect.Effect<boolean, unknown>) =>
  Effect.gen(function* () {
    for (const from = performance.now(); !(yield* holds); yield* Effect.sleep(10)) {
      if (performance.now() - from > patienceMs) throw new Error(`never: ${what}`)
    }
  })

const viewOf = (cluster: RunningCluster) =>
  Effect.map(
    Effect.forEach(cluster.running(), (replica) => cluster.status(replica)),
    (all) => Math.max(...all.filter(({ active }) => active).map(({ view }) => view)),
  )

const kill = (cluster: RunningCluster, load: Load) =>
  Effect.gen(function* () {
    yield* Effect.sleep(loadMs)
    const { running } = cluster
    const view = yield* viewOf(cluster)
    const primary = primaryOf(groupOf(running().length), view)
    load.pause()
    yield* cluster.kill(primary)
    // What its last replies answered is not the next view's.
    yield* Effect.sleep(50)
    const { answered } = load
    yield* until(
      "the group answers again",
      Effect.sync(() => load.answered > answered + 20),
    )
    const pauseMs = load.pause()
    const views = (yield* viewOf(cluster)) - view
    const { executed } = yield* cluster.status(running()[0] as number)
    yield* cluster.start(primary)
    yield* until(
      "the killed replica has caught up",
      Effect.map(cluster.status(primary), (s) => s.active && s.executed >= executed),
    )
    return { primary, pauseMs, views }
  })

const measured = (of: {
  readonly directory: string
  readonly kills: number
  readonly clients: number
  readonly viewChangeMs: number
  readonly retransmitMs: number
}) =>
  Effect.gen(function* () {
    const { directory, clients, viewChangeMs, retransmitMs } = of
    const file = join(directory, "cluster.json")
    const ports = yield* freePorts(4)
    writePrivateJson(file, freshClusterConfig(ports, { clients, viewChangeMs, retransmitMs }))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const cluster = yield* startCluster(config, {
      readyMs: patienceMs,
      environment: { NODE_COMPILE_CACHE: join(directory, "compiled") },
    })
    const pool = yield* makeClientPool(config)
    yield* pool.connected
    const load = new Load(pool, clients)
    const kills: Array<Kill> = []
    for (let k = 0; k < of.kills; k++) {
      const one = yield* kill(cluster, load)
      kills.push(one)
      process.stderr.write(`${k + 1}: ${one.pauseMs.toFixed(0)} ms, ${one.views} view\n`)
    }
    load.stop()
    return kills
  }).pipe(Effect.scoped)

const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0

const options = {
  kills: { type: "string", default: "50" },
  clients: { type: "string", default: "10" },
  "view-change-ms": { type: "string", default: String(configDefaults.viewChangeMs) },
  "retransmit-ms": { type: "string", default: String(configDefaults.retransmitMs) },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const

const { given, whole } = readArguments(usage, options)
const setting = {
  kills: whole("kills", given.kills),
  clients: whole("clients", given.clients),
  viewChangeMs: whole("view-change-ms", given["view-change-ms"]),
  retransmitMs: whole("retransmit-ms", given["retransmit-ms"]),
}

const main = async (): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "prophecy-view-change-"))
  const about = machine()
  const kills = await Effect.runPromise(measured({ directory, ...setting })).finally(() =>
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 }),
  )
  const sorted = kills.map(({ pauseMs }) => pauseMs).toSorted((a, b) => a - b)
  const [p50, p99, max] = [quantile(sorted, 0.5), quantile(sorted, 0.99), sorted.at(-1) ?? 0]
  const views = kills.reduce((sum, kill) => sum + kill.views, 0)
  if (given.json) {
    const document = { schema: "prophecy-view-change/1", machine: about, commit: commit(), setting }
    console.log(JSON.stringify({ ...document, p50, p99, max, views, kills }, undefined, 2))
    return
  }
  const ms = (n: number): string => `${Math.round(n).toLocaleString("en-US")} ms`
  console.log(
    [
      `4 replicas, ${setting.clients} clients, view-change timer ${setting.viewChangeMs} ms, ` +
        `retransmission after ${setting.retransmitMs} ms`,
      `${about.cores} cores (${about.cpu}), node ${about.node}, load before ${about.loadBefore}`,
      `killed primaries  ${kills.length}, ${views} views left`,
      `pause             p50 ${ms(p50)}, p99 ${ms(p99)}, max ${ms(max)}`,
    ].join("\n"),
  )
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 70
})
process.exit()
