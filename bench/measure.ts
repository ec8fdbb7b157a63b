/** One measurement: a fresh cluster, clients that keep it busy, and what it did meanwhile. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { makeClientPool } from "../src/net/client-pool.ts"
import { freshClusterConfig } from "../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../src/net/config-file.ts"
import type { ReplicaStatus } from "../src/net/status.ts"
import { scheduling } from "./machine.ts"
import { ClosedLoop } from "./null-workload.ts"

export interface Setting {
  readonly clients: number
  readonly payload: number
  readonly traces: boolean
  readonly seconds: number
  readonly warmupSeconds: number
  readonly pipeline: number
  readonly maxBatch: number
  /** A folder for CPU profiles of the replicas. */
  readonly profiles?: string
}

export interface ProcessUse {
  readonly name: string
  /** CPU seconds a second, user and system. */
  readonly cpu: number
  readonly system: number
  /** Seconds a second in which it wanted to run and had no core; undefined where unknown. */
  readonly waited: number | undefined
}

export interface Measurement {
  readonly setting: Setting
  readonly operations: number
  readonly operationsPerSecond: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly meanBatch: number
  /** CPU microseconds of all five processes for one operation. */
  readonly cpuMicrosPerOperation: number
  readonly processes: ReadonlyArray<ProcessUse>
  /** Wall microseconds of one operation at a replica (the mean of all), by phase of its loop. */
  readonly phases: Readonly<Record<"receive" | "step" | "store" | "send", number>>
  /** Mean time until a group was durable, and groups a second, at a replica. */
  readonly syncMs: number
  readonly groupsPerSecond: number
  /** Trace lines that were not written because the disk was too slow. */
  readonly droppedLines: number
}

interface Sample {
  readonly at: number
  readonly statuses: ReadonlyArray<ReplicaStatus>
  readonly own: NodeJS.CpuUsage
  readonly waited: ReadonlyArray<number | undefined>
}

const sample = (cluster: RunningCluster) =>
  Effect.gen(function* () {
    const replicas = cluster.config.replicas.map((_, r) => r)
    const statuses = yield* Effect.forEach(replicas, (r) => cluster.status(r), {
      concurrency: "unbounded",
    })
    const pids = [...replicas.map((r) => cluster.pid(r) ?? 0), process.pid]
    const taken: Sample = {
      at: performance.now(),
      statuses,
      own: process.cpuUsage(),
      waited: pids.map((pid) => scheduling(pid)?.waitedMs),
    }
    return taken
  })

const sum = (all: ReadonlyArray<number>): number => all.reduce((a, b) => a + b, 0)

const difference = (after: number | undefined, before: number | undefined): number | undefined =>
  after === undefined || before === undefined ? undefined : after - before

const processesOf = (before: Sample, after: Sample, seconds: number): ReadonlyArray<ProcessUse> => {
  const waited = (k: number): number | undefined => {
    const ms = difference(after.waited[k], before.waited[k])
    return ms === undefined ? undefined : ms / 1e3 / seconds
  }
  const replicas = after.statuses.map((b, k) => {
    const a = before.statuses[k] as ReplicaStatus
    const system = (b.cpuSystem - a.cpuSystem) / 1e6 / seconds
    const cpu = (b.cpuUser - a.cpuUser) / 1e6 / seconds + system
    const name = `replica ${k}${b.primary ? " (primary)" : ""}`
    return { name, cpu, system, waited: waited(k) }
  })
  const system = (after.own.system - before.own.system) / 1e6 / seconds
  const cpu = (after.own.user - before.own.user) / 1e6 / seconds + system
  return [...replicas, { name: "clients", cpu, system, waited: waited(replicas.length) }]
}

const result = (
  setting: Setting,
  [before, after]: readonly [Sample, Sample],
  loop: ClosedLoop,
): Measurement => {
  const seconds = (after.at - before.at) / 1e3
  const operations = loop.latencies.count
  const [p50Ms, p99Ms] = loop.latencies.quantiles(0.5, 0.99)
  const total = (of: (status: ReplicaStatus) => number): number =>
    sum(after.statuses.map(of)) - sum(before.statuses.map(of))
  const replicas = after.statuses.length
  const batches = total((s) => s.executed) / replicas
  const processes = processesOf(before, after, seconds)
  const phase = (of: (times: ReplicaStatus["times"]) => number): number =>
    (total((s) => of(s.times)) * 1e3) / replicas / operations
  const groups = total((s) => s.store.groups) / replicas
  return {
    setting,
    operations,
    operationsPerSecond: operations / seconds,
    p50Ms,
    p99Ms,
    meanBatch: operations / batches,
    cpuMicrosPerOperation: (sum(processes.map((p) => p.cpu)) * seconds * 1e6) / operations,
    processes,
    phases: {
      receive: phase((t) => t.receiveMs),
      step: phase((t) => t.stepMs),
      store: phase((t) => t.storeMs),
      send: phase((t) => t.sendMs),
    },
    syncMs: total((s) => s.times.syncMs) / replicas / groups,
    groupsPerSecond: groups / seconds,
    droppedLines: total((s) => s.trace?.dropped ?? 0),
  }
}

const spec = "0".repeat(64)

/** The figures of one setting, on four replicas as processes of this machine. */
export const measure = (setting: Setting) =>
  Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "prophecy-bench-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 })),
    )
    const ports = yield* freePorts(4)
    const file = join(directory, "cluster.json")
    const { clients, pipeline, maxBatch, profiles } = setting
    const content = { clients, pipeline, maxBatch, service: "null", retransmitMs: 5_000 } as const
    const traced = setting.traces ? { traceDirectory: "traces" } : {}
    writePrivateJson(file, freshClusterConfig(ports, { ...content, ...traced }))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const trace = { run: "bench", spec }
    const cluster = yield* startCluster(config, {
      ...(setting.traces ? { trace } : {}),
      ...(profiles === undefined
        ? {}
        : { nodeFlags: ["--cpu-prof", `--cpu-prof-dir=${profiles}`] }),
    })
    const poolTrace = { ...trace, directory: join(directory, "traces") }
    const pool = yield* makeClientPool(config, setting.traces ? { trace: poolTrace } : {})
    yield* pool.connected
    const loop = new ClosedLoop(pool, "x".repeat(setting.payload))
    const run = Effect.gen(function* () {
      loop.start(clients)
      yield* Effect.sleep(setting.warmupSeconds * 1e3)
      const before = yield* sample(cluster)
      loop.latencies.clear()
      yield* Effect.sleep(setting.seconds * 1e3)
      const after = yield* sample(cluster)
      const measurement = result(setting, [before, after], loop)
      loop.stop()
      return measurement
    })
    return yield* Effect.raceFirst(run, cluster.failed)
  }).pipe(Effect.scoped)
