/**
 * One replica as a whole: its log, its sockets, its loop. What `prophecy replica` runs.
 *
 * Outside the specification: nothing; it puts the parts together, and tells how far they are.
 */
import { Data, Deferred, Effect, Ref, type Scope } from "effect"
import type { ReplicaId, View } from "../core/ids.ts"
import { groupOf, primaryOf } from "../core/quorum.ts"
import { batchBytes, type ClusterConfig } from "./cluster-config.ts"
import { answerFastRead } from "./fast-read.ts"
import { type FileSystem, systemFiles } from "./file-system.ts"
import { countersPath, openKeyCounters } from "./key-counters.ts"
import type { HolderError } from "./key-holder-socket.ts"
import { keysOf, refreshing } from "./process-keys.ts"
import type { Later } from "./later-states.ts"
import { onceATurn } from "./once-a-turn.ts"
import { type OriginAnswers, readerOf } from "./origin-answers.ts"
import type { Executor as Execution } from "./executor.ts"
import { pbftKit } from "./pbft-kit.ts"
import type { Peers, PeersEvents } from "./peers.ts"
import type { Kinds } from "./protocol.ts"
import type { ReplicaKit } from "./replica-kit.ts"
import {
  type Identity,
  type ListenError,
  type OpenStore,
  openExecutor,
  openLater,
  type ReplicaTracer,
  scopedOrigin,
  scopedPeers,
  directoryOf,
  scopedStore,
  scopedTracer,
  type TraceError,
  type TraceOptions,
} from "./replica-services.ts"
import { hiding } from "./hidden-messages.ts"
import { type Behaviour, behaviourOf, Misbehaviour } from "./misbehave.ts"
import { ReplicaLoop } from "./runtime.ts"
import type { ReplicaLine, ReplicaStatus } from "./status.ts"
import { doubtDisk } from "./recover-disk.ts"
import { DiskDoubted, StoreError } from "./store-error.ts"
import { zyzzyvaKit } from "./zyzzyva-kit.ts"

/** The replica found itself in a state that must not be: it stopped at once. */
export class ReplicaBroken extends Data.TaggedError("ReplicaBroken")<{
  readonly replica: ReplicaId
  readonly reason: string
}> {
  override get message(): string {
    return `replica ${this.replica} stopped: ${this.reason}`
  }
}

export type ReplicaError = StoreError | ListenError | TraceError | HolderError | ReplicaBroken

export interface ReplicaOptions {
  /** Without it no trace is written. */
  readonly trace?: TraceOptions
  /** Told once when the replica is out of reach of the others' logs. */
  readonly onMissedCheckpoint?: (seq: number) => void
  /** A line for the operator, without the line break: connections, faults of peers. */
  readonly log?: (line: string) => void
  /** Its disk is lost: it starts with an empty one, and is taken back by the others. */
  readonly rejoin?: boolean
  /** Whether it is to be recovered, with its disk if that is good. */
  readonly recover?: boolean
  /** The socket of the process that has its private key, where one has (key-holder.ts). */
  readonly keyHolder?: string
  /** What the log and the snapshots are kept on. Default: the system's files. */
  readonly files?: FileSystem
}

export interface RunningReplica {
  readonly host: string
  readonly port: number
  /** Where it started from: 0 for an empty log. */
  readonly executed: number
  readonly tracePath: string | null
  readonly status: Effect.Effect<ReplicaStatus>
  /** Has it answer fast reads badly, or hide messages, for demonstrations and tests. */
  readonly behave: (behaviour: Behaviour) => void
  /** Waits for the end that nobody asked for. */
  readonly failed: Effect.Effect<never, ReplicaError>
}

/** How often a replica tells its peers how far it is, in milliseconds. */
const progressMs = 250
/** The log is replaced at a stable checkpoint after it grew by this much. */
const compactBytes = 16 * 1024 * 1024

const broken = (replica: ReplicaId, cause: unknown): ReplicaError => {
  if (cause instanceof StoreError) return cause
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return new ReplicaBroken({ replica, reason })
}

// Others contradict the disk: the next start is to know.
const noted = (identity: Identity, files: FileSystem, cause: unknown): unknown =>
  cause instanceof DiskDoubted ? doubtDisk(files, directoryOf(identity), cause.reason) : cause

