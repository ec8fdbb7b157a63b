/**
 * Safety of PBFT as predicates of states, under the names of spec/tla/Pbft.tla and
 * spec/properties.md. `null` when a predicate holds, otherwise what is wrong, in words.
 *
 * Outside the specification: nothing; it judges states for those who look at them, and no replica
 * runs it.
 */
import * as ClientTable from "../client-table.ts"
import type { Seq } from "../ids.ts"
import * as Window from "../window.ts"
import { decisions } from "./decision.ts"
import type {
  Message,
  Numbered,
  PeerMessage,
  PrePrepare,
  SlotMessage,
  ViewChange,
} from "./message.ts"
import {
  type Config,
  isFinal,
  type Phase,
  type Settled,
  type Slot,
  type State,
  settledSeq,
  type ToldExecutions,
} from "./state.ts"
import { isMute } from "./rejoin.ts"
import { decisionConfig } from "./view-change.ts"

/** Of a replica's state what is said of two of them. */
export type Facts = Pick<State, "view" | "active" | "executed" | "recovery"> & {
  readonly log: Window.Window<Pick<Slot, "phase" | "digest">>
  readonly undo: Pick<Settled, "executed"> | undefined
  readonly pset: ReadonlyArray<Numbered>
  readonly checkpoints: ReadonlyArray<Numbered>
  readonly told: Pick<ToldExecutions, "own">
}

const phaseAt = (state: Facts, seq: Seq): Phase =>
  Window.covers(state.log, seq) ? Window.get(state.log, seq).phase : "empty"

const digestAt = (state: Facts, seq: Seq): string => Window.get(state.log, seq).digest

export const isCommitted = (state: Facts, seq: Seq): boolean => isFinal(phaseAt(state, seq))

/** By votes of its own: a decision that it fetched is committed, and never was prepared here. */
export const isPrepared = (state: Facts, seq: Seq): boolean => {
  const phase = phaseAt(state, seq)
  return phase === "prepared" || phase === "committed"
}

/** Sequence numbers at which both states hold `certificate`, from the lower watermarks up. */
const common = (
  one: Facts,
  other: Facts,
  certificate: (state: Facts, seq: Seq) => boolean,
): ReadonlyArray<Seq> =>
  Window.occupied(one.log).filter((seq) => certificate(one, seq) && certificate(other, seq))

const sameDigests = (one: Facts, other: Facts, seqs: ReadonlyArray<Seq>): string | null => {
  const bad = seqs.find((seq) => digestAt(one, seq) !== digestAt(other, seq))
  return bad === undefined
    ? null
    : `sequence number ${bad}: ${digestAt(one, bad)} and ${digestAt(other, bad)}`
}

/** S1. No two correct replicas commit different batches at one sequence number. */
export const agreement = (one: Facts, other: Facts): string | null =>
  sameDigests(one, other, common(one, other, isCommitted))
export const agreementApplies = (one: Facts, other: Facts): boolean =>
  common(one, other, isCommitted).length > 0

/** S2. Nor do they prepare different batches at one sequence number in one view. */
export const preparedUnique = (one: Facts, other: Facts): string | null =>
  one.view === other.view ? sameDigests(one, other, common(one, other, isPrepared)) : null
export const preparedUniqueApplies = (one: Facts, other: Facts): boolean =>
  one.view === other.view && common(one, other, isPrepared).length > 0

/** S3. The sequence numbers that a replica committed; each needs supporters. */
export const committedSeqs = (state: Facts): ReadonlyArray<Seq> =>
  Window.occupied(state.log).filter((seq) => isCommitted(state, seq))

/** The same, with what was committed there. */
export const allCommitted = (state: Facts): ReadonlyArray<Numbered> =>
  committedSeqs(state).map((seq) => ({ seq, digest: digestAt(state, seq) }))

/** S3. Whether `other` supports what `one` committed at `seq`. */
export const supportsCommit = (one: Facts, other: Facts, seq: Seq): boolean =>
  supports(other, { seq, digest: digestAt(one, seq) })

