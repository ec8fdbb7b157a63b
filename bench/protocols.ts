/**
 * `node bench/protocols.ts`: PBFT and Zyzzyva in one run, on four replicas as processes of this
 * machine: null operations a second and latency with batches of at most 1, 10 and 100 requests,
 * with all replicas, with one backup that is connected and says nothing, and with one client whose
 * requests verify at all replicas but one; as ratios to PBFT.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type ClientPoolShape, makeClientPool } from "../src/net/client-pool.ts"
import { freshClusterConfig } from "../src/net/cluster-config.ts"
import { freePorts, startCluster } from "../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../src/net/config-file.ts"
import { readArguments } from "./arguments.ts"
import { commit, machine } from "./machine.ts"
import { ClosedLoop } from "./null-workload.ts"
import { withWrongSecret } from "./wrong-secret.ts"

const usage = `node bench/protocols.ts [--seconds 3] [--warmup 1] [--json]

PBFT and Zyzzyva: null operations with batches of 1, 10 and 100; with a mute backup, and with a
faulty client beside the good ones, whose authenticators fail at one backup.`

const options = {
  seconds: { type: "string", default: "3" },
  warmup: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const

const { given, whole } = readArguments(usage, options)
const seconds = whole("seconds", given.seconds)
const warmup = whole("warmup", given.warmup)

/** Nobody, a backup that says nothing, or a client whose requests fail at one backup. */
type Faulty = "none" | "backup" | "client"

interface Setting {
  readonly protocol: "pbft" | "zyzzyva"
  readonly maxBatch: number
  readonly faulty: Faulty
}

interface Row extends Setting {
  readonly operationsPerSecond: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
}

/** Twice as many clients as fit into a batch, so that full ones can be made. */
const clientsFor = ({ maxBatch }: Setting): number => Math.max(4, 2 * maxBatch)
/** The backup that is silent, or at which the faulty client's requests fail. */
const victim = 3

const ask = (pool: ClientPoolShape, clients: number): ClosedLoop => {
  const loop = new ClosedLoop(pool, "")
  loop.start(clients)
  return loop
}

const measured = (setting: Setting) =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "prophecy-bench-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 })),
    )
    const file = join(directory, "cluster.json")
    const { protocol, maxBatch, faulty } = setting
    const clients = clientsFor(setting)
    const endpoints = [
      { from: 0, to: clients - 1 },
      { from: clients, to: clients },
    ]
    const sizes = { clients: clients + 1, endpoints, maxBatch }
    const content = { protocol, ...sizes, service: "null", retransmitMs: 5_000 } as const
    writePrivateJson(file, freshClusterConfig(yield* freePorts(4), content))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const cluster = yield* startCluster(config, {})
    const pool = yield* makeClientPool(config)
    yield* pool.connected
    const pid = cluster.pid(victim)
    if (faulty === "backup" && pid !== undefined) {
      // It is resumed so that it can end with the others.
      yield* Effect.acquireRelease(
        Effect.sync(() => process.kill(pid, "SIGSTOP")),
        () => Effect.sync(() => process.kill(pid, "SIGCONT")),
      )
    }
    const bad =
      faulty === "client"
        ? yield* makeClientPool(withWrongSecret(config, victim), { from: clients, to: clients })
        : undefined
    if (bad !== undefined) yield* bad.connected
    const run = Effect.gen(function* () {
      const loop = ask(pool, clients)
      const spoiling = bad && ask(bad, 1)
      yield* Effect.sleep(warmup * 1e3)
      loop.latencies.clear()
      const startedAt = performance.now()
      yield* Effect.sleep(seconds * 1e3)
      const elapsed = (performance.now() - startedAt) / 1e3
      const [p50Ms, p99Ms] = loop.latencies.quantiles(0.5, 0.99)
      loop.stop()
      spoiling?.stop()
      const row: Row = {
        ...setting,
        operationsPerSecond: loop.latencies.count / elapsed,
        p50Ms,
        p99Ms,
      }
      return row
    })
    return yield* Effect.raceFirst(run, cluster.failed)
  }).pipe(Effect.scoped)

const about = machine()
const pairs: Array<readonly [Row, Row]> = []
for (const faulty of ["none", "backup", "client"] as const) {
  for (const maxBatch of [1, 10, 100]) {
    const pbft = await Effect.runPromise(measured({ protocol: "pbft", maxBatch, faulty }))
    const zyzzyva = await Effect.runPromise(measured({ protocol: "zyzzyva", maxBatch, faulty }))
    pairs.push([pbft, zyzzyva])
    process.stderr.write(`${pairs.length} of 9: batches of ${maxBatch}, faulty: ${faulty}\n`)
  }
}

if (given.json) {
  const rows = pairs.flat()
  const document = { schema: "prophecy-bench-protocols/2", machine: about, commit: commit(), rows }
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`)
} else {
  const cells = (row: Row): ReadonlyArray<string> => [
    row.operationsPerSecond.toFixed(0),
    row.p50Ms?.toFixed(2) ?? "-",
    row.p99Ms?.toFixed(2) ?? "-",
  ]
  const each = ["ops/s", "p50 ms", "p99 ms"]
  const title = ["faulty", "batch", ...each, ...each, "ratio"]
  const lines = pairs.map(([pbft, zyzzyva]) => [
    pbft.faulty,
    String(pbft.maxBatch),
    ...cells(pbft),
    ...cells(zyzzyva),
    (zyzzyva.operationsPerSecond / pbft.operationsPerSecond).toFixed(2),
  ])
  const text = [title, ...lines].map((line) => line.map((cell) => cell.padStart(8)).join(" "))
  const on = `${about.cores} cores, node ${about.node}, load before ${about.loadBefore}`
  process.stdout.write(`PBFT, then Zyzzyva, and Zyzzyva's rate to PBFT's; ${on}\n\n`)
  process.stdout.write(`${text.join("\n")}\n`)
}
process.exit(0)
