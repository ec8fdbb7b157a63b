/**
 * A replica that lost its disk comes back: spec/tla/Pbft.tla, `IsMute`, `Placed`, `LastHeard`,
 * `IsFresh` and `Rejoin`; docs/adr, "a lost disk" and "liars in turn". The recovery protocol of
 * TOCS section 5 for a replica that has nothing left: it asks to be taken back with a request that
 * is ordered like any other, and says nothing that could contradict what it forgot until the window
 * has passed all of it. Departure from TOCS, where the log is kept: no estimate of the others'
 * checkpoints is needed, since what was stable when the disk was lost had been executed before
 * anyone could order the request.
 */
import * as ClientTable from "../client-table.ts"
import type { ReplicaId, Seq } from "../ids.ts"
import { ignore } from "../machine.ts"
import { recovererOf, recoveringReplica, recoverOperation, toOthers } from "../recovery-request.ts"
import * as Window from "../window.ts"
import type { Heard, Request, ViewChange } from "./message.ts"
import {
  type Config,
  type Effect,
  init,
  type PbftStep,
  type Recovery,
  type State,
} from "./state.ts"

/**
 * Whether the replica has to be silent: without its disk, until the window has passed what it may
 * have voted for; with it, until it knows how far that can be.
 */
export const isMute = ({
  recovery,
  log,
}: {
  readonly recovery: State["recovery"]
  readonly log: Pick<State["log"], "low">
}): boolean => {
  if (recovery === undefined) return false
  if (recovery.estimate !== undefined) return recovery.estimate.bound === undefined
  return recovery.point === undefined || log.low < recovery.point
}

/**
 * The high watermark of a replica whose low one is `low`: who is recovered with its disk sends
 * nothing above the bound before a checkpoint there is stable.
 */
export const highAt = (state: State, low: Seq): Seq =>
  Math.min(low + state.log.length, limitAt(state, low))

// The bound, as long as it keeps the replica from anything.
const limitAt = ({ recovery }: State, low: Seq): Seq => {
  const bound = recovery?.estimate?.bound
  return bound !== undefined && low < bound ? bound : Number.POSITIVE_INFINITY
}

/** Whether the replica may take part in the agreement on a sequence number. */
export const isOpen = (state: State, seq: Seq): boolean =>
  Window.covers(state.log, seq) && seq <= limitAt(state, state.log.low)

/** The incarnation of a replica whose request to be taken back was executed last. */
export const executedIncarnation = (config: Config, state: State, replica: ReplicaId): number => {
  const client = recovererOf(config, replica)
  if (client === undefined) return 0
  const { table } = state.undo ?? state
  return ClientTable.get(table, client).timestamp
}

/** As which incarnation a replica is known here: its request was executed, or heard. */
export const lastHeard = (config: Config, state: State, replica: ReplicaId): number => {
  const heard = state.heard.find((h) => h.replica === replica)?.incarnation ?? 0
  return Math.max(heard, executedIncarnation(config, state, replica))
}

/**
 * Whether a VIEW-CHANGE was said after the last recovery of its sender that is known here. A
 * request to be taken back is signed, so it tells as soon as it is heard: a replica that lags may
 * execute it much later, when somebody else lies.
 */
export const isFresh = (config: Config, state: State, m: ViewChange): boolean => {
  const known = config.keepVotes === true ? executedIncarnation : lastHeard
  return (m.incarnation ?? 0) >= known(config, state, m.replica)
}

/** What is new in another's request to be taken back; undefined in any other request. */
export const newlyHeard = (
  config: Config,
  state: State,
  { client, timestamp: incarnation }: Pick<Request, "client" | "timestamp">,
): Heard | undefined => {
  const replica = recoveringReplica(config, client)
  if (replica === undefined || replica === config.id) return undefined
  if (incarnation <= lastHeard(config, state, replica)) return undefined
  return { replica, incarnation }
}