/**
 * S3. Whether a replica supports what another one committed: it prepared the same batch, or has a
 * stable checkpoint beyond it. At least quorum - f correct replicas must (CommitSupport).
 */
export const supports = (other: Facts, { seq, digest }: Numbered): boolean =>
  other.log.low >= seq ||
  isMute(other) ||
  (isPrepared(other, seq) && digestAt(other, seq) === digest) ||
  other.pset.some((e) => e.seq === seq && e.digest === digest)

/**
 * S3, of what was executed: what a replica takes for committed above the low watermark, in whatever
 * view it was; it needs supporters as well (SettledSupport). Who believes others knows what it
 * executed; elsewhere it is what the log has.
 */
export const takenForCommitted = (config: Config, state: Facts): ReadonlyArray<Numbered> => {
  if (config.tellCommitted === true) return state.told.own
  const last = (state.undo ?? state).executed
  if (!state.active) return []
  return Window.occupied(state.log)
    .filter((seq) => isSettled(state, seq, last))
    .map((seq) => ({ seq, digest: digestAt(state, seq) }))
}

/** S1, of what is told: no two messages of correct replicas tell of different batches. */
export const tellsAgree = (sent: ReadonlyArray<PeerMessage>): string | null => {
  const said = new Map<Seq, string>()
  for (const m of sent) {
    if (m._tag !== "Committed") continue
    if ((said.get(m.seq) ?? m.digest) !== m.digest) return `two batches are told of at ${m.seq}`
    said.set(m.seq, m.digest)
  }
  return null
}

/** S1, of what was executed: no other batch than another replica executed or committed there. */
export const executedAlike = (one: Facts, other: Facts): string | null => {
  const bad = one.told.own.find(({ seq, digest }) => {
    const executed = other.told.own.find((c) => c.seq === seq)
    if (executed !== undefined && executed.digest !== digest) return true
    return isCommitted(other, seq) && digestAt(other, seq) !== digest
  })
  return bad === undefined ? null : `sequence number ${bad.seq}: ${bad.digest}, and another one`
}
export const executedAlikeApplies = (one: Facts, other: Facts): boolean =>
  one.told.own.some((c) => other.told.own.some((d) => d.seq === c.seq))

const isSettled = (state: Facts, seq: Seq, last: Seq): boolean =>
  seq <= last && phaseAt(state, seq) !== "empty"

/** S7. Checkpoints at one sequence number are equal. */
export const checkpointAgreement = (one: Facts, other: Facts): string | null => {
  for (const { seq, digest } of one.checkpoints) {
    const also = other.checkpoints.find((c) => c.seq === seq)
    if (also !== undefined && also.digest !== digest) return `checkpoints at ${seq} differ`
  }
  return null
}
export const checkpointAgreementApplies = (one: Facts, other: Facts): boolean =>
  one.checkpoints.some((c) => c.seq > 0 && other.checkpoints.some((d) => d.seq === c.seq))

const isSlotMessage = (m: PeerMessage): m is SlotMessage =>
  m._tag === "PrePrepare" || m._tag === "Prepare" || m._tag === "Commit" || m._tag === "Checkpoint"

/** S8. Nothing is sent above the sender's high watermark. */
export const watermarks = (state: State, own: ReadonlyArray<PeerMessage>): string | null => {
  // Who lost its disk does not know of what it sent.
  if (isMute(state)) return null
  const high = state.log.low + state.log.length
  const bad = own.filter(isSlotMessage).find((m) => m.seq > high)
  return bad === undefined ? null : `${bad._tag} for ${bad.seq} sent above ${high}`
}

type Vote = Exclude<SlotMessage, { readonly _tag: "Checkpoint" }>

