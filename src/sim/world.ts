/**
 * Processes as values: each correct replica with its service, each correct client, and what they
 * send. The only code that interprets the effects of the machines without doing anything: the
 * explorer (src/model-check) and the simulator drive it. Messages are never lost here; a driver
 * that never delivers one has lost it.
 */
import { assert } from "../core/assert.ts"
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
import type { Authentic, Message, PrePrepare, ReplicaMessage } from "../core/pbft/message.ts"
import { step } from "../core/pbft/replica.ts"
import { durableRecords } from "../core/pbft/restart.ts"
import { type Config, type Effect, type Input, init, type State } from "../core/pbft/state.ts"
import type { Request } from "../core/request.ts"

/** The service of a model: what it answers and how it changes. */
export interface ModelService<V> {
  readonly initial: V
  readonly result: (value: V, request: Request) => Bytes
  readonly next: (value: V, request: Request) => V
  readonly digest: (value: V) => Digest
}

/** A replica with its service; `snapshots` are the service's states at its own checkpoints. */
export interface ReplicaProcess<V> {
  readonly state: State
  readonly value: V
  readonly snapshots: ReadonlyArray<{ readonly seq: Seq; readonly value: V }>
}

/** A message under way: to whom it goes, and where its sender's authenticator verifies. */
export interface Envelope {
  readonly message: Message
  /** The receivers that it is meant for; undefined for every replica. */
  readonly to: ReadonlyArray<ReplicaId> | undefined
  /** The replicas at which the sender's authenticator verifies. */
  readonly auth: ReadonlyArray<ReplicaId>
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
  snapshots: [{ seq: 0, value: service.initial }],
})

/** The input that a delivered envelope is for replica `id`; undefined where it does not verify. */
export const inputOf = (id: ReplicaId, envelope: Envelope): Input | undefined => {
  const { message, to, auth } = envelope
  if (message._tag === "Reply") return undefined
  if (!auth.includes(id) || (to !== undefined && !to.includes(id))) return undefined
  if (message._tag === "PrePrepare") {
    const verdicts = message.batch.map((r) => verifiesAt(r.authenticator).includes(id))
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
  const sent = took.effects.flatMap((e) => envelopesOf(config, process, e))
  if (took.state === process.state) return { process, sent, action: took.action }
  const restored = restoreReplica(process, took.effects, offered)
  const { low } = took.state.log
  const snapshots = restored.snapshots.some((s) => s.seq < low)
    ? restored.snapshots.filter((s) => s.seq >= low)
    : restored.snapshots
  return { process: { ...restored, state: took.state, snapshots }, sent, action: took.action }
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
      if (message._tag !== "State") return [{ message, to: undefined, auth }]
      const held = snapshots.find((s) => s.seq === message.seq)
      assert(held !== undefined, "who gives a state holds it")
      return [{ message, to: undefined, auth, snapshot: held.value }]
    }
    case "Persist":
    case "Execute":
    case "Restore":
      return []
  }
}

/** The replica's next execution, done by the model's service; undefined where none waits. */
export const executeReplica = <V>(
  config: Config,
  service: ModelService<V>,
  process: ReplicaProcess<V>,
): Moved<ReplicaProcess<V>> | undefined => {
  const pending = pendingExecution(config, process.state)
  if (pending === undefined) return undefined
  let value = process.value
  const results: Array<Bytes> = []
  for (const request of pending.requests) {
    results.push(service.result(value, request))
    value = service.next(value, request)
  }
  const { seq, checkpoint } = pending
  const snapshots = checkpoint ? [...process.snapshots, { seq, value }] : process.snapshots
  const digest = checkpoint ? service.digest(value) : ""
  return moveReplica(
    config,
    { ...process, value, snapshots },
    { _tag: "Executed", seq, results, service: digest },
  )
}

/** The replica stops and starts again with what its disk holds. */
export const restartReplica = <V>(
  config: Config,
  process: ReplicaProcess<V>,
): Moved<ReplicaProcess<V>> => {
  const durable = durableRecords(config, process.state)
  const { state, action } = step(config, process.state, { _tag: "Restart", durable })
  const last = process.snapshots.find((s) => s.seq === state.executed)
  assert(last !== undefined, "the service's snapshot is durable with its checkpoint")
  return { process: { ...process, state, value: last.value }, sent: [], action }
}

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
    return [{ message: { ...e.message, authenticator: authenticator(auth) }, to: e.replicas, auth }]
  })
  return { process: took.state, sent, action: took.action }
}
