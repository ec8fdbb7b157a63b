/**
 * Recovery of a replica that has its disk: TOCS section 5; spec/tla/Pbft.tla, `Recover`,
 * `RecvQueryStable` and `RecvReplyStable`. It may have been faulty and need not have been, so it
 * goes on with what its disk holds; it asks the others how far they are, and sends nothing above
 * the bound that follows before a checkpoint there is stable. Then, like who lost its disk
 * (rejoin.ts), it asks to be taken back.
 */
import * as ClientTable from "../client-table.ts"
import { ignore } from "../machine.ts"
import { type Digest, noDigest, type Seq } from "../ids.ts"
import type { Group } from "../quorum.ts"
import { toOthers } from "../recovery-request.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import type { Authentic, QueryStable, ReplyStable, Request } from "./message.ts"
import { isMute, recoveryRequest, requestFor } from "./rejoin.ts"
import { restart } from "./restart.ts"
import {
  type Config,
  type DurableRecord,
  type Effect,
  noEstimate,
  type PbftStep,
  type Recovery,
  type State,
  type Told,
} from "./state.ts"

/** What a replica that does not know its bound asks the others. */
export const stableQuery = (config: Config, { recovery }: State): QueryStable | undefined =>
  recovery?.estimate === undefined || recovery.estimate.bound !== undefined
    ? undefined
    : { _tag: "QueryStable", incarnation: recovery.incarnation, replica: config.id }

/** What a replica that comes back asks of a peer whose low watermark is `low`, if anything. */
export const askedOf = (
  config: Config,
  state: State,
  low: Seq,
): QueryStable | Request | undefined => requestFor(config, state, low) ?? stableQuery(config, state)

/** How far a replica is. */
export const toldBy = (state: State): Told => {
  const prepared = Window.occupied(state.log).filter((seq) =>
    ["prepared", "committed", "decided"].includes(Window.get(state.log, seq).phase),
  )
  const seqs = [state.executed, ...state.pset.map((e) => e.seq), ...prepared]
  return { checkpoint: state.checkpoints.at(-1)?.seq ?? 0, prepared: Math.max(...seqs) }
}

/**
 * The least checkpoint that the answers allow to build on: 2f others do not exceed it, so that no
 * stable one of a correct replica lies above it; and f others have prepared as much, so that a liar
 * does not stretch it.
 */
const estimated = (
  { f, quorum }: Group,
  answers: ReadonlyArray<Told | undefined>,
): Seq | undefined => {
  const known = answers.filter((x) => x !== undefined)
  const fit = known.filter((x) => {
    const others = known.filter((y) => y !== x)
    const below = others.filter((y) => y.checkpoint <= x.checkpoint)
    const above = others.filter((y) => y.prepared >= x.checkpoint)
    return below.length >= quorum - 1 && above.length >= f
  })
  return fit.length === 0 ? undefined : Math.min(...fit.map((x) => x.checkpoint))
}

/**
 * Recover (TOCS section 5.3). The process starts with what its disk holds, as the incarnation that
 * a counter outside of it gives.
 */
export const recover = (
  config: Config,
  state: State,
  input: { readonly incarnation: number; readonly durable: ReadonlyArray<DurableRecord> },
): PbftStep => {
  if (config.recoverers === undefined) return ignore(state, "NobodyIsTakenBack")
  const { state: back, effects } = restart(config, input.durable)
  const { incarnation } = input
  if (incarnation <= (back.recovery?.incarnation ?? 0)) return ignore(state, "OldIncarnation")
  // The disk says that it was taken back as this: a liar wrote that.
  const client = config.recoverers + config.id
  if (back.checkpoints.some((c) => ClientTable.get(c.table, client).timestamp >= incarnation)) {
    return ignore(state, "TakenBackBefore")
  }
  if (back.recovery !== undefined && back.recovery.estimate === undefined && isMute(back)) {
    return ignore(state, "DiskLost")
  }
  const recovery: Recovery = {
    incarnation,
    point: undefined,
    estimate: noEstimate(config.group),
  }
  return {
    state: { ...back, recovery, heard: [] },
    effects: [
      { _tag: "Persist", record: { _tag: "Recovering", incarnation } },
      {
        _tag: "Broadcast",
        message: { _tag: "QueryStable", incarnation, replica: config.id },
      },
      ...effects,
    ],
    action: "Recover",
  }
}

