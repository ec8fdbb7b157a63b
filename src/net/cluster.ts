/** A whole cluster on this machine: one child process a replica. */
import { randomInt } from "node:crypto"
import { createServer, type Server } from "node:net"
import { join } from "node:path"
import { Deferred, Effect, type Scope } from "effect"
import type { ClusterConfig } from "./cluster-config.ts"
import type { Behaviour } from "./misbehave.ts"
import { ReplicaChild, ReplicaProcessError } from "./replica-child.ts"
import type { ReplicaStatus } from "./status.ts"

export interface ClusterOptions {
  /**
   * The program and arguments that run one replica; the configuration's path and the replica's id
   * are appended. Default: src/net/replica-main.ts beside this module, under this Node.
   */
  readonly command?: ReadonlyArray<string>
  /** Passed on as environment PROPHECY_RUN, PROPHECY_SPEC; traces go to the configured folder. */
  readonly trace?: { readonly run: string; readonly spec: string }
  /** Flags of the program, after the id. */
  readonly flags?: ReadonlyArray<string>
  /** Environment of the children beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>
  /** Flags of Node for the children, before the program. */
  readonly nodeFlags?: ReadonlyArray<string>
  /** How long a replica may take to become ready, in milliseconds. Default 60 000. */
  readonly readyMs?: number
  /** How long a replica may take to end after SIGTERM before it is killed. Default 5 000. */
  readonly stopMs?: number
  /** Lines of the children's standard error. */
  readonly log?: (replica: number, line: string) => void
  readonly onMissedCheckpoint?: (replica: number, seq: number) => void
}

export interface RunningCluster {
  readonly config: ClusterConfig
  readonly pid: (replica: number) => number | undefined
  readonly running: () => ReadonlyArray<number>
  readonly status: (replica: number) => Effect.Effect<ReplicaStatus, ReplicaProcessError>
  /** Ends one process with SIGKILL and waits until it is gone. */
  readonly kill: (replica: number) => Effect.Effect<void>
  /** Ends one process with SIGTERM and waits; gives its exit code (143 after a clean shutdown). */
  readonly stop: (replica: number) => Effect.Effect<number>
  /** Starts one that does not run and waits until it is ready. */
  readonly start: (replica: number) => Effect.Effect<void, ReplicaProcessError>
  /** The same for one whose disk is lost: it is to be taken back by the others. */
  readonly rejoin: (replica: number) => Effect.Effect<void, ReplicaProcessError>
  /** The same, to be recovered with its disk. */
  readonly recover: (replica: number) => Effect.Effect<void, ReplicaProcessError>
  /** Has a running replica answer fast reads badly, or hide messages, or be honest again. */
  readonly behave: (replica: number, behaviour: Behaviour) => void
  /** Waits for the first process that ends without being asked. */
  readonly failed: Effect.Effect<never, ReplicaProcessError>
}

interface Running {
  readonly children: Map<number, ReplicaChild>
  readonly failed: Deferred.Deferred<never, ReplicaProcessError>
}

const defaults = { readyMs: 60_000, stopMs: 5_000 } as const

const sourceMain = join(import.meta.dirname, "replica-main.ts")

const spawnChild = (
  config: ClusterConfig,
  options: ClusterOptions,
  running: Running,
  replica: number,
): ReplicaChild => {
  const { trace, nodeFlags = [], environment = {} } = options
  const prefix = options.command ?? [process.execPath, ...nodeFlags, sourceMain]
  const [command = process.execPath, ...args] = prefix
  const traced = trace === undefined ? {} : { PROPHECY_RUN: trace.run, PROPHECY_SPEC: trace.spec }
  return new ReplicaChild({
    replica,
    command,
    args: [...args, config.file, String(replica), ...(options.flags ?? [])],
    environment: { ...process.env, ...traced, ...environment },
    log: (line) => options.log?.(replica, line),
    onLine: (line) => {
      if (line.event === "missed-checkpoint") options.onMissedCheckpoint?.(replica, line.seq)
    },
    onEnd: (error) => {
      running.children.delete(replica)
      Effect.runSync(Deferred.fail(running.failed, error))
    },
  })
}

const startOne = (
  config: ClusterConfig,
  options: ClusterOptions,
  running: Running,
  replica: number,
): Effect.Effect<void, ReplicaProcessError> =>
  Effect.suspend(() => {
    if (running.children.has(replica)) {
      const reason = "it is running already"
      return Effect.fail(new ReplicaProcessError({ replica, reason, output: "" }))
    }
    const child = spawnChild(config, options, running, replica)
    running.children.set(replica, child)
    return child.ready(options.readyMs ?? defaults.readyMs)
  })

const endOne = (
  running: Running,
  replica: number,
  signal: "SIGTERM" | "SIGKILL",
  graceMs: number,
): Effect.Effect<number> =>
  Effect.promise(async () => {
    const child = running.children.get(replica)
    if (child === undefined) return 0
    const code = await child.end(signal, graceMs)
    running.children.delete(replica)
    return code
  })

/** Starts every replica and waits until all are ready. The scope's end stops them all. */
export const startCluster = (
  config: ClusterConfig,
  options: ClusterOptions = {},
): Effect.Effect<RunningCluster, ReplicaProcessError, Scope.Scope> =>
  Effect.gen(function* () {
    const stopMs = options.stopMs ?? defaults.stopMs
    const everyone = config.replicas.map((_, replica) => replica)
    const failed = yield* Deferred.make<never, ReplicaProcessError>()
    const running: Running = { children: new Map(), failed }
    const all = { concurrency: "unbounded", discard: true } as const
    yield* Effect.addFinalizer(() =>
      Effect.forEach(everyone, (r) => endOne(running, r, "SIGTERM", stopMs), all),
    )
    yield* Effect.forEach(everyone, (r) => startOne(config, options, running, r), all)
    return {
      config,
      pid: (replica) => running.children.get(replica)?.pid,
      running: () => [...running.children.keys()].sort((a, b) => a - b),
      status: (replica) => {
        const child = running.children.get(replica)
        if (child !== undefined) return child.status
        const reason = "it is not running"
        return Effect.fail(new ReplicaProcessError({ replica, reason, output: "" }))
      },
      kill: (replica) => Effect.asVoid(endOne(running, replica, "SIGKILL", stopMs)),
      stop: (replica) => endOne(running, replica, "SIGTERM", stopMs),
      start: (replica) => startOne(config, options, running, replica),
      rejoin: (replica) => startOne(config, { ...options, flags: ["--rejoin"] }, running, replica),
      recover: (replica) =>
        startOne(config, { ...options, flags: ["--recover"] }, running, replica),
      behave: (replica, behaviour) => running.children.get(replica)?.behave(behaviour),
      failed: Deferred.await(failed),
    }
  })

const listenOn = (port: number): Promise<Server | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(undefined))
    server.listen(port, "127.0.0.1", () => resolve(server))
  })

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()))

// Below the ports that systems give to outgoing connections: one of those could take a port, or
// even connect to itself on it, before its replica listens.
const firstPort = 10_240
const lastPort = 32_767

/**
 * Free ports of the loopback interface, all different. Another program may take one of them before
 * it is used: then the replica says so.
 */
export const freePorts = (count: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.promise(async () => {
    const servers = new Map<number, Server>()
    while (servers.size < count) {
      const port = randomInt(firstPort, lastPort + 1)
      const server = servers.has(port) ? undefined : await listenOn(port)
      if (server !== undefined) servers.set(port, server)
    }
    await Promise.all([...servers.values()].map(closed))
    return [...servers.keys()]
  })