// The vote is in the log of its view, or in P and Q.
const isKept = (state: State, m: Vote): boolean => {
  if (state.active && m.view === state.view) {
    const { phase, digest } = Window.get(state.log, m.seq)
    if (phase === "empty" || phase === "held" || digest !== m.digest) return false
    return m._tag !== "Commit" || (phase !== "prePrepared" && phase !== "voted")
  }
  const inQ = state.qset.some((e) => e.seq === m.seq && e.digest === m.digest && e.view >= m.view)
  const inP = state.pset.some(
    (e) => e.seq === m.seq && e.view >= m.view && (e.view > m.view || e.digest === m.digest),
  )
  return inQ && (m._tag !== "Commit" || inP)
}

/** A sent vote is in the sender's durable state or below its stable checkpoint. */
export const sentIsDurable = (state: State, own: ReadonlyArray<PeerMessage>): string | null => {
  if (isMute(state)) return null
  for (const m of own.filter(isSlotMessage)) {
    if (m.seq <= state.log.low) continue
    const kept =
      m._tag === "Checkpoint"
        ? state.checkpoints.some((c) => c.seq === m.seq && c.digest === m.digest)
        : isKept(state, m)
    if (!kept) return `${m._tag} for ${m.seq} was sent, but is not durable`
  }
  return null
}

// What a correct replica says once: of a sequence number in a view, of a checkpoint, of a view.
const topicOf = (m: PeerMessage): string | undefined => {
  switch (m._tag) {
    case "Prepare":
    case "Commit":
      return `${m._tag} for ${m.seq} in view ${m.view}`
    case "Checkpoint":
      return `Checkpoint ${m.seq}`
    case "ViewChange":
      return `${m._tag} for view ${m.view}, incarnation ${m.incarnation ?? 0}`
    case "NewView":
      return `${m._tag} for view ${m.view}`
    // It is no promise of the sender, but a fact about the group: TellsAgree.
    case "Committed":
    case "PrePrepare":
    case "FetchPrePrepare":
    case "FetchBatch":
    case "Batch":
    case "FetchState":
    case "State":
    case "QueryStable":
    case "ReplyStable":
      return undefined
  }
}

/** A correct replica says one thing of one sequence number in a view, and of a view. */
export const noEquivocation = (own: ReadonlyArray<PeerMessage>): string | null => {
  const said = new Map<string, string>()
  for (const m of own) {
    const about = topicOf(m)
    if (about === undefined) continue
    const what = "digest" in m ? m.digest : JSON.stringify(m)
    const before = said.get(about)
    if (before !== undefined && before !== what) return `two different ${about}`
    said.set(about, what)
  }
  const again = own.find((m) => m._tag === "PrePrepare" && isChosenBy(own, m))
  return again === undefined ? null : "a proposal for what its NEW-VIEW has chosen"
}

const isChosenBy = (own: ReadonlyArray<PeerMessage>, { view, seq }: Placed): boolean =>
  own.some((m) => m._tag === "NewView" && m.view === view && m.chosen.some((c) => c.seq === seq))

type Placed = Pick<PrePrepare, "view" | "seq">

/** In one view correct replicas commit to one batch at each sequence number. */
export const commitUnique = (sent: ReadonlyArray<PeerMessage>): string | null => {
  const said = new Map<string, string>()
  for (const m of sent) {
    if (m._tag !== "Commit") continue
    const at = `${m.seq} in view ${m.view}`
    if ((said.get(at) ?? m.digest) !== m.digest) return `two batches are committed to at ${at}`
    said.set(at, m.digest)
  }
  return null
}

/** S4. What may be committed in a view is all that correct replicas say of it in later views. */
export const carryOver = (needed: number, sent: ReadonlyArray<PeerMessage>): string | null => {
  const voters = new Map<string, number>()
  for (const m of sent) {
    if (m._tag !== "Commit") continue
    const key = `${m.view} ${m.seq} ${m.digest}`
    voters.set(key, (voters.get(key) ?? 0) + 1)
  }
  for (const c of sent) {
    if (c._tag !== "Commit") continue
    if ((voters.get(`${c.view} ${c.seq} ${c.digest}`) ?? 0) < needed) continue
    const bad = sent.find(
      (m) =>
        (m._tag === "Prepare" || m._tag === "PrePrepare") &&
        m.view > c.view &&
        m.seq === c.seq &&
        m.digest !== c.digest,
    )
    if (bad !== undefined) return `what was committed at ${c.seq} in view ${c.view} is lost`
  }
  return null
}