/** RecvQueryStable (TOCS section 5.3.2). Who takes part tells how far it is. */
export const recvQueryStable = (
  config: Config,
  state: State,
  m: Authentic<QueryStable>,
): PbftStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (isMute(state)) return ignore(state, "Mute")
  const { replica: recovering, incarnation } = m
  const message: ReplyStable = {
    _tag: "ReplyStable",
    recovering,
    incarnation,
    ...toldBy(state),
    replica: config.id,
  }
  return {
    state,
    effects: [{ _tag: "SendToReplicas", replicas: [recovering], message }],
    action: "RecvQueryStable",
  }
}

/**
 * RecvReplyStable (TOCS section 5.3.2). Of each replica the least checkpoint and the highest number
 * prepared count. With the bound known the replica takes part, and asks to be taken back.
 */
export const recvReplyStable = (
  config: Config,
  state: State,
  m: Authentic<ReplyStable>,
): PbftStep => {
  const { recovery } = state
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.recovering !== config.id) return ignore(state, "ForAnother")
  if (recovery?.estimate === undefined) return ignore(state, "NotRecovering")
  if (recovery.estimate.bound !== undefined) return ignore(state, "HasBound")
  if (m.incarnation !== recovery.incarnation) return ignore(state, "OldIncarnation")
  if (m.checkpoint % config.checkpointInterval !== 0) return ignore(state, "NotACheckpoint")
  const old = recovery.estimate.told[m.replica]
  const answer: Told = {
    checkpoint: Math.min(m.checkpoint, old?.checkpoint ?? m.checkpoint),
    prepared: Math.max(m.prepared, old?.prepared ?? m.prepared),
  }
  if (answer.checkpoint === old?.checkpoint && answer.prepared === old.prepared) {
    return ignore(state, "NothingNew")
  }
  const told = recovery.estimate.told.with(m.replica, answer)
  const checkpoint = estimated(config.group, told.with(config.id, toldBy(state)))
  const action = "RecvReplyStable"
  if (checkpoint === undefined) {
    const waiting: Recovery = { ...recovery, estimate: { bound: undefined, told } }
    return { state: { ...state, recovery: waiting }, effects: [], action }
  }
  const bound = checkpoint + config.logSize
  const next: State = {
    ...state,
    recovery: { ...recovery, estimate: { ...noEstimate(config.group), bound } },
  }
  const message = recoveryRequest(config, next)
  const asked: ReadonlyArray<Effect> = message === undefined ? [] : [toOthers(config, message)]
  return {
    state: next,
    effects: [{ _tag: "Persist", record: { _tag: "RecoveryBound", seq: bound } }, ...asked],
    action,
  }
}

/**
 * What a step shows to be wrong with the disk of a replica that is recovered, if anything: others
 * know of no checkpoint as late as its stable one, or f + 1 have another state than its own.
 * A query, no action: whoever goes by it takes the disk for lost.
 */
export const contradiction = (config: Config, before: State, now: State): string | undefined => {
  const { recovery, log, checkpointVotes } = now
  const bound = recovery?.estimate?.bound
  if (recovery === undefined || bound === undefined) return undefined
  if (before.recovery?.estimate?.bound === undefined && bound < log.low + config.logSize) {
    return `its checkpoint ${log.low} is later than any that the others have`
  }
  if (before.checkpointVotes === checkpointVotes) return undefined
  if (recovery.point !== undefined && log.low >= recovery.point) return undefined
  const other = checkpointVotes.find(({ votes }) => {
    const own = votes[config.id] as Digest
    const others = votes.filter((d) => d !== noDigest && d !== own)
    return own !== noDigest && others.some((d) => Votes.count(votes, d) > config.group.f)
  })
  return other && `its checkpoint ${other.seq} is of another state than that of the others`
}
