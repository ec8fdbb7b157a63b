/**
 * Zyzzyva's processes as values: as world.ts, of which this is the part that knows Zyzzyva's
 * messages. Messages are never lost here; a driver that never delivers one has lost it.
 */
import { assert } from "../core/assert.ts"
import { noDigest, type ReplicaId, type Seq } from "../core/ids.ts"
import type { Action } from "../core/zyzzyva/action.ts"
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  stepClient,
} from "../core/zyzzyva/client.ts"
import { pendingExecution } from "../core/zyzzyva/execution.ts"
import {
  type Authentic,
  isForClient,
  type Message,
  type OrderReq,
  type ReplicaMessage,
} from "../core/zyzzyva/message.ts"
import { step } from "../core/zyzzyva/replica.ts"
import { durableRecords, withoutLost } from "../core/zyzzyva/restart.ts"
import { type Config, type Effect, type Input, init, type State } from "../core/zyzzyva/state.ts"
import { dueReads } from "../core/zyzzyva/reads.ts"
import {
  authenticator,
  checkReadEffects,
  everyone,
  executed,
  type ModelService,
  readFrom,
  verifiesAt,
} from "./world.ts"

/** A replica with its service; `snapshots` are the service's states at its own checkpoints. */
export interface ReplicaProcess<V> {
  readonly state: State
  readonly value: V
  readonly snapshots: ReadonlyArray<{ readonly seq: Seq; readonly value: V }>
}

/** A message under way, and the replicas that it is meant for; undefined for every one. */
export interface ZyzzyvaEnvelope {
  readonly message: Message
  readonly to: ReadonlyArray<ReplicaId> | undefined
  /** With a State the service's state itself, of which the message has the digest. */
  readonly snapshot?: unknown
}

/** What one input did to a process. */
export interface Moved<P> {
  readonly process: P
  readonly sent: ReadonlyArray<ZyzzyvaEnvelope>
  readonly action: Action | `Ignore:${string}`
}

export const startReplica = <V>(config: Config, service: ModelService<V>): ReplicaProcess<V> => ({
  state: init(config),
  value: service.initial,
  snapshots: [{ seq: 0, value: service.initial }],
})

type AsReceived = Authentic<Exclude<ReplicaMessage, OrderReq>>

/** The input that a delivered envelope is for replica `id`; undefined where it does not verify. */
export const inputOf = (id: ReplicaId, { message, to }: ZyzzyvaEnvelope): Input | undefined => {
  if (isForClient(message)) return undefined
  if (to !== undefined && !to.includes(id)) return undefined
  if (message._tag === "Request" || message._tag === "Read") {
    if (!verifiesAt(message.authenticator).includes(id)) return undefined
  }
  if (message._tag === "OrderReq") {
    const verdicts = message.batch.map((r) => verifiesAt(r.authenticator).includes(id))
    return { _tag: "ReceiveOrderReq", message: message as Authentic<OrderReq>, verdicts }
  }
  return { _tag: "Receive", message: message as AsReceived }
}

const envelopesOf = <V>(
  { group }: Config,
  { snapshots }: ReplicaProcess<V>,
  effect: Effect,
): ReadonlyArray<ZyzzyvaEnvelope> => {
  switch (effect._tag) {
    case "Broadcast":
    case "SendToClient":
      return [{ message: effect.message, to: undefined }]
    // Whom the network lets have it is not the sender's to say.
    case "SendToReplicas": {
      const { message } = effect
      // A replica's own request verifies everywhere.
      if (message._tag === "Request") {
        const all = everyone(group.n)
        return [{ message: { ...message, authenticator: authenticator(all) }, to: all }]
      }
      if (message._tag !== "State") return [{ message, to: undefined }]
      const held = snapshots.find((s) => s.seq === message.stable.seq)
      assert(held !== undefined, "who gives a state holds it")
      return [{ message, to: undefined, snapshot: held.value }]
    }
    case "Persist":
    case "Execute":
    case "ReadState":
    case "Restore":
      return []
  }
}

