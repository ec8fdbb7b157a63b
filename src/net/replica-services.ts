/**
 * The services of a running replica, each with the layer that makes it real.
 *
 * Outside the specification: nothing; it puts the parts of a replica together.
 */
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { Context, Data, Effect, type Scope } from "effect"
import type { ReplicaId } from "../core/ids.ts"
import { header } from "../core/pbft/trace.ts"
import type { TraceHeader } from "../core/trace-event.ts"
import { header as zyzzyvaHeader } from "../core/zyzzyva/trace.ts"
import { groupOf } from "../core/quorum.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { bigRequests, clockOf, fastPaths, keyChanges, limitsOf } from "./core-config.ts"
import * as Execution from "./executor.ts"
import type { FileSystem } from "./file-system.ts"
import { logOwner } from "./handshake.ts"
import type { ReplicaKeys } from "./keys.ts"
import { normaliser } from "../web/normalise.ts"
import { openOrigin } from "../web/origin.ts"
import { OriginAnswers } from "./origin-answers.ts"
import * as Network from "./peers.ts"
import type { PbftKinds } from "./pbft-protocol.ts"
import type { Kinds, RecordCodec, ReplicaWire, TraceText } from "./protocol.ts"
import { afterOpening, beforeOpening, markerPath, nextIncarnation } from "./disk-marker.ts"
import { damageOf, doubtOf, setAside } from "./recover-disk.ts"
import { type Later, laterStates } from "./later-states.ts"
import { logName, openStore, type Recovered } from "./store.ts"
import { StoreError, systemError } from "./store-error.ts"
import { openTrace, type TraceWriter } from "./trace-writer.ts"
import * as Tracing from "./tracer.ts"
import { witnessExecutor } from "./witness-executor.ts"
import { zyzzyvaHow } from "./zyzzyva-config.ts"

/** Which replica of which cluster a process runs, and what it says to its operator. */
export interface Identity {
  readonly config: ClusterConfig
  readonly id: ReplicaId
  readonly log: (line: string) => void
}

/** The replica cannot listen on its address. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly host: string
  readonly port: number
  readonly reason: string
}> {
  override get message(): string {
    return `cannot listen on ${this.host}:${this.port}: ${this.reason}`
  }
}

/** The trace's file cannot be made. */
export class TraceError extends Data.TaggedError("TraceError")<{
  readonly path: string
  readonly reason: string
}> {
  override get message(): string {
    return `${this.path}: the trace cannot be written: ${this.reason}`
  }
}

const reasonOf = (cause: unknown): string => {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === "EADDRINUSE") return "the port is in use"
  if (code === "EACCES") return "not permitted"
  return code ?? message ?? String(cause)
}

/** The replica's sockets. The way of a program of Effect to the network (lift.ts). */
export class Peers extends Context.Service<Peers, Network.ReplicaPeers<PbftKinds>>()(
  "prophecy/net/Peers",
) {}

/** The replica's sockets: its port is bound, nobody is answered before `start`. */
export const scopedPeers = <K extends Kinds>(
  { config, id, log }: Identity,
  keys: ReplicaKeys,
  wire: ReplicaWire<K>,
): Effect.Effect<Network.Peers<K>, ListenError, Scope.Scope> =>
  Effect.suspend(() => {
    const peers = new Network.Peers({ config, id, keys, wire, log })
    const { host, port } = config.replicas[id] as ClusterConfig["replicas"][number]
    return Effect.as(
      Effect.acquireRelease(
        Effect.tryPromise({
          try: () => peers.listen(),
          catch: (cause) => new ListenError({ host, port, reason: reasonOf(cause) }),
        }),
        () => Effect.promise(() => peers.close()),
      ),
      peers,
    )
  })

/** What touches files: a StoreError, returned or thrown by the system, is the effect's. */
const orStoreError = <A>(path: string, touch: () => A | StoreError): Effect.Effect<A, StoreError> =>
  Effect.flatMap(
    Effect.try({ try: touch, catch: (cause) => systemError(path, cause) }),
    (r): Effect.Effect<A, StoreError> =>
      r instanceof StoreError ? Effect.fail(r) : Effect.succeed(r),
  )

/** The replica's disk, and what it held. */
export type OpenStore<R> = Recovered<R> & {
  /** The incarnation to come back as, where the disk was lost or the replica is recovered. */
  readonly incarnation: number | undefined
  /** Whether it is recovered with what the disk held. */
  readonly recovers: boolean
}

export class Store extends Context.Service<Store, OpenStore<PbftKinds["Record"]>>()(
  "prophecy/net/Store",
) {}

export interface StoreKind<R> {
  readonly codec: RecordCodec<R>
  readonly files: FileSystem
  /** The operator says that the disk is lost; or that the replica is to be recovered with it. */
  readonly back: "rejoin" | "recover" | undefined
}

/** The folder of a replica's files. */
export const directoryOf = ({ config, id }: Pick<Identity, "config" | "id">): string =>
  join(config.dataDirectory, `replica-${id}`)