/** Of each replica the last that was heard. */
export const withHeard = (
  heard: ReadonlyArray<Heard>,
  { replica, incarnation }: Heard,
): ReadonlyArray<Heard> =>
  [...heard.filter((h) => h.replica !== replica), { replica, incarnation }].sort(
    (a, b) => a.replica - b.replica,
  )

/** What a VIEW-CHANGE says of its sender's incarnation; nothing for who never lost its disk. */
export const incarnationOf = ({ recovery }: State): { readonly incarnation?: number } =>
  recovery === undefined ? {} : { incarnation: recovery.incarnation }

/** What has been executed: up to where, and the client table that this gave. */
interface Reached {
  readonly seq: Seq
  readonly table: ClientTable.ClientTable
}

// From where on it is recovered: as soon as its own request is executed, a full log above the
// checkpoint before it, and not below its bound.
const placed = (config: Config, recovery: Recovery, { seq, table }: Reached): Recovery => {
  const client = recovererOf(config, config.id)
  if (recovery.point !== undefined || client === undefined) return recovery
  if (ClientTable.get(table, client).timestamp < recovery.incarnation) return recovery
  const { estimate } = recovery
  if (estimate !== undefined && estimate.bound === undefined) return recovery
  const checkpoint = seq - (seq % config.checkpointInterval)
  return { ...recovery, point: Math.max(checkpoint + config.logSize, estimate?.bound ?? 0) }
}

/** The recovery of a replica that has executed up to `seq`; written down when its end is known. */
export const reached = (
  config: Config,
  { recovery }: State,
  now: Reached,
): { readonly recovery: Recovery | undefined; readonly effects: ReadonlyArray<Effect> } => {
  const next = recovery && placed(config, recovery, now)
  if (next?.point === undefined || next === recovery) return { recovery, effects: [] }
  return {
    recovery: next,
    effects: [{ _tag: "Persist", record: { _tag: "RecoveryPoint", seq: next.point } }],
  }
}

/** The request to be taken back, as long as the replica does not know that it was executed. */
export const recoveryRequest = (
  config: Config,
  { recovery }: Pick<State, "recovery">,
): Request | undefined =>
  recovery === undefined || recovery.point !== undefined ? undefined : ownRequest(config, recovery)

const ownRequest = (config: Config, recovery: Recovery): Request | undefined => {
  const client = recovererOf(config, config.id)
  if (client === undefined) return undefined
  if (recovery.estimate !== undefined && recovery.estimate.bound === undefined) return undefined
  const { incarnation: timestamp } = recovery
  return { _tag: "Request", client, timestamp, operation: recoverOperation, authenticator: "" }
}

/**
 * The request again, for a peer whose low watermark is `low`: as long as that peer may not have
 * executed it, it has to hear of it, or it goes by what the replica said before.
 */
export const requestFor = (
  config: Config,
  { recovery }: Pick<State, "recovery">,
  low: Seq,
): Request | undefined =>
  recovery === undefined || (recovery.point !== undefined && low >= recovery.point)
    ? undefined
    : ownRequest(config, recovery)

/**
 * Rejoin (TOCS section 5, for a replica that has lost its disk). It starts with nothing, as the
 * incarnation that a counter outside of its disk gives.
 */
export const rejoin = (config: Config, state: State, incarnation: number): PbftStep => {
  if (config.recoverers === undefined) return ignore(state, "NobodyIsTakenBack")
  if (incarnation <= (state.recovery?.incarnation ?? 0)) return ignore(state, "OldIncarnation")
  const start: State = { ...init(config), recovery: { incarnation, point: undefined } }
  const message = recoveryRequest(config, start)
  return {
    state: start,
    effects: [
      { _tag: "Persist", record: { _tag: "Rejoined", incarnation } },
      ...(message === undefined ? [] : [toOthers(config, message)]),
    ],
    action: "Rejoin",
  }
}