const statusOf = <K extends Kinds>(
  kit: ReplicaKit<K>,
  { config, id }: Identity,
  parts: {
    readonly loop: ReplicaLoop<K>
    readonly peers: Peers<K>
    readonly store: OpenStore<K["Record"]>
    readonly tracer: ReplicaTracer<K>
  },
): ReplicaStatus => {
  const { loop, peers, store, tracer } = parts
  const { state } = loop
  const { user, system } = process.cpuUsage()
  const { writer } = tracer
  const { machine } = kit.protocol
  const active = machine.isActive(state)
  return {
    schema: "prophecy-status/1",
    replica: id,
    view: state.view,
    active,
    primary: active && primaryOf(loop.group, state.view) === id,
    low: state.log.low,
    executed: state.executed,
    assigned: machine.lastAssigned(state),
    queue: state.queue.length,
    missedCheckpoint: loop.missedCheckpoint ?? null,
    recovery: kit.recovery(state),
    peers: config.replicas.flatMap((_, replica) =>
      replica === id
        ? []
        : [
            {
              replica,
              connected: peers.isConnected(replica),
              view: loop.told(replica)?.view ?? 0,
              active: loop.told(replica)?.active ?? false,
              low: loop.told(replica)?.low ?? 0,
              executed: loop.told(replica)?.executed ?? 0,
              awaited: loop.told(replica)?.awaited ?? 0,
              queuedBytes: peers.queuedBytes(replica),
            },
          ],
    ),
    endpoints: peers.endpoints,
    actions: loop.actions.toJSON(),
    network: { ...peers.counts.toJSON(), ...loop.events.toJSON() },
    store: store.store.status(),
    trace: writer === null ? null : { steps: writer.steps(), dropped: writer.dropped() },
    times: { ...loop.times, receiveMs: peers.receiveMs, turns: loop.turns },
    cpuUser: user,
    cpuSystem: system,
    uptime: process.uptime(),
  }
}

const viewLine = (config: ClusterConfig, view: View, active: boolean): string => {
  const primary = primaryOf(groupOf(config.replicas.length), view)
  if (active) return `entered view ${view}: its primary is replica ${primary}`
  return `left the views below ${view}, waits for replica ${primary} to start it`
}

/** What it does about a sketcher's fast reads. */
const fastReadsOf = <K extends Kinds>(parts: {
  readonly loop: ReplicaLoop<K>
  readonly executor: Pick<Execution, "read">
  readonly origin: OriginAnswers | undefined
  readonly misbehaviour: Misbehaviour
  readonly peers: Pick<Peers<K>, "flush">
}): PeersEvents<K>["fastRead"] => {
  const { loop, executor, origin, misbehaviour, peers } = parts
  const { actions, events } = loop
  // The loop has nothing to do about it: it changes no state, and waits for no record.
  const leave = onceATurn(() => peers.flush())
  const read = readerOf(executor, origin, leave)
  return (message, answer) =>
    answerFastRead({ read, actions, events, misbehaviour }, message, answer)
}

/** The parts that a replica's loop is put together from. */
interface Parts<K extends Kinds> {
  readonly identity: Identity
  readonly kit: ReplicaKit<K>
  readonly peers: Peers<K>
  readonly disk: OpenStore<K["Record"]>
  readonly tracer: ReplicaTracer<K>
  readonly executor: Execution
  readonly later: Later<K["Record"]>
  readonly origin: OriginAnswers | undefined
}

/** The loop with its services; it runs until the scope closes. */
const startLoop = <K extends Kinds>(
  parts: Parts<K>,
  options: ReplicaOptions,
  failed: Deferred.Deferred<never, ReplicaError>,
) =>
  Effect.gen(function* () {
    const { identity, kit, peers, disk, tracer, origin, later } = parts
    const { config, id, log } = identity
    const [misbehaviour, files] = [new Misbehaviour(), options.files ?? systemFiles]
    const attached = kit.attach({
      executor: parts.executor,
      origin,
      misbehaviour,
      later: later.states,
      schedule: () => loop.schedule(),
    })
    const { executor } = attached
    const fail = (cause: unknown): void =>
      void Effect.runSync(Deferred.fail(failed, broken(id, noted(identity, files, cause))))
    const loop: ReplicaLoop<K> = new ReplicaLoop({
      protocol: kit.protocol,
      proposals: { pipeline: kit.pipeline, batchBytes: batchBytes(config) },
      peers: hiding(peers, { n: config.replicas.length, id, misbehaviour }),
      store: disk.store,
      executor,
      completeReply: attached.completeReply,
      states: attached.states,
      tracer,
      receiveQueue: config.limits.receiveQueue,
      earlyBytes: config.limits.sendQueueBytes,
      historyBytes: config.limits.historyBytes,
      compactBytes,
      onMissedCheckpoint: (seq) => {
        log(
          `missed checkpoint ${seq}: the others have dropped what is needed from ` +
            `${loop.state.executed + 1} on; ${kit.whenMissed}`,
        )
        options.onMissedCheckpoint?.(seq)
      },
      onCaughtUp: () => log("caught up again"),
      viewChangeMs: config.viewChangeMs,
      onView: (view, active) => log(viewLine(config, view, active)),
      onFatal: fail,
    })
    yield* Effect.try({
      try: () => {
        loop.restart(later.records, disk.incarnation, disk.recovers)
        if (later.records.length > 0) origin?.restarted(loop.state.log.low + config.logSize)
      },
      catch: (cause) => broken(id, noted(identity, files, cause)),
    })
    const clock = setInterval(() => loop.tick(), progressMs)
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => {
        clearInterval(clock)
        return loop.stop()
      }),
    )
    peers.start({
      input: (input) => loop.offer(input),
      progress: (replica, progress) => loop.progress(replica, progress),
      chunk: (replica, chunk) => loop.chunk(replica, chunk),
      fastRead: fastReadsOf({ loop, executor, origin, misbehaviour, peers }),
      sketchRead: attached.sketchRead(loop),
      connected: (replica) => loop.connected(replica),
      rekeyed: (replica) => loop.rekeyed(replica),
      disconnected: () => loop.schedule(),
    })
    return { loop, peers, store: disk, tracer, misbehaviour }
  })