/** What all correct replicas say together always lets the primary of a new view decide. */
export const canDecide = (
  config: Config,
  correct: number,
  sent: ReadonlyArray<PeerMessage>,
): string | null => {
  const changes = sent.filter((m): m is ViewChange => m._tag === "ViewChange")
  // order-free: each view is judged by itself
  for (const view of new Set(changes.map((m) => m.view))) {
    const here = changes.filter((m) => m.view === view).sort((a, b) => a.replica - b.replica)
    if (here.length < correct) continue
    if (decisions(decisionConfig(config), here).length === 0) return `view ${view} cannot start`
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
  if (state.view === 0 && !state.active) return "view 0 needs no NEW-VIEW"
  if (state.active && state.view > 0 && state.newView === undefined)
    return "entered without NEW-VIEW"
  if (state.newView !== undefined && state.newView.view !== state.view)
    return "another view's NEW-VIEW"
  if (state.fetched.length > 0 && (state.active || state.newView === undefined)) return "fetched"
  const misplaced = fastTypes(config, state) ?? toldTypes(config, state)
  if (misplaced !== null) return misplaced
  for (const e of [...state.pset, ...state.qset]) {
    if (e.seq <= low || e.seq > high || e.view > state.view) return `entry for ${e.seq}`
  }
  for (const seq of Window.occupied(state.log)) {
    const slot = Window.get(state.log, seq)
    if (!state.active) return `slot ${seq} while the view changes`
    if (slot.phase === "empty" && slot.batch.length > 0) return `batch of slot ${seq}`
    const isNull = slot.phase !== "empty" && slot.batch.length === 0
    if (isNull && state.view === 0 && config.nullRequests !== true) {
      return `null request in slot ${seq} of view 0`
    }
    if ((slot.phase === "empty") !== (slot.digest === "")) return `digest of slot ${seq}`
  }
  if (ClientTable.entries(state.table).length !== config.clients) return "size of the client table"
  return null
}

// UndoTypeOK and ReadsTypeOK.
const fastTypes = (config: Config, { undo, executed, active, reads }: State): string | null => {
  if (undo !== undefined) {
    const ahead = executed - undo.executed
    if (!active) return "tentative executions while the view changes"
    if (ahead < 1 || ahead > config.maxTentative) return `${ahead} tentative executions`
  }
  const readers = reads.map((r) => r.client)
  return new Set(readers).size === readers.length ? null : "two waiting reads of one client"
}

// ToldTypeOK.
const toldTypes = (config: Config, state: State): string | null => {
  const { told, log } = state
  const { own, claims, batches } = told
  const settled = settledSeq(state)
  const known = own.length + claims.length + batches.length
  if (config.tellCommitted !== true && known > 0) return "something was told"
  if (own.some((c) => c.seq <= log.low || c.seq > settled)) return "own execution out of place"
  if (own.some((c, k) => c.seq === own[k - 1]?.seq)) return "two executions at one number"
  const high = log.low + config.logSize
  for (const [k, c] of claims.entries()) {
    if (c.seq <= settled || c.seq > high || c.replica === config.id) return `claim for ${c.seq}`
    const last = claims[k - 1]
    if (last?.seq === c.seq && last.replica === c.replica) return "two claims of one replica"
  }
  return batches.every((b) => claims.some((c) => c.digest === b.digest)) ? null : "unclaimed batch"
}

export const isPeerMessage = (m: Message): m is PeerMessage =>
  m._tag !== "Request" && m._tag !== "Read" && m._tag !== "Reply"
