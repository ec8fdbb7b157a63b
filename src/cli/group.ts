/** A whole service on this machine: replicas as processes, and a pool of clients in this one. */
import { randomBytes } from "node:crypto"
import { appendFileSync, mkdirSync, readdirSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { Effect, Schedule, type Scope } from "effect"
import { type ClientPoolShape, makeClientPool } from "../net/client-pool.ts"
import { freePorts, type RunningCluster, startCluster } from "../net/cluster.ts"
import {
  type ClusterConfig,
  type ClusterConfigFile,
  freshClusterConfig,
} from "../net/cluster-config.ts"
import { loadClusterConfig, writePrivateJson } from "../net/config-file.ts"
import { ExitCode, Refused } from "./ended.ts"
import { workFolder } from "./examination.ts"
import { configName } from "./init.ts"
import { specDigest } from "./specification.ts"

export interface Group {
  readonly config: ClusterConfig
  readonly cluster: RunningCluster
  readonly pool: ClientPoolShape
}

/** The replicas of a service, whoever its clients are. */
export type Replicas = Pick<Group, "config" | "cluster">

export interface GroupOptions {
  readonly config: ClusterConfig
  /** Something that the user should know now; everything else goes to the log. */
  readonly say: (line: string) => void
}

/** What replicas and clients say of their connections, one line each. */
export const logPath = (config: ClusterConfig): string => join(dirname(config.file), "cluster.log")

const connectMs = 10_000

const badInput = (error: { readonly message: string }): Refused =>
  new Refused({ code: ExitCode.BadInput, text: error.message })
const internal = (error: { readonly message: string }): Refused =>
  new Refused({ code: ExitCode.Internal, text: error.message })

/** A path as the user would write it. */
export const shortPath = (path: string): string => {
  const short = relative("", path)
  return short.startsWith("..") || short === "" ? path : short
}

const timeInName = (): string =>
  new Date().toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15)

/** The folder of one run: the named one, which must be empty or new, or a fresh one. */
export const makeRunFolder = (named: string | undefined): Effect.Effect<string, Refused> =>
  Effect.try({
    try: () => {
      const suffix = randomBytes(2).toString("hex")
      const folder = named ?? join(workFolder, `run-${timeInName()}-${suffix}`)
      mkdirSync(folder, { recursive: true })
      return folder
    },
    catch: (cause) => badInput({ message: `--out: ${named ?? workFolder}: ${String(cause)}` }),
  }).pipe(
    Effect.filterOrFail(
      (folder) => readdirSync(folder).length === 0,
      (folder) => badInput({ message: `--out: ${folder} is not empty; name a new folder` }),
    ),
  )

/** A configuration for one run, with fresh secrets and free ports, written into its folder. */
export const makeRunConfig = (
  folder: string,
  replicas: number,
  changes: Partial<ClusterConfigFile>,
  finish: (file: ClusterConfigFile) => ClusterConfigFile = (file) => file,
): Effect.Effect<ClusterConfig, Refused> =>
  Effect.gen(function* () {
    const ports = yield* freePorts(replicas)
    const path = join(folder, configName)
    writePrivateJson(path, finish(freshClusterConfig(ports, changes)))
    return yield* loadConfig(path)
  })

/** A configuration file as the owner of all its secrets reads it. */
export const loadConfig = (path: string): Effect.Effect<ClusterConfig, Refused> =>
  loadClusterConfig(path, { kind: "endpoint", id: 0 }).pipe(Effect.mapError(badInput))

/** This very program again, as a replica. */
const replicaCommand = (): ReadonlyArray<string> => [
  process.execPath,
  process.argv[1] ?? "",
  "replica-child",
]

const isConnected = (cluster: RunningCluster, replica: number): Effect.Effect<boolean> =>
  cluster.status(replica).pipe(
    Effect.map(({ peers }) => peers.every(({ connected }) => connected)),
    Effect.catch(() => Effect.succeed(false)),
  )

/**
 * Waits until every replica is connected to every other one: who comes late to a busy group finds
 * that the others have dropped what it missed. A group that never gets there works all the same.
 */
const allConnected = ({ config, cluster }: Replicas) =>
  Effect.forEach(config.replicas, (_, id) => isConnected(cluster, id)).pipe(
    Effect.repeat({
      until: (connected) => connected.every(Boolean),
      schedule: Schedule.spaced("50 millis"),
    }),
    Effect.timeoutOption(connectMs),
  )

/** Starts the replicas and waits until all are connected. The scope's end stops them. */
export const startReplicas = Effect.fn("startReplicas")(function* (options: GroupOptions) {
  const { config, say } = options
  const path = logPath(config)
  const log = (line: string): void =>
    appendFileSync(path, `${new Date().toISOString()} ${line}\n`, { mode: 0o600 })
  const trace = { run: randomBytes(8).toString("hex"), spec: specDigest(config.protocol) }
  const cluster = yield* startCluster(config, {
    command: replicaCommand(),
    trace,
    log: (replica, line) => log(`replica ${replica}: ${line}`),
    onMissedCheckpoint: (replica, seq) =>
      say(`replica ${replica} missed checkpoint ${seq}: it fetches the state of a later one`),
  }).pipe(Effect.mapError(internal))
  yield* allConnected({ config, cluster })
  return { cluster, trace, log }
})

/** Starts everything and waits until requests can be sent. The scope's end stops it all. */
export const startGroup = Effect.fn("startGroup")(function* (options: GroupOptions) {
  const { config } = options
  const directory = config.traceDirectory
  const { cluster, trace, log } = yield* startReplicas(options)
  const pool = yield* makeClientPool(config, {
    ...(directory === undefined ? {} : { trace: { directory, ...trace } }),
    log: (line) => log(`clients: ${line}`),
  }).pipe(Effect.mapError(internal))
  yield* pool.connected.pipe(
    Effect.timeoutOrElse({
      duration: connectMs,
      orElse: () =>
        Effect.fail(internal({ message: `no quorum of replicas answered within ${connectMs} ms` })),
    }),
  )
  const group: Group = { config, cluster, pool }
  return group
}) satisfies (options: GroupOptions) => Effect.Effect<Group, Refused, Scope.Scope>