const runOf = <K extends Kinds>(
  kit: ReplicaKit<K>,
  identity: Identity,
  options: ReplicaOptions,
): Effect.Effect<RunningReplica, ReplicaError, Scope.Scope> =>
  Effect.gen(function* () {
    const { config, id } = identity
    const { files = systemFiles, rejoin = false, recover = false } = options
    const back = recover ? "recover" : rejoin ? "rejoin" : undefined
    const failed = yield* Deferred.make<never, ReplicaError>()
    const counters = openKeyCounters(files, countersPath(config.file, id))
    const keys = yield* keysOf(identity, counters, options.keyHolder)
    yield* refreshing(config, keys)
    // The port first: it keeps a second process of this replica away from the files.
    const peers = yield* scopedPeers(identity, keys, kit.wire(keys))
    const { protocol } = kit
    const disk = yield* scopedStore(identity, { codec: protocol.records, files, back })
    const executor = yield* openExecutor(identity, disk, kit.execution)
    const origin = yield* scopedOrigin(identity)
    const tracer = yield* scopedTracer(identity, protocol.trace, options.trace)
    const later = openLater(identity, disk, kit)
    const built = { identity, kit, peers, disk, tracer, executor, origin, later }
    const parts = yield* startLoop(built, options, failed)
    const { host, port } = config.replicas[id] as ClusterConfig["replicas"][number]
    return {
      host,
      port,
      executed: parts.loop.state.executed,
      tracePath: parts.tracer.path,
      status: Effect.sync(() => statusOf(kit, identity, parts)),
      behave: (behaviour) => {
        parts.misbehaviour.behaviour = behaviour
      },
      failed: Deferred.await(failed),
    }
  })

/** Starts a replica that runs until the scope closes; then its log and trace are closed. */
export const runReplica = (
  config: ClusterConfig,
  id: ReplicaId,
  options: ReplicaOptions = {},
): Effect.Effect<RunningReplica, ReplicaError, Scope.Scope> =>
  Effect.suspend(() => {
    const identity = { config, id, log: options.log ?? (() => undefined) }
    const files = options.files ?? systemFiles
    switch (config.protocol) {
      case "pbft":
        return runOf(pbftKit(config, id, files), identity, options)
      case "zyzzyva":
        return runOf(zyzzyvaKit(config, id, files), identity, options)
    }
  })

const say = (line: ReplicaLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
  process.send?.(line)
}

/** Answers the parent's `"status"`, and obeys its `"behave old"`, until the scope closes. */
const answerParent = (replica: RunningReplica) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const onMessage = (message: unknown): void => {
        if (message === "status") {
          process.send?.({ event: "status", status: Effect.runSync(replica.status) })
        }
        const [word, ...rest] = String(message).split(" ")
        const behaviour = word === "behave" ? behaviourOf(rest.join(" ")) : undefined
        if (behaviour !== undefined) replica.behave(behaviour)
      }
      process.on("message", onMessage)
      return onMessage
    }),
    (onMessage) => Effect.sync(() => process.removeListener("message", onMessage)),
  )

/** Waits until whoever started this process over a channel is gone; for ever without a channel. */
const parentGone: Effect.Effect<void> = Effect.callback((resume) => {
  const onDisconnect = (): void => resume(Effect.void)
  process.once("disconnect", onDisconnect)
  return Effect.sync(() => process.removeListener("disconnect", onDisconnect))
})

/**
 * Runs a replica in the foreground of this process: JSON lines (`ReplicaLine`) on standard output
 * and, where there is a channel, as messages to the parent, which may ask with `"status"`. Ends by
 * interruption (then it says `stopped`), with its parent, or with the error that stopped it.
 */
export const replicaProcess = (
  config: ClusterConfig,
  id: ReplicaId,
  options: ReplicaOptions = {},
): Effect.Effect<never, ReplicaError> =>
  Effect.gen(function* () {
    const onMissedCheckpoint = (seq: number): void => {
      say({ event: "missed-checkpoint", replica: id, seq })
      options.onMissedCheckpoint?.(seq)
    }
    const running = yield* Ref.make<RunningReplica | undefined>(undefined)
    const run = Effect.gen(function* () {
      const replica = yield* runReplica(config, id, { ...options, onMissedCheckpoint })
      yield* Ref.set(running, replica)
      const { host, port, executed, tracePath } = replica
      yield* answerParent(replica)
      const { pid } = process
      say({ event: "ready", replica: id, host, port, pid, executed, trace: tracePath })
      return yield* Effect.raceFirst(replica.failed, Effect.andThen(parentGone, Effect.interrupt))
    })
    const stopped = Effect.gen(function* () {
      const replica = yield* Ref.get(running)
      if (replica === undefined) return
      const { executed } = yield* replica.status
      say({ event: "stopped", replica: id, executed })
    })
    return yield* run.pipe(
      Effect.scoped,
      Effect.onInterrupt(() => stopped),
    )
  })
