/**
 * With which log a new view begins, by the VIEW-CHANGEs that it stands on: spec/tla/Zyzzyva.tla
 * `NewLog`; docs/adr/0009-zyzzyva-view-change.md has the rule and its proof. `published` is the
 * rule of TOCS 27(4) 2009, section 3.3.4, which loses complete requests: to show that it does.
 */
import type { Digest, Seq, View } from "../ids.ts"
import { weakQuorum } from "../quorum.ts"
import type { SignedRequest } from "../request.ts"
import { batchOf, hasEnough, leadsToHistory } from "./certificate.ts"
import type { LastOrder, NewView, ShownCertificate, Stable, ViewChange } from "./message.ts"
import type { Config } from "./state.ts"

/** A batch that a new view begins with. */
export interface Chosen {
  readonly digest: Digest
  readonly batch: ReadonlyArray<SignedRequest>
}

export interface NewLog {
  /** The stable checkpoint that the view starts from. */
  readonly start: Stable
  /** What it begins with, from `start.seq + 1` on without a hole. */
  readonly chosen: ReadonlyArray<Chosen>
}

type Changes = ReadonlyArray<ViewChange>

const isUnique = <A>(all: ReadonlyArray<A>): boolean => new Set(all).size === all.length

/** Whether enough replicas vouched for a checkpoint. Their signatures were verified before. */
export const isValidStable = (config: Config, stable: Stable): boolean => {
  if (stable.seq === 0) return stable.signers.length === 0 && stable.view === 0
  return new Set(stable.signers.map((s) => s.replica)).size >= config.needs.commit
}

/** Whether a correct replica could have sent it. Every signature in it was verified before. */
export const isValidViewChange = (config: Config, m: ViewChange): boolean => {
  const low = m.stable.seq
  const inWindow = (seq: Seq): boolean => seq > low && seq <= low + config.logSize
  return (
    m.view > 0 &&
    new Set(m.accusers.map((a) => a.replica)).size >= weakQuorum(config.group) &&
    isValidStable(config, m.stable) &&
    m.orders.every((o) => o.view < m.view && inWindow(o.seq)) &&
    isUnique(m.orders.map((o) => o.seq)) &&
    m.certificates.every(
      (c) =>
        c.view < m.view &&
        inWindow(c.seq) &&
        hasEnough(config, c) &&
        leadsToHistory(config, low, c),
    )
  )
}

/** Whether it stands on exactly as many valid VIEW-CHANGEs of different replicas as it must. */
export const isValidNewView = (config: Config, m: NewView): boolean =>
  m.changes.length === config.needs.change &&
  isUnique(m.changes.map((c) => c.replica)) &&
  m.changes.every((c) => c.view === m.view && isValidViewChange(config, c))

// The last stable checkpoint of any of them, in the words of the first that has it.
const startOf = (changes: Changes): Stable => {
  const ordered = [...changes].sort((a, b) => a.replica - b.replica)
  const first = ordered[0] as ViewChange
  return ordered.reduce((best, m) => (m.stable.seq > best.seq ? m.stable : best), first.stable)
}

/** A certificate with the checkpoint above which its batches are shown. */
interface From {
  readonly low: Seq
  readonly c: ShownCertificate
}

const certificatesOf = (changes: Changes): ReadonlyArray<From> =>
  changes.flatMap((m) => m.certificates.map((c) => ({ low: m.stable.seq, c })))

const ofLastView = (all: ReadonlyArray<From>): From | undefined =>
  all.reduce<From | undefined>(
    (best, x) => (best === undefined || x.c.view > best.c.view ? x : best),
    undefined,
  )

// The batch for which `needed` of the orders are; of different replicas, as each has one a number.
const votedFor = (orders: ReadonlyArray<LastOrder>, needed: number): Chosen | undefined => {
  const votes = (digest: Digest): number => orders.filter((o) => o.digest === digest).length
  const found = orders.find((o) => votes(o.digest) >= needed)
  return found === undefined ? undefined : { digest: found.digest, batch: found.batch }
}