// A disk that is damaged is set aside before the replica is recovered; whether one is there then.
const examineDisk = <R extends { readonly _tag: string }>(
  identity: Identity,
  { codec, files }: StoreKind<R>,
): Effect.Effect<boolean, StoreError> =>
  Effect.gen(function* () {
    const { config, id, log } = identity
    const directory = directoryOf(identity)
    if (!files.exists(join(directory, logName))) return false
    const make = () => Execution.makeService(config.service)
    const owner = logOwner(config, id)
    const wrong = yield* orStoreError(directory, (): { readonly why: string } | undefined => {
      const doubt = doubtOf(files, directory)
      if (doubt !== undefined) return { why: doubt.reason }
      const opened = openStore({ directory, owner, limits: limitsOf(config), codec, files })
      if (opened instanceof StoreError) return { why: opened.message }
      opened.store.close()
      const why = damageOf(opened, make())
      return why === undefined ? undefined : { why }
    })
    if (wrong === undefined) return true
    const { to, nodes } = yield* orStoreError(directory, () => setAside(files, directory, make))
    log(`the disk is damaged (${wrong.why}): set aside as ${to}, ${nodes} nodes taken along`)
    return false
  })

export const scopedStore = <R extends { readonly _tag: string }>(
  identity: Identity,
  kind: StoreKind<R>,
): Effect.Effect<OpenStore<R>, StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const { config, id, log } = identity
    const { codec, files, back } = kind
    const owner = logOwner(config, id)
    const directory = directoryOf(identity)
    const limits = limitsOf(config)
    const { incarnationOf } = codec
    if (back === "recover" && !codec.recoversWithDisk) {
      const reason =
        `${config.protocol} recovers no replica with its disk: start it without --recover, or, ` +
        "when its disk is lost, with --rejoin"
      return yield* new StoreError({ path: directory, offset: undefined, reason })
    }
    const recovers = back === "recover" && (yield* examineDisk(identity, kind))
    const rejoin = back !== undefined && !recovers
    const hasLog = files.exists(join(directory, logName))
    const found = { configFile: config.file, replica: id, directory, hasLog, rejoin }
    yield* orStoreError(directory, () => doubtOf(files, directory))
    const told = yield* orStoreError(markerPath(config.file, id), () => beforeOpening(found))
    const open = orStoreError(directory, () =>
      openStore({ directory, owner, limits, codec, files }),
    )
    const recovered = yield* Effect.acquireRelease(open, ({ store }) => Effect.sync(store.close))
    const { records } = recovered
    const again = yield* orStoreError(markerPath(config.file, id), () =>
      told === undefined
        ? afterOpening(found, {
            isEmpty: records.length === 0,
            incarnation: incarnationOf(records),
          })
        : undefined,
    )
    if (recovered.cutOff > 0) {
      log(`${join(directory, "log")}: cut off ${recovered.cutOff} bytes of an unfinished write`)
    }
    if (recovers) {
      const own = incarnationOf(records)
      const as = yield* orStoreError(directory, () => nextIncarnation(found, own))
      log(`it is recovered with its disk, as ${as}`)
      return { ...recovered, incarnation: as, recovers }
    }
    const incarnation = told ?? again
    if (incarnation !== undefined) log(`its disk was lost: it rejoins as ${incarnation}`)
    return { ...recovered, incarnation, recovers }
  })

/** Runs the service that the cluster replicates. */
export class Executor extends Context.Service<Executor, Execution.Executor>()(
  "prophecy/net/Executor",
) {}

/** A new service, or the one of the checkpoint that the disk held. */
export const openExecutor = (
  { config, id }: Identity,
  disk: Pick<Recovered<unknown>, "snapshot" | "checkpoint">,
  options: Execution.ExecutorOptions & { readonly undoable: number },
): Effect.Effect<Execution.Executor, StoreError> =>
  Effect.gen(function* () {
    const { snapshot, checkpoint } = disk
    const service = Execution.makeService(config.service, options.undoable)
    if (options.witness === true) return witnessExecutor(service)
    const of = { ...options, positions: Execution.hasPositions(config) }
    if (snapshot === undefined || checkpoint === undefined) {
      return Execution.makeExecutor(service, of)
    }
    const { seq, isOf } = checkpoint
    const path = join(config.dataDirectory, `replica-${id}`, `snapshot-${seq}`)
    const wrong = (reason: string): StoreError =>
      new StoreError({ path, offset: undefined, reason })
    if (!service.restore(snapshot)) {
      return yield* wrong(`the snapshot is none of the service ${config.service}`)
    }
    if (!isOf(service.digest())) {
      return yield* wrong("the snapshot does not have the digest of its checkpoint")
    }
    return Execution.makeExecutor(service, of)
  })

