/**
 * Processes as values: each correct replica with its service, each correct client, and what they
 * send. The only code that interprets the effects of the machines without doing anything: the
 * explorer (src/model-check) and the simulator drive it. Messages are never lost here; a driver
 * that never delivers one has lost it.
 */
import { assert } from "../core/assert.ts"
import type { ReadDone, ReadState } from "../core/effect.ts"
import type { Bytes, Digest, ReplicaId, Seq } from "../core/ids.ts"
import type { Action } from "../core/pbft/action.ts"
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  initClient,
  stepClient,
} from "../core/pbft/client.ts"
import { pendingExecution } from "../core/pbft/execution.ts"
import { dueReads } from "../core/pbft/reads.ts"
import { executedIncarnation } from "../core/pbft/rejoin.ts"
import type {
  Authentic,
  Message,
  PrePrepare,
  Read,
  ReplicaMessage,
  Request,
} from "../core/pbft/message.ts"
import { step } from "../core/pbft/replica.ts"
import { durableRecords } from "../core/pbft/restart.ts"
import { type Config, type Effect, type Input, init, type State } from "../core/pbft/state.ts"
import { isSigned, type Request as PlainRequest } from "../core/request.ts"
import type { WaitingRead } from "../core/waiting-reads.ts"

/** The service of a model: what it answers and how it changes. */
export interface ModelService<V> {
  readonly initial: V
  readonly result: (value: V, request: PlainRequest) => Bytes
  readonly next: (value: V, request: PlainRequest) => V
  readonly digest: (value: V) => Digest
  /** Whether an operation changes nothing. */
  readonly isRead: (operation: Bytes) => boolean
}

/** A replica with its service; `snapshots` are the service's states at its own checkpoints. */
export interface ReplicaProcess<V> {
  readonly state: State
  readonly value: V
  /** The service's state before tentative executions, where there are any. */
  readonly before: V | undefined
  readonly snapshots: ReadonlyArray<{ readonly seq: Seq; readonly value: V }>
  /** Whose keys it has replaced, ascending; left out while that is nobody's. */
  readonly rekeyed?: ReadonlyArray<ReplicaId>
}

/** A message under way: to whom it goes, and where its sender's authenticator verifies. */
export interface Envelope {
  readonly message: Message
  /** The receivers that it is meant for; undefined for every replica. */
  readonly to: ReadonlyArray<ReplicaId> | undefined
  /** The replicas at which the sender's authenticator verifies. */
  readonly auth: ReadonlyArray<ReplicaId>
  /** Whose key the receiver must have replaced, or must not have; left out: it does not matter. */
  readonly keys?: { readonly of: ReplicaId; readonly replaced: boolean }
  /** Of whom the receiver must have heard that it asked to be taken back. */
  readonly since?: ReplicaId
  /** With a State the service's state itself, of which the message has the digest. */
  readonly snapshot?: unknown
}

/** What one input did to a process. */
export interface Moved<P> {
  readonly process: P
  readonly sent: ReadonlyArray<Envelope>
  readonly action: Action | `Ignore:${string}`
}

/** In models an authenticator is written as the replicas at which it verifies. */
export const authenticator = (at: ReadonlyArray<ReplicaId>): Bytes => at.join(",")
export const verifiesAt = (text: Bytes): ReadonlyArray<ReplicaId> =>
  text === "" ? [] : text.split(",").map(Number)

export const everyone = (n: number): ReadonlyArray<ReplicaId> =>
  Array.from({ length: n }, (_, replica) => replica)

export const startReplica = <V>(config: Config, service: ModelService<V>): ReplicaProcess<V> => ({
  state: init(config),
  value: service.initial,
  before: undefined,
  snapshots: [{ seq: 0, value: service.initial }],
})

/** The input that a delivered envelope is for replica `id`; undefined where it does not verify. */
export const inputOf = (id: ReplicaId, envelope: Envelope): Input | undefined => {
  const { message, to, auth } = envelope
  if (message._tag === "Reply") return undefined
  if (!auth.includes(id) || (to !== undefined && !to.includes(id))) return undefined
  if (message._tag === "PrePrepare") {
    const verdicts = message.batch.map(
      (r) => !isSigned(r) || verifiesAt(r.authenticator).includes(id),
    )
    return {
      _tag: "ReceivePrePrepare",
      message: message as Authentic<PrePrepare>,
      verdicts,
    }
  }
  return { _tag: "Receive", message: message as Authentic<Exclude<ReplicaMessage, PrePrepare>> }
}

/**
 * Gives one input to a replica and runs what it asks of its service at the input `Executed`;
 * `offered` is the service's state that came with a State.
 */
