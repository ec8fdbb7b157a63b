/**
 * PBFT's normal case: OSDI '99 section 4.2, TOCS sections 4.2, 4.3 and 6.1; spec/tla/Pbft.tla,
 * section "Normal case". Departure from OSDI '99: a backup does not relay a client's request to
 * the primary; the client itself sends it to everyone when its timer fires.
 */
import * as ClientTable from "../client-table.ts"
import type { Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import { primaryOf, weakQuorum } from "../quorum.ts"
import { isSigned, replierOf, type SignedRequest } from "../request.ts"
import * as Votes from "../votes.ts"
import * as Window from "../window.ts"
import type { ReplicaAction } from "./action.ts"
import { askPrimary, shortened, wholeBatch } from "./big-requests.ts"
import { fetchDecision } from "./decided.ts"
import { executeHead } from "./execution.ts"
import type { Authentic, Commit, PrePrepare, Prepare, Reply, Request } from "./message.ts"
import { lastProposed, mayAsk, partsOf } from "./proposal.ts"
import { isMute, isOpen, newlyHeard, withHeard } from "./rejoin.ts"
import {
  type Config,
  type Effect,
  type Input,
  isFinal,
  type PbftStep,
  type Slot,
  type State,
} from "./state.ts"

const isPrimary = (config: Config, state: State): boolean =>
  primaryOf(config.group, state.view) === config.id

/**
 * RecvRequest (OSDI '99 section 4.1, TOCS appendix). A request from its client: the stored reply
 * again if it was executed, and where that was only tentative a backup waits for its agreement as
 * well, or nobody who has it from the primary alone would suspect it; otherwise it waits for its
 * turn, at most one a client. One to be taken back says that what its replica said as an earlier
 * incarnation counts no more (rejoin.ts).
 */
export const recvRequest = (config: Config, state: State, m: Authentic<Request>): PbftStep => {
  if (!mayAsk(config, m.client)) return ignore(state, "UnknownClient")
  const last = ClientTable.get(state.table, m.client)
  if (m.timestamp < last.timestamp) return ignore(state, "OldTimestamp")
  const mine = state.queue.find((r) => r.client === m.client)
  const isKnown = mine !== undefined && mine.timestamp >= m.timestamp
  if (m.timestamp === last.timestamp) {
    const { message, settled } = resentReply(config, state, m)
    const waits = !settled && !isKnown && !isPrimary(config, state)
    const effects: ReadonlyArray<Effect> = [{ _tag: "SendToClient", client: m.client, message }]
    return { state: waits ? queued(state, m) : state, effects, action: "RecvRequest" }
  }
  if (isKnown) return ignore(state, "AlreadyQueued")
  if (isPrimary(config, state) && (state.assigned[m.client] as number) >= m.timestamp) {
    return ignore(state, "AlreadyAssigned")
  }
  const waiting = queued(state, m)
  const heard = newlyHeard(config, state, m)
  if (heard === undefined) return { state: waiting, effects: none, action: "RecvRequest" }
  return {
    state: { ...waiting, heard: withHeard(state.heard, heard) },
    effects: [{ _tag: "Persist", record: { _tag: "Heard", ...heard } }],
    action: "RecvRequest",
  }
}

// The request waits, the last of its client.
const queued = (state: State, m: Authentic<Request>): State => {
  const { client, timestamp, operation, authenticator } = m
  const request: SignedRequest = { client, timestamp, operation, authenticator, ...replierOf(m) }
  const others = state.queue.filter((r) => r.client !== client)
  return { ...state, queue: [...others, request] }
}

// What was answered, again, and whether it is executed for good.
const resentReply = (
  config: Config,
  state: State,
  m: Request,
): { readonly message: Reply; readonly settled: boolean } => {
  const { client, timestamp } = m
  const { undo, table, view } = state
  const { result } = ClientTable.get(table, client)
  const settled = undo === undefined || ClientTable.get(undo.table, client).timestamp === timestamp
  const about = { view, client, timestamp, replica: config.id, result }
  const message: Reply = settled
    ? { _tag: "Reply", ...about }
    : { _tag: "Reply", ...about, tentative: true }
  return { message, settled }
}

/**
 * SendPrePrepare (OSDI '99 section 4.2, TOCS section 6.1). The primary gives the next sequence
 * number to the first `count` waiting requests, after its own proposal (OSDI '99 section 4.6), and
 * starts their agreement. With a `count` of 0 it proposes the null request (TOCS section 5).
 */
export const sendPrePrepare = (
  config: Config,
  state: State,
  { count, proposal }: Pick<Extract<Input, { readonly _tag: "Propose" }>, "count" | "proposal">,
): PbftStep => {
  if (!state.active) return ignore(state, "NotActive")
  if (!isPrimary(config, state)) return ignore(state, "NotPrimary")
  if (isMute(state)) return ignore(state, "Mute")
  if (count > config.maxBatch) return ignore(state, "BadBatchSize")
  if (count === 0 && config.nullRequests !== true) return ignore(state, "BadBatchSize")
  if (count > state.queue.length) return ignore(state, "QueueTooShort")
  const seq = state.seqno + 1
  if (!isOpen(state, seq)) return ignore(state, "WindowFull")
  const clock = count === 0 ? undefined : config.clock
  if (proposal?.client !== clock) return ignore(state, "BadProposal")
  if (clock !== undefined && (proposal?.timestamp ?? 0) <= lastProposed(state, clock)) {
    return ignore(state, "OldProposal")
  }
  const asked = state.queue.slice(0, count)
  const batch = proposal === undefined ? asked : [proposal, ...asked]
  const digest = config.batchDigest(batch)
  const assigned = state.assigned.slice()
  for (const r of batch) assigned[r.client] = r.timestamp
  const { view } = state
  const slot: Slot = { ...Window.get(state.log, seq), phase: "prePrepared", batch, digest }
  const short = shortened(config, batch)
  const message = {
    _tag: "PrePrepare" as const,
    view,
    seq,
    digest,
    batch: short,
    replica: config.id,
  }
  const next = { ...state, seqno: seq, queue: state.queue.slice(count), assigned }
  return advance(config, next, {
    seq,
    slot,
    action: "SendPrePrepare",
    effects: [
      { _tag: "Persist", record: { _tag: "PrePrepared", view, seq, digest, batch } },
      { _tag: "Broadcast", message },
    ],
  })
}

/**
 * RecvPrePrepare (OSDI '99 section 4.2). A backup takes the first pre-prepare of its view's
 * primary for a sequence number in the window. It never takes the primary's word for a request:
 * with a request whose own authenticator fails here the pre-prepare is only held. What it has voted
 * for it may hear again (change-key.ts).
 */
export const recvPrePrepare = (
  config: Config,
  state: State,
  m: Authentic<PrePrepare>,
  verdicts: ReadonlyArray<boolean>,
): PbftStep => {
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (!state.active) return ignore(state, "NotActive")
  if (m.replica !== primaryOf(config.group, state.view)) return ignore(state, "NotFromPrimary")
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (isMute(state)) return ignore(state, "Mute")
  if (!isOpen(state, m.seq)) return ignore(state, "OutsideWatermarks")
  const before = Window.get(state.log, m.seq)
  const isAgain = before.phase === "voted" && before.digest === m.digest
  if (before.phase !== "empty" && !isAgain) return ignore(state, "AlreadyPrePrepared")
  const { proposal, asked } = partsOf(config, m.batch)
  const isNull = m.batch.length === 0 && config.nullRequests === true
  const fits = asked.length >= 1 && asked.length <= config.maxBatch
  if (!isNull && !fits) return ignore(state, "BadBatchSize")
  if (!isNull && proposal?.client !== config.clock) return ignore(state, "BadProposal")
  if (!asked.every((r) => mayAsk(config, r.client))) return ignore(state, "UnknownClient")
  const { seq, digest } = m
  const action = "RecvPrePrepare"
  if (isAgain) {
    const again: Slot = { ...before, phase: "prePrepared" }
    return advance(config, state, { seq, slot: again, action, effects: none })
  }
  const batch = wholeBatch(config, state, m)
  if (batch === undefined) return { state, effects: [askPrimary(config, m)], action }
  // What it took from its own queue was verified there.
  const authentic = m.batch.every((r, k) => !isSigned(r) || verdicts[k] === true)
  const held: Slot = { ...before, phase: "held", batch, digest }
  if (!authentic) return advance(config, state, { seq, slot: held, action, effects: none })
  const accepted = accept(config, state, seq, held)
  return advance(config, state, { seq, action, ...accepted })
}

// The backup accepts the batch: durable first, then its vote.
const accept = (config: Config, state: State, seq: Seq, held: Slot): Advance => {
  const { digest, batch } = held
  const { view } = state
  const prepares = Votes.add(held.prepares, config.id, digest)
  return {
    slot: { ...held, phase: "prePrepared", prepares },
    effects: [
      { _tag: "Persist", record: { _tag: "PrePrepared", view, seq, digest, batch } },
      {
        _tag: "Broadcast",
        message: { _tag: "Prepare", view, seq, digest, replica: config.id },
      },
    ],
  }
}

/** RecvPrepare (OSDI '99 section 4.2). A backup's vote that it accepted (view, seq, digest). */
export const recvPrepare = (config: Config, state: State, m: Authentic<Prepare>): PbftStep => {
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (!state.active) return ignore(state, "NotActive")
  if (m.replica === primaryOf(config.group, state.view)) return ignore(state, "PrepareFromPrimary")
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (!isOpen(state, m.seq)) return ignore(state, "OutsideWatermarks")
  const before = Window.get(state.log, m.seq)
  if (before.phase === "prepared" || isFinal(before.phase)) {
    return ignore(state, "AlreadyPrepared")
  }
  if (Votes.has(before.prepares, m.replica)) return ignore(state, "DuplicatePrepare")
  const slot = { ...before, prepares: Votes.add(before.prepares, m.replica, m.digest) }
  return advance(config, state, { seq: m.seq, slot, action: "RecvPrepare", effects: none })
}

/** RecvCommit (OSDI '99 section 4.2). A replica's vote that it holds the prepared certificate. */
export const recvCommit = (config: Config, state: State, m: Authentic<Commit>): PbftStep => {
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (!state.active) return ignore(state, "NotActive")
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (!isOpen(state, m.seq)) return ignore(state, "OutsideWatermarks")
  const before = Window.get(state.log, m.seq)
  if (isFinal(before.phase)) return ignore(state, "AlreadyCommitted")
  if (Votes.has(before.commits, m.replica)) return ignore(state, "DuplicateCommit")
  const slot = { ...before, commits: Votes.add(before.commits, m.replica, m.digest) }
  const effects = fetchDecision(config, slot)
  return advance(config, state, { seq: m.seq, slot, action: "RecvCommit", effects })
}

interface Advance {
  readonly slot: Slot
  readonly effects: ReadonlyArray<Effect>
}

interface Touched extends Advance {
  readonly seq: Seq
  readonly action: ReplicaAction
}

/**
 * Moves one slot as far as its certificates allow, after `effects`; the spec's `Advance`.
 *
 * | from        | with                                             | to          | sends   |
 * |-------------|--------------------------------------------------|-------------|---------|
 * | held        | f + 1 vouchers, the primary among them           | prePrepared | Prepare |
 * | prePrepared | 2f matching prepares of backups                  | prepared    | Commit  |
 * | prepared    | 2f + 1 matching commits                          | committed   |         |
 */
const advance = (config: Config, state: State, touched: Touched): PbftStep => {
  const { seq, action } = touched
  const accepted = vouched(config, state, touched)
  const prepared = prepare(config, state, seq, accepted)
  const slot = commit(config, prepared.slot)
  const next = { ...state, log: Window.set(state.log, seq, slot) }
  const head = executeHead(config, state, next)
  return { state: next, effects: [...prepared.effects, ...head], action }
}

// One voucher of f + 1 is correct and verified every request (TOCS section 4.3).
const vouched = (config: Config, state: State, touched: Touched): Advance => {
  const { seq, slot, effects } = touched
  const vouchers = 1 + Votes.count(slot.prepares, slot.digest)
  if (slot.phase !== "held" || vouchers < weakQuorum(config.group)) return touched
  const accepted = accept(config, state, seq, slot)
  return { slot: accepted.slot, effects: [...effects, ...accepted.effects] }
}

const prepare = (config: Config, state: State, seq: Seq, from: Advance): Advance => {
  const { slot, effects } = from
  if (slot.phase !== "prePrepared") return from
  if (Votes.count(slot.prepares, slot.digest) < config.group.quorum - 1) return from
  const { view } = state
  const { digest } = slot
  const commits = Votes.add(slot.commits, config.id, digest)
  return {
    slot: { ...slot, phase: "prepared", commits },
    effects: [
      ...effects,
      { _tag: "Persist", record: { _tag: "Prepared", view, seq, digest } },
      { _tag: "Broadcast", message: { _tag: "Commit", view, seq, digest, replica: config.id } },
    ],
  }
}

const commit = (config: Config, slot: Slot): Slot =>
  slot.phase === "prepared" && Votes.count(slot.commits, slot.digest) >= config.group.quorum
    ? { ...slot, phase: "committed" }
    : slot