/** What else of checkpoints was on the disk, and can be gone back to. */
export const openLater = <R>(
  { config }: Identity,
  disk: Pick<Recovered<R>, "records" | "later">,
  {
    protocol,
    execution,
  }: {
    readonly protocol: { readonly records: RecordCodec<R> }
    readonly execution: Execution.ExecutorOptions
  },
): Later<R> => {
  const scratch = Execution.makeService(config.service, 0)
  return laterStates(
    protocol.records,
    disk,
    // A witness has no state of the service.
    ({ isOf }, snapshot) =>
      execution.witness === true || (scratch.restore(snapshot) && isOf(scratch.digest())),
  )
}

/** The web server that the replica asks, where the service has one. */
export const scopedOrigin = ({
  config,
  id,
}: Identity): Effect.Effect<OriginAnswers | undefined, never, Scope.Scope> =>
  Effect.gen(function* () {
    const url = config.replicas[id]?.origin
    if (config.service !== "origin" || url === undefined) return undefined
    const { normalise, ...limits } = config.origins
    const client = yield* Effect.acquireRelease(
      Effect.sync(() =>
        openOrigin({ ...limits, url: new URL(url), normalise: normaliser(normalise) }),
      ),
      ({ close }) => Effect.sync(close),
    )
    return new OriginAnswers(client)
  })

/** Which run a trace belongs to. */
export interface TraceOptions {
  readonly directory: string
  /** Equal in all traces of one run. */
  readonly run: string
  /** SHA-256 of the specification, hexadecimal. */
  readonly spec: string
}

export interface ReplicaTracer<K extends Kinds> extends Tracing.Tracer<K> {
  readonly path: string | null
  readonly writer: TraceWriter | null
}

/** The first name of a process's trace that is not taken: a restarted one starts a new file. */
export const freeTraceName = (
  directory: string,
  node: string,
): { readonly path: string; readonly incarnation: number } => {
  for (let incarnation = 0; ; incarnation++) {
    const path = join(directory, `${node}.${incarnation}.ndjson`)
    if (!existsSync(path)) return { path, incarnation }
  }
}

/** Makes the folder and opens the file; the scope's end writes what waits and closes it. */
export const scopedTrace = (
  directory: string,
  node: string,
  headerOf: (incarnation: number) => string,
  log: (line: string) => void,
) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        mkdirSync(directory, { recursive: true })
        const { path, incarnation } = freeTraceName(directory, node)
        const onError = (cause: unknown): void => log(`${path}: ${reasonOf(cause)}`)
        return { path, writer: await openTrace(path, headerOf(incarnation), { onError }) }
      },
      catch: (cause) => new TraceError({ path: directory, reason: reasonOf(cause) }),
    }),
    ({ writer }) => Effect.promise(writer.close),
  )

/** What a header says of its file, beside what the configuration says. */
export type OwnHeader = Pick<TraceHeader, "run" | "spec" | "node" | "incarnation" | "startedAt">

/** The first line of a trace. */
export const traceHeader = (config: ClusterConfig, own: OwnHeader): string => {
  if (config.protocol === "pbft") return header({ ...traceHeaderOf(config), ...own })
  const { n, f, quorum } = groupOf(config.replicas.length)
  const { checkpointInterval, logSize, maxBatch } = config
  const { clients, recoverers } = clockOf(config)
  const sizes = { n, f, quorum, clients, recoverers, checkpointInterval, logSize, maxBatch }
  return zyzzyvaHeader({ protocol: "zyzzyva", ...sizes, ...zyzzyvaHow(config), ...own })
}

/** The parts of a header of PBFT's that the configuration says. */
export const traceHeaderOf = (config: ClusterConfig) => {
  const { n, f, quorum } = groupOf(config.replicas.length)
  const { checkpointInterval, logSize, maxBatch } = config
  const { replyQuorum, readOnly, maxTentative, fetchDecisions, tellCommitted } = fastPaths(config)
  return {
    protocol: "pbft",
    n,
    f,
    quorum,
    checkpointInterval,
    logSize,
    maxBatch,
    replyQuorum,
    readOnly,
    maxTentative,
    fetchDecisions,
    tellCommitted,
    ...clockOf(config),
    ...bigRequests(config),
    ...keyChanges(config),
  } as const
}

/** Writes the trace. The way of a program of Effect to it (lift.ts). */
export class Tracer extends Context.Service<Tracer, ReplicaTracer<PbftKinds>>()(
  "prophecy/net/Tracer",
) {}

/** Writes the trace, when one is wanted. */
export const scopedTracer = <K extends Kinds>(
  { config, id, log }: Identity,
  text: TraceText<K>,
  trace: TraceOptions | undefined,
): Effect.Effect<ReplicaTracer<K>, TraceError, Scope.Scope> =>
  Effect.gen(function* () {
    if (trace === undefined) return { ...Tracing.noTracer, path: null, writer: null }
    const headerOf = (incarnation: number): string =>
      traceHeader(config, {
        run: trace.run,
        spec: trace.spec,
        node: { kind: "replica", id },
        incarnation,
        startedAt: new Date().toISOString(),
      })
    const opened = yield* scopedTrace(trace.directory, `replica-${id}`, headerOf, log)
    return { ...Tracing.makeTracer(text, opened.writer), ...opened }
  })
