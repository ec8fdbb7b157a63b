/**
 * `node bench/features.ts`: what digest replies, reads without an order, tentative execution and
 * big requests change: writes and reads of a key-value service on four replicas, with none of them,
 * each and all, one after the other in one run; as ratios to none. With `--protocol zyzzyva` what
 * Zyzzyva's change; committing first is for when a replica is gone, so there it is measured beside
 * none.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { changesOf, type FeatureName, featuresOfProtocol } from "../src/cli/features.ts"
import { encodeOperation } from "../src/core/service/key-value-operation.ts"
import { type ClientPoolShape, makeClientPool } from "../src/net/client-pool.ts"
import { freshClusterConfig } from "../src/net/cluster-config.ts"
import { freePorts, startCluster } from "../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../src/net/config-file.ts"
import { readArguments } from "./arguments.ts"
import { commit, machine } from "./machine.ts"
import { ClosedLoop } from "./null-workload.ts"

const usage = `node bench/features.ts [--protocol pbft] [--clients 20] [--payload 8192] [--seconds 3]
                       [--warmup 1] [--json]

Writes of so many bytes, and reads of them, with no feature, each and all of them.`

const options = {
  protocol: { type: "string", default: "pbft" },
  clients: { type: "string", default: "20" },
  payload: { type: "string", default: "8192" },
  seconds: { type: "string", default: "3" },
  warmup: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const

const { given, whole } = readArguments(usage, options)
const protocolOf = (word: string): "pbft" | "zyzzyva" => {
  if (word === "pbft" || word === "zyzzyva") return word
  process.stderr.write(`--protocol must be pbft or zyzzyva, not ${word}\n\n${usage}\n`)
  process.exit(2)
}
const protocol = protocolOf(given.protocol)
const [clients, payload] = [whole("clients", given.clients), whole("payload", given.payload)]
const [seconds, warmup] = [whole("seconds", given.seconds), whole("warmup", given.warmup)]

interface Rate {
  readonly operationsPerSecond: number
  readonly p50Ms: number | undefined
}

/** What is switched on, and whether a backup is gone. */
interface Setting {
  readonly names: ReadonlyArray<FeatureName>
  readonly gone: boolean
}

interface Row {
  readonly features: string
  readonly gone: boolean
  readonly writes: Rate
  readonly reads: Rate
}

const rate = (pool: ClientPoolShape, operation: string, reads: boolean) =>
  Effect.gen(function* () {
    const loop = new ClosedLoop(pool, operation, { reads })
    loop.start(clients)
    yield* Effect.sleep(warmup * 1e3)
    loop.latencies.clear()
    const startedAt = performance.now()
    yield* Effect.sleep(seconds * 1e3)
    const elapsed = (performance.now() - startedAt) / 1e3
    const [p50Ms] = loop.latencies.quantiles(0.5)
    const measured: Rate = { operationsPerSecond: loop.latencies.count / elapsed, p50Ms }
    loop.stop()
    return measured
  })

/** The backup that is gone: it executes in every setting. */
const victim = 2

const measured = ({ names, gone }: Setting) =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "prophecy-bench-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 })),
    )
    const file = join(directory, "cluster.json")
    const content = { protocol, clients, retransmitMs: 5_000, ...changesOf(names) }
    writePrivateJson(file, freshClusterConfig(yield* freePorts(4), content))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const cluster = yield* startCluster(config, {})
    const pool = yield* makeClientPool(config)
    yield* pool.connected
    if (gone) yield* cluster.kill(victim)
    const put = encodeOperation({ _tag: "Put", key: "k", value: "x".repeat(payload) })
    const run = Effect.gen(function* () {
      const writes = yield* rate(pool, put, false)
      return { writes, reads: yield* rate(pool, encodeOperation({ _tag: "Get", key: "k" }), true) }
    })
    return yield* Effect.raceFirst(run, cluster.failed)
  }).pipe(Effect.scoped)

const about = machine()
const first = "commit-first"
const all = featuresOfProtocol[protocol].filter((name) => name !== first)
const whileAllAreThere = [[], ...all.map((name) => [name]), all]
const whileOneIsGone: ReadonlyArray<ReadonlyArray<FeatureName>> =
  protocol === "zyzzyva" ? [[], [first]] : []
const settings: ReadonlyArray<Setting> = [
  ...whileAllAreThere.map((names) => ({ names, gone: false })),
  ...whileOneIsGone.map((names) => ({ names, gone: true })),
]
const rows: Array<Row> = []
for (const setting of settings) {
  const { names, gone } = setting
  const features = names.length > 1 ? "all" : (names[0] ?? "none")
  rows.push({ features, gone, ...(await Effect.runPromise(measured(setting))) })
  const where = gone ? ", a backup gone" : ""
  process.stderr.write(`${rows.length} of ${settings.length}: ${features}${where}\n`)
}

const ratioTo = (rate: Rate, none: Rate): string =>
  (rate.operationsPerSecond / none.operationsPerSecond).toFixed(2)
const cells = ({ operationsPerSecond, p50Ms }: Rate, none: Rate): ReadonlyArray<string> => [
  operationsPerSecond.toFixed(0),
  p50Ms?.toFixed(2) ?? "-",
  ratioTo({ operationsPerSecond, p50Ms }, none),
]

if (given.json) {
  const run = { schema: "prophecy-bench-features/2", machine: about, commit: commit() }
  const document = { ...run, protocol, rows }
  process.stdout.write(`${JSON.stringify({ ...document, clients, payload }, undefined, 2)}\n`)
} else {
  const noneOf = ({ gone }: Row): Row => rows.find((row) => row.gone === gone) as Row
  const title = ["features", "writes/s", "p50 ms", "ratio", "reads/s", "p50 ms", "ratio"]
  const lines = rows.map((row) => [
    row.gone ? `${row.features}, one gone` : row.features,
    ...cells(row.writes, noneOf(row).writes),
    ...cells(row.reads, noneOf(row).reads),
  ])
  const text = [title, ...lines].map((line) =>
    line.map((cell, k) => (k === 0 ? cell.padEnd(22) : cell.padStart(9))).join(" "),
  )
  const on = `${about.cores} cores, node ${about.node}, load before ${about.loadBefore}`
  process.stdout.write(
    `${protocol}, ${clients} clients, ${payload} bytes; ${on}\n\n${text.join("\n")}\n`,
  )
}
process.exit(0)
