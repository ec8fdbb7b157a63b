/**
 * A replica that lost its disk comes back: spec/tla/Pbft.tla, `IsMute`, `Placed`, `IsFresh` and
 * `Rejoin`; docs/adr, "a lost disk". The recovery protocol of TOCS section 5 for a replica that has
 * nothing left: it asks to be taken back with a request that is ordered like any other, and says
 * nothing that could contradict what it forgot until the window has passed all of it. Departure
 * from TOCS, where the log is kept: no estimate of the others' checkpoints is needed, since what
 * was stable when the disk was lost had been executed before anyone could order the request.
 */
import * as ClientTable from "../client-table.ts"
import type { Seq } from "../ids.ts"
import { ignore } from "../machine.ts"
import { recovererOf, recoverOperation } from "../recovery-request.ts"
import * as Window from "../window.ts"
import type { Request, ViewChange } from "./message.ts"
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

/** Whether a VIEW-CHANGE was said after the last recovery of its sender that was executed here. */
export const isFresh = (config: Config, state: State, m: ViewChange): boolean => {
  const client = recovererOf(config, m.replica)
  if (client === undefined) return true
  const { table } = state.undo ?? state
  return (m.incarnation ?? 0) >= ClientTable.get(table, client).timestamp
}

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
): Request | undefined => {
  const client = recovererOf(config, config.id)
  if (recovery === undefined || recovery.point !== undefined || client === undefined) {
    return undefined
  }
  if (recovery.estimate !== undefined && recovery.estimate.bound === undefined) return undefined
  const { incarnation: timestamp } = recovery
  return { _tag: "Request", client, timestamp, operation: recoverOperation, authenticator: "" }
}

export const toOthers = ({ group, id }: Config, message: Request): Effect => ({
  _tag: "SendToReplicas",
  replicas: Array.from({ length: group.n }, (_, k) => k).filter((k) => k !== id),
  message,
})

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