// Our rule at one number: what enough ordered last, in views after that of the last certificate
// that covers it; otherwise the certificate's; otherwise nothing.
const correctedAt = (config: Config, changes: Changes, seq: Seq): Chosen | undefined => {
  const best = ofLastView(certificatesOf(changes).filter(({ c }) => c.seq >= seq))
  const last: View = best === undefined ? -1 : best.c.view
  const later = changes.flatMap((m) => m.orders.filter((o) => o.seq === seq && o.view > last))
  return (
    votedFor(later, config.needs.vote) ??
    (best === undefined ? undefined : batchOf(best.c, best.low, seq))
  )
}

const corrected = (config: Config, changes: Changes, start: Seq): ReadonlyArray<Chosen> => {
  const nothing: Chosen = { digest: config.batchDigest([]), batch: [] }
  const at = Array.from({ length: config.logSize }, (_, k) =>
    correctedAt(config, changes, start + 1 + k),
  )
  const top = at.findLastIndex((chosen) => chosen !== undefined)
  return at.slice(0, top + 1).map((chosen) => chosen ?? nothing)
}

// The log that a VIEW-CHANGE reports: what its sender ordered in the last view.
const logOf = ({ orders }: ViewChange): ReadonlyArray<LastOrder> => {
  const last = Math.max(-1, ...orders.map((o) => o.view))
  return orders.filter((o) => o.view === last)
}

const recent = ({ stable, certificates }: ViewChange): ReadonlyArray<From> => {
  const last = Math.max(-1, ...certificates.map((c) => c.view))
  return certificates.filter((c) => c.view === last).map((c) => ({ low: stable.seq, c }))
}

// The published rule: the longest certificate, whatever its view; what enough logs add to it; null
// up to the end of the longest log.
const published = (config: Config, changes: Changes, start: Seq): ReadonlyArray<Chosen> => {
  const nothing: Chosen = { digest: config.batchDigest([]), batch: [] }
  const certificates = changes.flatMap(recent).filter(({ c }) => c.seq > start)
  const length = Math.max(start, ...certificates.map(({ c }) => c.seq))
  const base = ofLastView(certificates.filter(({ c }) => c.seq === length))
  const logs = changes.map(logOf)
  const at = (log: ReadonlyArray<LastOrder>, seq: Seq): LastOrder | undefined =>
    log.find((o) => o.seq === seq)
  const extending = logs.filter(
    (log) => base === undefined || at(log, length)?.history === base.c.history,
  )
  const longest = Math.max(length, ...logs.flat().map((o) => o.seq))
  const seqs = Array.from({ length: longest - start }, (_, k) => start + 1 + k)
  const added = seqs
    .filter((seq) => seq > length)
    .map((seq) => heldBy(extending, seq, config.needs.vote))
    .findLast((log) => log !== undefined)
  return seqs.map((seq): Chosen => {
    const certified = base === undefined ? undefined : batchOf(base.c, base.low, seq)
    if (certified !== undefined && seq <= length) return certified
    const order = added === undefined || seq > added.to ? undefined : at(added.log, seq)
    return order === undefined ? nothing : { digest: order.digest, batch: order.batch }
  })
}

interface Added {
  readonly to: Seq
  readonly log: ReadonlyArray<LastOrder>
}

// A log of which `needed` have the history at `seq`.
const heldBy = (
  logs: ReadonlyArray<ReadonlyArray<LastOrder>>,
  seq: Seq,
  needed: number,
): Added | undefined => {
  const historyIn = (log: ReadonlyArray<LastOrder>): Digest | undefined =>
    log.find((o) => o.seq === seq)?.history
  const log = logs.find((l) => {
    const history = historyIn(l)
    return history !== undefined && logs.filter((x) => historyIn(x) === history).length >= needed
  })
  return log === undefined ? undefined : { to: seq, log }
}

/** The log of the new view: every replica gets the same from the same VIEW-CHANGEs. */
export const newLog = (config: Config, changes: Changes): NewLog => {
  const start = startOf(changes)
  const by = config.rule === "published" ? published : corrected
  return { start, chosen: by(config, changes, start.seq) }
}
