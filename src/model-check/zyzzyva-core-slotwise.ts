/**
 * The corrected view change of spec/tla/ZyzzyvaCore.tla: each sequence number by itself, from the
 * votes and certificates of the VIEW-CHANGEs (docs/adr/0009-zyzzyva-view-change.md).
 */
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { noLog } from "./zyzzyva-core-logs.ts"
import { certificates, type Past, type Quorum } from "./zyzzyva-core-past.ts"
import type { ZyzzyvaReplica } from "./zyzzyva-core-replica.ts"

/** A batch at a sequence number, in a view; view -1 for none. */
export interface SlotClaim {
  readonly view: number
  readonly batch: number
}

const none: SlotClaim = { view: -1, batch: -1 }
const views = (below: number): ReadonlyArray<number> => Array.from({ length: below }, (_, u) => u)

const batchAt = (w: ZyzzyvaWorld, log: number, seq: number): number =>
  log === noLog ? -1 : (w.logs.items(log)[seq] ?? -1)

/** The last order that `r` took at `seq` (from 0) below `view`. */
export const voteOf = (
  w: ZyzzyvaWorld,
  r: ZyzzyvaReplica,
  view: number,
  seq: number,
): SlotClaim => {
  const adopted = (u: number): number => Math.max(0, w.logs.length(r.confirmed[u] ?? noLog))
  const at = views(view)
    .filter((u) => batchAt(w, r.log[u] ?? noLog, seq) >= 0)
    .filter((u) => w.rule("AdoptionIsAVote") || seq >= adopted(u))
  const u = w.rule("VoteIsTheLast") ? at.at(-1) : at[0]
  return u === undefined ? none : { view: u, batch: batchAt(w, r.log[u] ?? noLog, seq) }
}

/** The last certificate that `r` acknowledged below `view` and that covers `seq` (from 0). */
export const certificateOf = (
  w: ZyzzyvaWorld,
  r: ZyzzyvaReplica,
  view: number,
  seq: number,
): SlotClaim => {
  const any = views(view).filter((u) => (r.acked[u] ?? 0) > 0)
  const at = any
    .filter((u) => (r.acked[u] ?? 0) > seq)
    .filter((u) => w.rule("CertificateForEachNumber") || u === any.at(-1))
  const u = w.rule("CertificateIsTheLast") ? at.at(-1) : at[0]
  return u === undefined ? none : { view: u, batch: batchAt(w, r.log[u] ?? noLog, seq) }
}

/** What a Byzantine replica may show of `seq`: nothing, or a certificate that covers it. */
const shown = (past: Past, seq: number): ReadonlyArray<SlotClaim> => {
  const { world: w, view } = past
  if (!w.rule("CertificatesAreProved")) {
    const batches = Array.from({ length: w.logs.nullAt(seq) + 1 }, (_, b) => b)
    return [none, ...views(view).flatMap((u) => batches.map((batch) => ({ view: u, batch })))]
  }
  const proved = certificates(past)
    .filter(({ log }) => w.logs.length(log) > seq)
    .map((c) => ({ view: c.view, batch: batchAt(w, c.log, seq) }))
  return [none, ...proved]
}

/** Whether a vote of `view` is later than a certificate of view `than` (-1: there is none). */
const beats = (w: ZyzzyvaWorld, view: number, than: number): boolean => {
  if (!w.rule("VotesMayWin") && than >= 0) return false
  if (!w.rule("CertificatesMayWin")) return true
  return w.rule("TieToTheCertificate") ? view > than : view >= than
}

/** One way in which a number may be decided. */
export interface SlotDecision {
  readonly seq: number
  /** The batch, or `open`. */
  readonly pick: number
  /** The certificate that a Byzantine replica shows, view -1 for none. */
  readonly shown: SlotClaim
  /** The certificate that counts, view -1 for none. */
  readonly counts: SlotClaim
  /** Votes for the pick by correct replicas that count. */
  readonly votes: number
  /** Whether Byzantine replicas must vote for it as well. */
  readonly helped: boolean
}

export const open = -1

const decisionsBy = (
  past: Past,
  { senders, liars }: Quorum,
  lie: SlotClaim,
  seq: number,
): ReadonlyArray<SlotDecision> => {
  const { world: w, view } = past
  const votes = senders.map((r) => voteOf(w, r, view, seq))
  const certs = [...senders.map((r) => certificateOf(w, r, view, seq)), lie].filter(
    (c) => c.view >= 0,
  )
  const latest = Math.max(...certs.map((c) => c.view))
  const candidates = certs.filter((c) => !w.rule("CertificateOfTheLastView") || c.view === latest)
  return (candidates.length === 0 ? [none] : candidates).flatMap((counts) => {
    const help = beats(w, view - 1, counts.view) ? liars : 0
    const of = (pick: number, held: number): SlotDecision => {
      const helped = pick !== open && held > 0 && held < w.voteNeeds
      return { seq, pick, shown: lie, counts, votes: held, helped }
    }
    const all: Array<SlotDecision> = []
    let certain = false
    for (let b = 0; b <= w.logs.nullAt(seq); b++) {
      const held = votes.filter((v) => v.batch === b && beats(w, v.view, counts.view)).length
      if (held + help >= w.voteNeeds) all.push(of(b, held))
      if (held >= w.voteNeeds) certain = true
    }
    if (!certain) all.push(of(counts.view < 0 ? open : counts.batch, 0))
    return all
  })
}

/** Every way in which `seq` (from 0) may be decided by this quorum. */
export const slotDecisions = (
  past: Past,
  quorum: Quorum,
  seq: number,
): ReadonlyArray<SlotDecision> =>
  (quorum.liars === 0 ? [none] : shown(past, seq)).flatMap((lie) =>
    decisionsBy(past, quorum, lie, seq),
  )

/** A log of what was chosen: up to the last number with a choice, the gaps filled with null. */
const logOf = (w: ZyzzyvaWorld, picks: ReadonlyArray<number>): number => {
  const last = picks.findLastIndex((pick) => pick !== open)
  return w.logs.of(picks.slice(0, last + 1).map((p, seq) => (p === open ? w.logs.nullAt(seq) : p)))
}

/** Tells every log that the quorum allows, with a decision for each number. */
export const slotwiseBases = (
  past: Past,
  quorum: Quorum,
  found: (base: number, decisions: ReadonlyArray<SlotDecision>) => void,
): void => {
  const { world: w } = past
  const ways = Array.from({ length: w.maxSeq }, (_, seq) => {
    const byPick = new Map<number, SlotDecision>()
    for (const d of slotDecisions(past, quorum, seq)) {
      if (!byPick.has(d.pick)) byPick.set(d.pick, d)
    }
    return [...byPick.values()]
  })
  const choose = (made: ReadonlyArray<SlotDecision>): void => {
    const next = ways[made.length]
    if (next === undefined)
      found(
        logOf(
          w,
          made.map((d) => d.pick),
        ),
        made,
      )
    else for (const d of next) choose([...made, d])
  }
  choose([])
}
