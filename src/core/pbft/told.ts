/**
 * What others have executed: ours; spec/tla/Pbft.tla, section "What others executed"; docs/adr,
 * "what others have executed". f + 1 replicas that say so are believed: one of them is correct, and
 * the first correct one to say it holds a committed certificate. So the batch may be executed
 * whatever view this replica is in, whatever it voted for there, and while it takes part in none.
 * It is no vote: nothing of it is in the log, in P or in Q.
 */
import { type Digest, noDigest, type Seq } from "../ids.ts"
import { weakQuorum } from "../quorum.ts"
import { type Batch, unsigned } from "../request.ts"
import * as Window from "../window.ts"
import { fetchOf } from "./decided.ts"
import type { Claim, FetchBatch, Numbered } from "./message.ts"
import {
  type Config,
  isFinal,
  type Phase,
  type Slot,
  type State,
  settledSeq,
  type ToldExecutions,
} from "./state.ts"

/** A batch and its digest. */
export interface Content {
  readonly digest: Digest
  readonly batch: Batch
}

/** What tells which batches are known to be committed. */
export type CommittedConfig = Pick<Config, "group" | "maxTentative" | "batchDigest">

/** What f + 1 replicas say that they executed at `seq`. */
export const claimedAt = (
  { group }: Pick<Config, "group">,
  claims: ReadonlyArray<Claim>,
  seq: Seq,
): Digest | undefined => {
  const here = claims.filter((c) => c.seq === seq)
  const said = (digest: Digest): number => here.filter((c) => c.digest === digest).length
  return here.find((c) => said(c.digest) >= weakQuorum(group))?.digest
}

const voted: ReadonlyArray<Phase> = ["prePrepared", "voted", "prepared", "committed"]

// The batch, where it is here: the null request, what was fetched, and what this replica has
// pre-prepared at that number, which it keeps until its window is beyond.
const heldAt = (
  config: Pick<Config, "batchDigest">,
  { log, qset, told }: State,
  { seq, digest }: Numbered,
): Batch | undefined => {
  const slot = Window.get(log, seq)
  if (slot.digest === digest && voted.includes(slot.phase)) return slot.batch
  const held =
    told.batches.find((b) => b.digest === digest) ??
    qset.find((e) => e.seq === seq && e.digest === digest)
  if (held !== undefined) return held.batch.map(unsigned)
  return config.batchDigest([]) === digest ? [] : undefined
}

// As the log has it, if it has the same one: there it says who answers in full.
const inLog = (slot: Slot, content: Content): Content =>
  slot.digest === content.digest ? { digest: slot.digest, batch: slot.batch } : content

/**
 * The batch that is known to be committed at `seq`, in the window: by the log's certificate, or
 * because others executed it. What may have been executed tentatively there stands until the view
 * is left.
 */
export const committedAt = (
  config: CommittedConfig,
  state: State,
  seq: Seq,
): Content | undefined => {
  const slot = Window.get(state.log, seq)
  const { phase, digest: own } = slot
  if (isFinal(phase)) return { digest: own, batch: slot.batch }
  const { claims } = state.told
  if (claims.length === 0) return undefined
  const digest = claimedAt(config, claims, seq)
  if (digest === undefined) return undefined
  if (config.maxTentative > 0 && phase === "prepared" && own !== digest) return undefined
  const batch = heldAt(config, state, { seq, digest })
  return batch && inLog(slot, { digest, batch })
}

/**
 * The state that has executed `own` for good in this step, or has moved its window: what is below
 * is forgotten.
 */
export const keepTold = (config: Config, state: State, own: ReadonlyArray<Numbered>): State => {
  if (config.tellCommitted !== true) return state
  const { told, log } = state
  const all = own.length === 0 ? told.own : [...told.own, ...own]
  const settled = settledSeq(state)
  const claims = same(
    told.claims,
    told.claims.filter((c) => c.seq > settled),
  )
  const isClaimed = ({ digest }: Content): boolean => claims.some((c) => c.digest === digest)
  const next: ToldExecutions = {
    own: same(
      all,
      all.filter((c) => c.seq > log.low),
    ),
    claims,
    batches: same(told.batches, told.batches.filter(isClaimed)),
  }
  const unchanged = next.own === told.own && claims === told.claims && next.batches === told.batches
  return unchanged ? state : { ...state, told: next }
}

const same = <A>(before: ReadonlyArray<A>, after: ReadonlyArray<A>): ReadonlyArray<A> =>
  before.length === after.length ? before : after

type Believing = Pick<Config, "group" | "batchDigest">

/** What is claimed at a number, if its batch is not here; no digest elsewhere. */
export const lackedAt = (config: Believing, state: State, seq: Seq): Digest => {
  const digest = claimedAt(config, state.told.claims, seq)
  if (digest === undefined) return noDigest
  return heldAt(config, state, { seq, digest }) === undefined ? digest : noDigest
}

const lacking = (config: Believing, state: State): ReadonlyArray<Digest> => {
  const seqs = state.told.claims.map((c) => c.seq)
  return seqs
    .filter((seq, k) => seqs.indexOf(seq) === k)
    .map((seq) => lackedAt(config, state, seq))
    .filter((digest, k, all) => digest !== noDigest && all.indexOf(digest) === k)
}

/** What others executed and the state lacks, to be asked for again. */
export const missingClaimed = (
  config: Believing & Pick<Config, "id">,
  state: State,
): ReadonlyArray<FetchBatch> => lacking(config, state).map((digest) => fetchOf(config, digest))

/** The state with the batch, where it lacks what others executed; the same state elsewhere. */
export const takeClaimed = (config: Config, state: State, { digest, batch }: Content): State => {
  if (!lacking(config, state).includes(digest)) return state
  const { told } = state
  const batches = [...told.batches, { digest, batch: batch.map(unsigned) }].sort((a, b) =>
    a.digest < b.digest ? -1 : 1,
  )
  return { ...state, told: { ...told, batches } }
}
