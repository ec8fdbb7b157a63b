/**
 * Rounds of load and of kill -9 on replicas that are processes: all of them at one moment, or the
 * primary alone. Between two rounds the disks may lose power. In the end every register must hold
 * what was acknowledged, and the traces of all processes must conform.
 */
import { createReadStream, mkdirSync, mkdtempSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { primaryOf, groupOf } from "../../src/core/quorum.ts"
import { makeClientPool } from "../../src/net/client-pool.ts"
import { type ClusterConfigFile, freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { batchDigest, bytesDigest, checkpointDigest } from "../../src/net/digests.ts"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { Random } from "../../src/sim/random.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import type { Verdict } from "../../src/trace-check/verdict.ts"
import { losePower } from "./forgetful-files.ts"
import { type Lost, Writers } from "./writers.ts"

export interface CrashOptions {
  /** A folder for the cluster's own. */
  readonly directory: string
  readonly rounds: number
  readonly seed: number
  /** Who is killed: all at one moment, the primary, or somebody. */
  readonly victims: "all" | "primary" | "one"
  /** The disks forget what was not synced, and a sync takes at most so long; undefined: kill -9. */
  readonly syncMs?: number
  readonly replicas?: number
  /** Clients that write, each without a pause. Default 6. */
  readonly writers?: number
  readonly changes?: Partial<ClusterConfigFile>
  /** Load between two kills: at least and at most so many milliseconds. */
  readonly loadMs?: readonly [least: number, most: number]
  readonly told?: (round: Round) => void
}

export interface Round {
  readonly round: number
  readonly acknowledged: number
  /** The longest time without an answer, in milliseconds. */
  readonly pauseMs: number
}

export interface CrashReport {
  readonly rounds: ReadonlyArray<Round>
  readonly kills: number
  readonly acknowledged: number
  readonly reads: number
  readonly lost: ReadonlyArray<Lost>
  /** Replicas that fell behind the others' logs and stayed out. */
  readonly missed: number
  /** Whether it ended there: without state transfer the group survives no further failure. */
  readonly endedEarly: boolean
  /** Why the group did not answer any more, which ended the run; null when it did. */
  readonly stuck: string | null
  /** What a replica said that did not start again, which ended the run; null when all did. */
  readonly refused: string | null
  readonly verdict: Verdict
}

const defaultWriters = 6
/** How long a group gets to answer again after it was started, in milliseconds. */
const patienceMs = 60_000

const digests = {
  batchDigest,
  checkpointDigest,
  resultDigest: bytesDigest,
  hash: bytesDigest,
  zyzzyva: zyzzyvaDigests,
}

const verdictOn = (folder: string): Promise<Verdict> =>
  checkTraces(
    readdirSync(folder)
      .sort()
      .map((name) => ({
        name,
        text: createReadStream(join(folder, name), { encoding: "utf8" }),
      })),
    { digests },
  )

// All get the signal before anybody has seen an end.
const kill = (cluster: RunningCluster, replicas: ReadonlyArray<number>) =>
  Effect.forEach(replicas, cluster.kill, { concurrency: "unbounded", discard: true })

interface Running {
  readonly options: CrashOptions
  readonly cluster: RunningCluster
  readonly writing: Writers
  readonly random: Random
}

const victimsOf = ({
  options: { victims },
  cluster,
  random,
}: Running): Effect.Effect<ReadonlyArray<number>, unknown> => {
  const all = cluster.running()
  if (victims === "all") return Effect.succeed(all)
  if (victims === "one") return Effect.succeed([random.one(all)])
  return Effect.map(
    Effect.forEach(all, (replica) => cluster.status(replica)),
    (statuses) => {
      const view = Math.max(...statuses.filter(({ active }) => active).map((s) => s.view))
      return [primaryOf(groupOf(all.length), view)]
    },
  )
}

/** Waits until so many more operations were acknowledged, or a loss was seen. */
const answered = (writing: Writers, more: number): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const from = writing.acknowledged
    const startedAt = performance.now()
    while (writing.acknowledged < from + more && writing.lost.length === 0) {
      if (performance.now() - startedAt > patienceMs) return false
      yield* Effect.sleep(5)
    }
    return true
  })

/** How a round ended before its time. */
type Ended = Pick<CrashReport, "stuck" | "refused">