export const moveReplica = <V>(
  config: Config,
  process: ReplicaProcess<V>,
  input: Input,
  offered?: V,
): Moved<ReplicaProcess<V>> => {
  const took = step(config, process.state, input)
  checkExecuteEffect(config, process.state, took.state, took.effects)
  checkReadEffects(dueReads(process.state), dueReads(took.state), took.effects)
  const sent = took.effects.flatMap((e) => envelopesOf(config, process, e))
  if (took.state === process.state) return { process, sent, action: took.action }
  const restored = restoreReplica(undoReplica(process, took.effects), took.effects, offered)
  const before = took.state.undo === undefined ? undefined : restored.before
  const { low } = took.state.log
  const snapshots = restored.snapshots.some((s) => s.seq < low)
    ? restored.snapshots.filter((s) => s.seq >= low)
    : restored.snapshots
  const moved = { ...restored, state: took.state, before, snapshots }
  return { process: moved, sent, action: took.action }
}

// The service as it was before tentative executions, where they are undone.
const undoReplica = <V>(
  process: ReplicaProcess<V>,
  effects: ReadonlyArray<Effect>,
): ReplicaProcess<V> => {
  if (!effects.some((e) => e._tag === "Undo")) return process
  assert(process.before !== undefined, "what is undone was executed tentatively")
  return { ...process, value: process.before }
}

// The service as a State has it, where one was taken.
const restoreReplica = <V>(
  process: ReplicaProcess<V>,
  effects: ReadonlyArray<Effect>,
  offered: V | undefined,
): ReplicaProcess<V> => {
  const restore = effects.find((e) => e._tag === "Restore")
  if (restore === undefined) return process
  assert(offered !== undefined, "a State comes with the service's state")
  const older = process.snapshots.filter((s) => s.seq < restore.seq)
  return { ...process, value: offered, snapshots: [...older, { seq: restore.seq, value: offered }] }
}

// The effect Execute appears exactly when a new head of the log waits for execution.
const checkExecuteEffect = (
  config: Config,
  before: State,
  after: State,
  effects: ReadonlyArray<Effect>,
): void => {
  const was = pendingExecution(config, before)?.seq
  const is = pendingExecution(config, after)?.seq
  const asked = effects.find((e) => e._tag === "Execute")?.seq
  assert(asked === (is !== undefined && is !== was ? is : undefined), "Execute asked exactly once")
}

type Due = ReadonlyArray<Pick<WaitingRead, "client" | "timestamp">>

/** Likewise ReadState, when a read waits for nothing any more: of those that are due. */
export const checkReadEffects = (
  before: Due,
  after: Due,
  effects: ReadonlyArray<ReadState | { readonly _tag: string }>,
): void => {
  const keys = (due: Due): ReadonlyArray<string> => due.map((r) => `${r.client} ${r.timestamp}`)
  const was = keys(before)
  const due = keys(after).filter((key) => !was.includes(key))
  const asked = keys(effects.filter((e): e is ReadState => e._tag === "ReadState"))
  assert(asked.join() === due.join(), "ReadState asked exactly once")
}

/** What the model's service reads in a state of its. */
export const readFrom = <V>(service: ModelService<V>, value: V, read: WaitingRead): ReadDone => {
  const { client, timestamp, operation } = read
  const result = service.isRead(operation) ? service.result(value, read) : undefined
  return { _tag: "ReadDone", client, timestamp, result }
}

const envelopesOf = <V>(
  config: Config,
  { snapshots }: ReplicaProcess<V>,
  effect: Effect,
): ReadonlyArray<Envelope> => {
  const auth = everyone(config.group.n)
  switch (effect._tag) {
    case "Broadcast":
    case "SendToClient":
      return [{ message: effect.message, to: undefined, auth }]
    case "SendToReplicas": {
      const { message } = effect
      if (message._tag === "Request") {
        return [
          { message: { ...message, authenticator: authenticator(auth) }, to: undefined, auth },
        ]
      }
      if (message._tag !== "State") return [{ message, to: undefined, auth }]
      const held = snapshots.find((s) => s.seq === message.seq)
      assert(held !== undefined, "who gives a state holds it")
      return [{ message, to: undefined, auth, snapshot: held.value }]
    }
    case "Persist":
    case "Execute":
    case "Undo":
    case "ReadState":
    case "Restore":
      return []
  }
}

/** The results of these requests, one after the other, and the service's state after them. */
export const executed = <V>(
  service: ModelService<V>,
  before: V,
  requests: ReadonlyArray<PlainRequest>,
): { readonly value: V; readonly results: ReadonlyArray<Bytes> } => {
  let value = before
  const results: Array<Bytes> = []
  for (const request of requests) {
    results.push(service.result(value, request))
    value = service.next(value, request)
  }
  return { value, results }
}

