/**
 * What a new view may start from, given VIEW-CHANGEs of several replicas: the decision procedure of
 * the view change with MACs (TOCS section 4.5, figure 4); spec/tla/Pbft.tla `Decisions`. P and Q
 * are claims of their senders and prove nothing; conditions A1 and A2 weigh them.
 */
import type { Digest, Seq } from "../ids.ts"
import { type Group, weakQuorum } from "../quorum.ts"
import type { Entry, NewView, Numbered, ViewChange } from "./message.ts"

/** The checkpoint to start from, and the batch at each later sequence number up to the last one. */
export interface Decision {
  readonly start: Numbered
  readonly chosen: ReadonlyArray<Numbered>
}

/** What the procedure has to know of a group. */
export interface DecisionConfig {
  readonly group: Group
  readonly logSize: number
  /** The digest of the null request. */
  readonly nullDigest: Digest
}

type Changes = ReadonlyArray<ViewChange>

const count = (changes: Changes, says: (m: ViewChange) => boolean): number => {
  let found = 0
  for (const m of changes) if (says(m)) found++
  return found
}

const isAt =
  (seq: Seq, digest: Digest) =>
  (c: Numbered): boolean =>
    c.seq === seq && c.digest === digest

/** The last checkpoint that f + 1 hold and below which 2f + 1 need nothing. */
const starts = ({ group }: DecisionConfig, changes: Changes): ReadonlyArray<Numbered> => {
  const fit = new Map<string, Numbered>()
  for (const { seq, digest } of changes.flatMap((m) => m.checkpoints)) {
    const below = count(changes, (m) => m.low <= seq)
    const holders = count(changes, (m) => m.checkpoints.some(isAt(seq, digest)))
    if (below < group.quorum || holders < weakQuorum(group)) continue
    fit.set(`${seq} ${digest}`, { seq, digest })
  }
  const all = [...fit.values()] // order-free: each may be started from
  const last = Math.max(...all.map((c) => c.seq))
  return all.filter((c) => c.seq === last)
}

/** A1: 2f + 1 prepared nothing later at `e.seq`, nor another batch in that view. */
const isLatest = ({ group }: DecisionConfig, changes: Changes, e: Entry): boolean =>
  count(
    changes,
    (m) =>
      m.low < e.seq &&
      m.prepared.every(
        (x) => x.seq !== e.seq || x.view < e.view || (x.view === e.view && x.digest === e.digest),
      ),
  ) >= group.quorum

/** A2: f + 1 pre-prepared it in that view or later; one of them is correct. */
const isSupported = ({ group }: DecisionConfig, changes: Changes, e: Entry): boolean =>
  count(changes, (m) => m.prePrepared.some((x) => isAt(e.seq, e.digest)(x) && x.view >= e.view)) >=
  weakQuorum(group)

/** B: 2f + 1 prepared nothing at `seq`, so nothing was committed there. */
const nothingPrepared = ({ group }: DecisionConfig, changes: Changes, seq: Seq): boolean =>
  count(changes, (m) => m.low < seq && m.prepared.every((e) => e.seq !== seq)) >= group.quorum

const choices = (config: DecisionConfig, changes: Changes, seq: Seq): ReadonlyArray<Digest> => {
  const justified = new Set<Digest>()
  for (const e of changes.flatMap((m) => m.prepared)) {
    if (e.seq !== seq || justified.has(e.digest)) continue
    if (isLatest(config, changes, e) && isSupported(config, changes, e)) justified.add(e.digest)
  }
  if (justified.size > 0) return [...justified] // order-free: each may be chosen
  return nothingPrepared(config, changes, seq) ? [config.nullDigest] : []
}

const chosenFrom = (
  config: DecisionConfig,
  changes: Changes,
  start: Numbered,
): ReadonlyArray<ReadonlyArray<Numbered>> => {
  const high = start.seq + config.logSize
  let top = start.seq
  for (const { seq } of changes.flatMap((m) => m.prepared)) {
    if (seq <= high) top = Math.max(top, seq)
  }
  let all: ReadonlyArray<ReadonlyArray<Numbered>> = [[]]
  for (let seq = start.seq + 1; seq <= top && all.length > 0; seq++) {
    const here = choices(config, changes, seq)
    all = all.flatMap((before) => here.map((digest) => [...before, { seq, digest }]))
  }
  return all
}

/**
 * Every decision that `changes` (one a replica) allows. None as long as they say too little; more
 * than one only where a Byzantine primary told two stories and neither can have been committed.
 */
export const decisions = (config: DecisionConfig, changes: Changes): ReadonlyArray<Decision> =>
  starts(config, changes).flatMap((start) =>
    chosenFrom(config, changes, start).map((chosen) => ({ start, chosen })),
  )

const ascending = (keys: ReadonlyArray<number>): boolean =>
  keys.every((key, k) => k === 0 || (keys[k - 1] as number) < key)

const isBefore = (a: Entry, b: Entry): boolean =>
  a.seq < b.seq || (a.seq === b.seq && a.digest < b.digest)

/** Whether a VIEW-CHANGE says only what a correct replica could say, in the one order. */
export const isValidViewChange = (logSize: number, m: ViewChange): boolean =>
  m.view > 0 &&
  [...m.prepared, ...m.prePrepared].every(
    (e) => e.view < m.view && e.seq > m.low && e.seq <= m.low + logSize,
  ) &&
  ascending(m.prepared.map((e) => e.seq)) &&
  m.prePrepared.every((e, k) => k === 0 || isBefore(m.prePrepared[k - 1] as Entry, e)) &&
  m.checkpoints.every((c) => c.seq >= m.low && c.seq <= m.low + logSize) &&
  ascending(m.checkpoints.map((c) => c.seq))

const sameNumbered = (a: ReadonlyArray<Numbered>, b: ReadonlyArray<Numbered>): boolean =>
  a.length === b.length && a.every((c, k) => isAt(c.seq, c.digest)(b[k] as Numbered))

export const sameDecision = (a: Decision, b: Decision): boolean =>
  sameNumbered([a.start], [b.start]) && sameNumbered(a.chosen, b.chosen)

/** Whether a NEW-VIEW's VIEW-CHANGEs are of its view and allow its decision. */
export const isValidNewView = (config: DecisionConfig, m: NewView): boolean =>
  ascending(m.changes.map((c) => c.replica)) &&
  m.changes.every((c) => c.view === m.view && isValidViewChange(config.logSize, c)) &&
  decisions(config, m.changes).some((d) => sameDecision(d, m))

/** Whether the view started with a batch at `seq`: its NEW-VIEW, which is signed, says so. */
export const isChosen = (
  { newView }: { readonly newView: NewView | undefined },
  seq: Seq,
): boolean => newView?.chosen.some((c) => c.seq === seq) ?? false