/** One round; says when the group does not answer any more or somebody does not start again. */
const round = (running: Running, number: number) =>
  Effect.gen(function* () {
    const { options, cluster, writing, random } = running
    const writers = options.writers ?? defaultWriters
    const [least, most] = options.loadMs ?? [20, 400]
    yield* Effect.sleep(random.between(least, most))
    const victims = yield* victimsOf(running)
    yield* kill(cluster, victims)
    if (options.syncMs !== undefined) {
      for (const replica of victims) {
        losePower(join(cluster.config.dataDirectory, `replica-${replica}`), random)
      }
    }
    const stuck = `no answer for ${patienceMs} ms after round ${number}`
    if (options.victims !== "all" && !(yield* answered(writing, writers))) {
      return { stuck, refused: null }
    }
    // A store that lost what it called durable may notice, and then its replica ends at once.
    const refused = yield* Effect.forEach(victims, cluster.start, {
      concurrency: "unbounded",
      discard: true,
    }).pipe(Effect.match({ onFailure: ({ message }) => message, onSuccess: () => null }))
    if (refused !== null) return { stuck: null, refused }
    return { stuck: (yield* answered(writing, 2 * writers)) ? null : stuck, refused }
  })

const forgetfulMain = join(import.meta.dirname, "replica-main.ts")

const runRounds = (options: CrashOptions, directory: string) =>
  Effect.gen(function* () {
    const writers = options.writers ?? defaultWriters
    const ports = yield* freePorts(options.replicas ?? 4)
    const file = join(directory, "cluster.json")
    const slow = 10 * (options.syncMs ?? 0)
    const timing = { retransmitMs: Math.max(200, slow), viewChangeMs: Math.max(500, slow) }
    const content = {
      clients: 2 * writers,
      traceDirectory: "traces",
      ...timing,
      ...options.changes,
    }
    writePrivateJson(file, freshClusterConfig(ports, content))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const trace = { directory: join(directory, "traces"), run: "crashes", spec: "0".repeat(64) }
    const missed = new Set<number>()
    const { syncMs } = options
    const cluster = yield* startCluster(config, {
      ...(syncMs === undefined ? {} : { command: [process.execPath, forgetfulMain] }),
      // Processes start many times: what was compiled once is not compiled again.
      environment: {
        PROPHECY_SYNC_MS: String(syncMs),
        NODE_COMPILE_CACHE: join(options.directory, "compiled"),
      },
      readyMs: patienceMs,
      trace,
      onMissedCheckpoint: (replica) => missed.add(replica),
    })
    const pool = yield* makeClientPool(config, { trace })
    yield* pool.connected
    const writing = new Writers(pool, writers)
    const random = new Random(options.seed, "crashes")
    const work = writing.work().catch(() => undefined)
    yield* answered(writing, writers)
    writing.pause()
    const rounds: Array<Round> = []
    let ended: Ended = { stuck: null, refused: null }
    const mayGoOn = (): boolean => options.victims === "all" || missed.size === 0
    const goesOn = (): boolean => ended.stuck === null && ended.refused === null
    const isGood = (): boolean => writing.lost.length === 0 && goesOn()
    while (rounds.length < options.rounds && isGood() && mayGoOn()) {
      ended = yield* round({ options, cluster, writing, random }, rounds.length + 1)
      const { acknowledged } = writing
      const done = { round: rounds.length + 1, acknowledged, pauseMs: writing.pause() }
      rounds.push(done)
      options.told?.(done)
    }
    writing.stop()
    if (goesOn()) {
      yield* Effect.promise(() => work)
      yield* Effect.promise(writing.check)
    }
    return { rounds, writing, missed, ended }
  }).pipe(Effect.scoped)

/** Runs the rounds, stops the group, and checks all that was recorded. */
export const crashRun = async (options: CrashOptions): Promise<CrashReport> => {
  mkdirSync(options.directory, { recursive: true })
  const directory = mkdtempSync(join(options.directory, `seed-${options.seed}-`))
  const { rounds, writing, missed, ended } = await Effect.runPromise(runRounds(options, directory))
  const { acknowledged, reads, lost } = writing
  const { stuck, refused } = ended
  const good = lost.length === 0 && stuck === null && refused === null
  return {
    rounds,
    kills: rounds.length * (options.victims === "all" ? (options.replicas ?? 4) : 1),
    acknowledged,
    reads,
    lost,
    missed: missed.size,
    endedEarly: rounds.length < options.rounds && good,
    ...ended,
    verdict: await verdictOn(join(directory, "traces")),
  }
}