/** The replica's next execution, done by the model's service; undefined where none waits. */
export const executeReplica = <V>(
  config: Config,
  service: ModelService<V>,
  process: ReplicaProcess<V>,
): Moved<ReplicaProcess<V>> | undefined => {
  const pending = pendingExecution(config, process.state)
  if (pending === undefined) return undefined
  const { value, results } = executed(service, process.value, pending.requests)
  const { seq, checkpoint, undoable } = pending
  const before = undoable ? (process.before ?? process.value) : undefined
  const snapshots = checkpoint ? [...process.snapshots, { seq, value }] : process.snapshots
  const digest = checkpoint ? service.digest(value) : ""
  return moveReplica(
    config,
    { ...process, value, before, snapshots },
    { _tag: "Executed", seq, results, service: digest },
  )
}

/** The replica's reads, each done by the model's service; none while they have to wait. */
export const readReplica = <V>(
  config: Config,
  service: ModelService<V>,
  process: ReplicaProcess<V>,
): ReadonlyArray<Moved<ReplicaProcess<V>>> =>
  dueReads(process.state).map((read) =>
    moveReplica(config, process, readFrom(service, process.value, read)),
  )

/** The replica stops and starts again with what its disk holds. */
export const restartReplica = <V>(
  config: Config,
  process: ReplicaProcess<V>,
): Moved<ReplicaProcess<V>> => {
  const durable = durableRecords(config, process.state)
  const { state, action } = step(config, process.state, { _tag: "Restart", durable })
  const last = process.snapshots.find((s) => s.seq === state.executed)
  assert(last !== undefined, "the service's snapshot is durable with its checkpoint")
  const moved = { ...process, state, value: last.value, before: undefined }
  return { process: moved, sent: [], action }
}

/** The replica stops and starts again with an empty disk. */
export const rejoinReplica = <V>(
  config: Config,
  service: ModelService<V>,
  process: ReplicaProcess<V>,
  incarnation: number,
): Moved<ReplicaProcess<V>> => {
  const took = step(config, process.state, { _tag: "Rejoin", incarnation })
  const sent = took.effects.flatMap((e) => envelopesOf(config, process, e))
  const { state, action } = took
  const { rekeyed } = process
  const keys = rekeyed === undefined ? {} : { rekeyed }
  return { process: { ...startReplica(config, service), ...keys, state }, sent, action }
}

/** The replica stops and starts again with its disk, to be recovered. */
export const recoverReplica = <V>(
  config: Config,
  process: ReplicaProcess<V>,
  incarnation: number,
): Moved<ReplicaProcess<V>> => {
  const durable = durableRecords(config, process.state)
  const { state, effects, action } = step(config, process.state, {
    _tag: "Recover",
    incarnation,
    durable,
  })
  if (state === process.state) return { process, sent: [], action }
  const sent = effects.flatMap((e) => envelopesOf(config, process, e))
  const last = process.snapshots.find((s) => s.seq === state.executed)
  assert(last !== undefined, "the service's snapshot is durable with its checkpoint")
  return { process: { ...process, state, value: last.value, before: undefined }, sent, action }
}

/** The replica hears another one under a new key from here on. */
export const rekeyReplica = <V>(
  config: Config,
  process: ReplicaProcess<V>,
  replica: ReplicaId,
): Moved<ReplicaProcess<V>> => {
  const moved = moveReplica(config, process, { _tag: "ChangeKey", replica })
  const before = process.rekeyed ?? []
  if (before.includes(replica)) return moved
  const rekeyed = [...before, replica].sort((a, b) => a - b)
  return { ...moved, process: { ...moved.process, rekeyed } }
}

/** Whether an envelope is under keys that the process takes. */
export const isUnderKeys = <V>({ rekeyed }: ReplicaProcess<V>, { keys }: Envelope): boolean =>
  keys === undefined || (rekeyed?.includes(keys.of) ?? false) === keys.replaced

/** Whether the process has heard what it must have heard before the envelope may come. */
export const isSince = <V>(
  config: Config,
  { state }: ReplicaProcess<V>,
  { since }: Envelope,
): boolean =>
  since === undefined ||
  state.heard.some(({ replica }) => replica === since) ||
  executedIncarnation(config, state, since) > 0

export const startClient = (config: ClientConfig): ClientState => initClient(config)

/** Gives one input to a client; its requests carry an authenticator that verifies everywhere. */
export const moveClient = (
  config: ClientConfig,
  state: ClientState,
  input: ClientInput,
): Moved<ClientState> => {
  const took = stepClient(config, state, input)
  const auth = everyone(config.group.n)
  const sent = took.effects.flatMap((e): ReadonlyArray<Envelope> => {
    if (e._tag !== "SendToReplicas") return []
    const message: Request | Read = { ...e.message, authenticator: authenticator(auth) }
    return [{ message, to: e.replicas, auth }]
  })
  return { process: took.state, sent, action: took.action }
}
