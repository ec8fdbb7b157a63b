/**
 * Safety of PBFT as predicates of states, under the names of spec/tla/Pbft.tla and
 * spec/properties.md. `null` when a predicate holds, otherwise what is wrong, in words.
 */
import * as ClientTable from "../client-table.ts"
import type { Seq } from "../ids.ts"
import * as Window from "../window.ts"
import type { Message, PeerMessage } from "./message.ts"
import { durableRecords } from "./restart.ts"
import type { Config, Phase, State } from "./state.ts"

const phaseAt = (state: State, seq: Seq): Phase =>
  Window.covers(state.log, seq) ? Window.get(state.log, seq).phase : "empty"

const digestAt = (state: State, seq: Seq): string => Window.get(state.log, seq).digest

export const isCommitted = (state: State, seq: Seq): boolean => phaseAt(state, seq) === "committed"

export const isPrepared = (state: State, seq: Seq): boolean =>
  isCommitted(state, seq) || phaseAt(state, seq) === "prepared"

/** Sequence numbers at which both states hold `certificate`, from the lower watermarks up. */
const common = (
  one: State,
  other: State,
  certificate: (state: State, seq: Seq) => boolean,
): ReadonlyArray<Seq> =>
  Window.occupied(one.log).filter((seq) => certificate(one, seq) && certificate(other, seq))

const sameDigests = (one: State, other: State, seqs: ReadonlyArray<Seq>): string | null => {
  const bad = seqs.find((seq) => digestAt(one, seq) !== digestAt(other, seq))
  return bad === undefined
    ? null
    : `sequence number ${bad}: ${digestAt(one, bad)} and ${digestAt(other, bad)}`
}

/** S1. No two correct replicas commit different batches at one sequence number. */
export const agreement = (one: State, other: State): string | null =>
  sameDigests(one, other, common(one, other, isCommitted))
export const agreementApplies = (one: State, other: State): boolean =>
  common(one, other, isCommitted).length > 0

/** S2. Nor do they prepare different batches at one sequence number in one view. */
export const preparedUnique = (one: State, other: State): string | null =>
  one.view === other.view ? sameDigests(one, other, common(one, other, isPrepared)) : null
export const preparedUniqueApplies = (one: State, other: State): boolean =>
  one.view === other.view && common(one, other, isPrepared).length > 0

/** S3. The sequence numbers that a replica committed; each needs supporters. */
export const committedSeqs = (state: State): ReadonlyArray<Seq> =>
  Window.occupied(state.log).filter((seq) => isCommitted(state, seq))

/**
 * S3. Whether `other` supports what `one` committed at `seq`: it prepared the same batch, or has a
 * stable checkpoint beyond it. At least quorum - f correct replicas must (CommitSupport).
 */
export const supportsCommit = (one: State, other: State, seq: Seq): boolean =>
  other.log.low >= seq || (isPrepared(other, seq) && digestAt(other, seq) === digestAt(one, seq))

/** S7. Checkpoints at one sequence number are equal. */
export const checkpointAgreement = (one: State, other: State): string | null => {
  for (const { seq, digest } of one.checkpoints) {
    const also = other.checkpoints.find((c) => c.seq === seq)
    if (also !== undefined && also.digest !== digest) return `checkpoints at ${seq} differ`
  }
  return null
}
export const checkpointAgreementApplies = (one: State, other: State): boolean =>
  one.checkpoints.some((c) => c.seq > 0 && other.checkpoints.some((d) => d.seq === c.seq))

/** S8. Nothing is sent above the sender's high watermark. */
export const watermarks = (state: State, own: ReadonlyArray<PeerMessage>): string | null => {
  const high = state.log.low + state.log.length
  const bad = own.find((m) => m.seq > high)
  return bad === undefined ? null : `${bad._tag} for ${bad.seq} sent above ${high}`
}

/** A sent vote is in the sender's durable state or below its stable checkpoint. */
export const sentIsDurable = (state: State, own: ReadonlyArray<PeerMessage>): string | null => {
  const records = durableRecords(state)
  const has = (tag: string, m: PeerMessage): boolean =>
    records.some((r) => r._tag === tag && r.seq === m.seq && "digest" in r && r.digest === m.digest)
  for (const m of own) {
    if (m.seq <= state.log.low) continue
    const tag =
      m._tag === "Commit" ? "Prepared" : m._tag === "Checkpoint" ? "CheckpointTaken" : "PrePrepared"
    if (!has(tag, m)) return `${m._tag} for ${m.seq} was sent, but no ${tag} record is durable`
  }
  return null
}

/** A correct replica says one thing of one sequence number. */
export const noEquivocation = (own: ReadonlyArray<PeerMessage>): string | null => {
  const said = new Map<string, string>()
  for (const m of own) {
    const about = `${m._tag} ${m.seq}`
    const before = said.get(about)
    if (before !== undefined && before !== m.digest) return `two different ${about}`
    said.set(about, m.digest)
  }
  return null
}

/** The types of Pbft.tla: shapes and bounds of a state. */
export const typeOK = (config: Config, state: State): string | null => {
  const { low } = state.log
  const high = low + config.logSize
  const clients = state.queue.map((r) => r.client)
  if (state.seqno > high) return "seqno above the high watermark"
  if (new Set(clients).size !== clients.length) return "two waiting requests of one client"
  if (state.executed < low || state.executed > high) return "executed outside the window"
  if (low % config.checkpointInterval !== 0) return "low is no checkpoint number"
  if (state.checkpoints[0]?.seq !== low) return "the stable checkpoint is missing"
  for (const seq of Window.occupied(state.log)) {
    const slot = Window.get(state.log, seq)
    if ((slot.phase === "empty") !== (slot.batch.length === 0)) return `batch of slot ${seq}`
    if ((slot.phase === "empty") !== (slot.digest === "")) return `digest of slot ${seq}`
  }
  if (ClientTable.entries(state.table).length !== config.clients) return "size of the client table"
  return null
}

export const isPeerMessage = (m: Message): m is PeerMessage =>
  m._tag !== "Request" && m._tag !== "Reply"
