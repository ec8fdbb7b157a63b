/**
 * Null requests of a log for which nobody asks anything (TOCS section 5.3.3): a replica that was
 * taken back goes on as soon as a number that it knows is stable, and tells it. Who is primary then
 * proposes null requests up to there, one after the other, while nothing else is under way. For one
 * request to be taken back, which is ordered and seldom heard, that is no more than a log beyond
 * what was executed when a number was told first: a liar gets no more out of it. The highest one
 * told counts, as the first may be late, and have been for the request before.
 *
 * Outside the specification: when the null request is proposed, and that it is waited for.
 * `SendPrePrepare` may take it there wherever `NullSeqs` allows, and `Timeout` may happen at any
 * moment.
 */
import * as ClientTable from "../client-table.ts"
import type { ReplicaId, Seq } from "../ids.ts"
import { primaryOf } from "../quorum.ts"
import { isProposer } from "./proposal.ts"
import { isMute } from "./rejoin.ts"
import { recovererOf } from "../recovery-request.ts"
import type { Config, Input, State } from "./state.ts"
import type { ViewTimer } from "./timer.ts"

/** Up to where a replica has the log go on, and as what it was taken back. */
export interface Goal {
  readonly incarnation: number
  readonly seq: Seq
  /** Whatever it tells, no further. */
  readonly last: Seq
}

export type Goals = ReadonlyMap<ReplicaId, Goal>

/** What a replica waits for to be stable; 0 when it does not. */
export const awaitedBy = ({ recovery, log }: State): Seq => {
  const point = recovery?.point ?? 0
  return point > log.low ? point : 0
}

/** The goals when a replica has told what it waits for; 0 when it does not. */
export const withGoal = (
  config: Config,
  state: State,
  goals: Goals,
  { replica, awaited = 0 }: { readonly replica: ReplicaId; readonly awaited?: Seq },
): Goals => {
  const client = recovererOf(config, replica)
  if (awaited === 0 || client === undefined) return goals
  const incarnation = ClientTable.get(state.table, client).timestamp
  if (incarnation === 0) return goals
  const { checkpointInterval, logSize } = config
  const before = goals.get(replica)
  const known = before?.incarnation === incarnation ? before : undefined
  const last = known?.last ?? state.executed - (state.executed % checkpointInterval) + logSize
  const seq = Math.min(awaited, last)
  if (known !== undefined && seq <= known.seq) return goals
  return new Map([...goals, [replica, { incarnation, seq, last }]])
}

// order-free: whether there is any
const isAwaited = ({ executed }: State, goals: Goals): boolean =>
  [...goals.values()].some(({ seq }) => executed < seq)

/** The null request, when the primary is to propose it now. */
export const nullRequest = (config: Config, state: State, goals: Goals): Input | undefined => {
  const { queue, seqno, executed } = state
  if (config.nullRequests !== true || queue.length > 0) return undefined
  if (seqno > executed || !isProposer(config, state)) return undefined
  return isAwaited(state, goals) ? { _tag: "Propose", count: 0 } : undefined
}

/**
 * The view-change timer of a backup that waits for no request: a log that is to go on is waited for
 * as well, or a primary that is gone, or has left the view alone, would keep a replica from coming
 * back for as long as nobody asks for anything.
 */
export const idleTimer = (config: Config, state: State, goals: Goals): ViewTimer | undefined => {
  const { view, active, executed } = state
  if (config.nullRequests !== true || !active || isMute(state)) return undefined
  if (primaryOf(config.group, view) === config.id || !isAwaited(state, goals)) return undefined
  return { view, key: `view ${view}: number ${executed + 1} of an idle log` }
}