/**
 * Gives one input to a replica, and rolls its service back where it asks for it. `offered`: the
 * service's state that comes with a State.
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
  const sent = took.effects.flatMap((effect) => envelopesOf(config, process, effect))
  if (took.state === process.state) return { process, sent, action: took.action }
  const restore = took.effects.find((e) => e._tag === "Restore")
  // The service of a witness never changes.
  const given = config.witness && offered !== undefined ? process.value : offered
  const back = restore === undefined ? process : rolledBack(process, restore.seq, given)
  const kept = took.state.checkpoints.map((c) => c.seq)
  const snapshots = back.snapshots.filter((s) => kept.includes(s.seq)).sort((a, b) => a.seq - b.seq)
  const moved = { ...back, snapshots, state: took.state }
  return { process: moved, sent, action: took.action }
}

// To a state of its own, or to the one that came with a State.
const rolledBack = <V>(process: ReplicaProcess<V>, seq: Seq, offered?: V): ReplicaProcess<V> => {
  if (offered !== undefined) {
    const others = process.snapshots.filter((s) => s.seq !== seq)
    return { ...process, value: offered, snapshots: [...others, { seq, value: offered }] }
  }
  const at = process.snapshots.find((s) => s.seq === seq)
  assert(at !== undefined, "the service keeps the state that it is rolled back to")
  return { ...process, value: at.value }
}

// The effect Execute appears exactly when another execution is waited for, or a rolled back one.
const checkExecuteEffect = (
  config: Config,
  before: State,
  after: State,
  effects: ReadonlyArray<Effect>,
): void => {
  const restored = effects.some((e) => e._tag === "Restore")
  const was = restored ? undefined : pendingExecution(config, before)?.seq
  const is = pendingExecution(config, after)?.seq
  const asked = effects.find((e) => e._tag === "Execute")?.seq
  assert(asked === (is !== undefined && is !== was ? is : undefined), "Execute asked exactly once")
}

/** The replica's next execution, done by the model's service; undefined where none waits. */
export const executeReplica = <V>(
  config: Config,
  service: ModelService<V>,
  process: ReplicaProcess<V>,
): Moved<ReplicaProcess<V>> | undefined => {
  const pending = pendingExecution(config, process.state)
  if (pending === undefined) return undefined
  const { value, results } = config.witness
    ? { value: process.value, results: pending.requests.map(() => "") }
    : executed(service, process.value, pending.requests)
  const { seq, checkpoint } = pending
  const others = process.snapshots.filter((s) => s.seq !== seq)
  const snapshots = checkpoint ? [...others, { seq, value }] : process.snapshots
  const digest = checkpoint ? service.digest(value) : ""
  const ran = { ...process, value, snapshots }
  return moveReplica(config, ran, { _tag: "Executed", seq, results, service: digest })
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

const subsets = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  all.reduce<ReadonlyArray<ReadonlyArray<A>>>(
    (some, one) => [...some, ...some.map((s) => [...s, one])],
    [[]],
  )

/** The checkpoints whose states may be lost when it stops: those above the stable one. */
const losable = ({ checkpoints }: State): ReadonlyArray<Seq> =>
  checkpoints.slice(1).flatMap(({ seq, digest }) => (digest === noDigest ? [] : [seq]))

/** The replica stops and starts again with what its disk holds, whichever later states are lost. */
export const restartsOf = <V>(
  config: Config,
  process: ReplicaProcess<V>,
): ReadonlyArray<Moved<ReplicaProcess<V>>> =>
  subsets(losable(process.state)).map((lost) => restartReplica(config, process, lost))

/** The replica stops and starts again; the states of the checkpoints `lost` are lost. */
export const restartReplica = <V>(
  config: Config,
  process: ReplicaProcess<V>,
  lost: ReadonlyArray<Seq> = [],
): Moved<ReplicaProcess<V>> => {
  const records = durableRecords(config, process.state)
  const durable = withoutLost(records, ({ seq }) => !lost.includes(seq))
  const { state, action } = step(config, process.state, { _tag: "Restart", durable })
  const snapshots = process.snapshots.filter((s) => state.checkpoints.some((c) => c.seq === s.seq))
  const last = snapshots.find((s) => s.seq === state.executed)
  assert(last !== undefined, "the service's snapshot is durable with its checkpoint")
  return { process: { state, value: last.value, snapshots }, sent: [], action }
}

/** The replica stops and starts again with an empty disk. */
export const rejoinReplica = <V>(
  config: Config,
  service: ModelService<V>,
  process: ReplicaProcess<V>,
  incarnation: number,
): Moved<ReplicaProcess<V>> => {
  const { state, effects, action } = step(config, process.state, { _tag: "Rejoin", incarnation })
  const sent = effects.flatMap((e) => envelopesOf(config, process, e))
  return { process: { ...startReplica(config, service), state }, sent, action }
}

/** Gives one input to a client; its requests carry an authenticator that verifies everywhere. */
export const moveClient = (
  config: ClientConfig,
  state: ClientState,
  input: ClientInput,
): Moved<ClientState> => {
  const took = stepClient(config, state, input)
  const auth = authenticator(everyone(config.group.n))
  const sent = took.effects.flatMap((e): ReadonlyArray<ZyzzyvaEnvelope> => {
    if (e._tag !== "SendToReplicas") return []
    const { message } = e
    if (message._tag !== "Request" && message._tag !== "Read") return [{ message, to: undefined }]
    return [{ message: { ...message, authenticator: auth }, to: e.replicas }]
  })
  return { process: took.state, sent, action: took.action }
}
