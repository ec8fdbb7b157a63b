/**
 * One correct replica of spec/tla/PbftCore.tla: its part of each variable, and what each action
 * does to it. Of `changed` and `chosen` it holds what it said itself.
 */
import type { CoreWorld } from "./pbft-core-constants.ts"

/** A VIEW-CHANGE: what its sender claims. */
export interface ViewChange {
  /** By seq from 0: view x batches + batch of the P entry, or -1 for none. */
  readonly p: ReadonlyArray<number>
  /** The Q entries, as bits like `accepted`. */
  readonly q: number
}

export interface CoreReplica {
  readonly id: number
  readonly view: number
  readonly active: boolean
  /** Bit shift(v, n) + b: it accepted b at n in v. */
  readonly accepted: number
  readonly prepared: number
  /** By view; undefined where it sent none. */
  readonly changed: ReadonlyArray<ViewChange | undefined>
  /** By view; its own NEW-VIEW as the primary: a pick for each seq. */
  readonly chosen: ReadonlyArray<ReadonlyArray<number> | undefined>
}

export const startCore = (w: CoreWorld, id: number): CoreReplica => {
  const none = Array.from({ length: w.maxView + 1 }, () => undefined)
  return { id, view: 0, active: true, accepted: 0, prepared: 0, changed: none, chosen: none }
}

/** Distinct replicas have distinct keys. */
export const coreKey = (r: CoreReplica): string => {
  const changed = r.changed.map((c) => (c === undefined ? "-" : `${c.p.join(",")}q${c.q}`))
  const chosen = r.chosen.map((x) => (x === undefined ? "-" : x.join(",")))
  const said = `${r.accepted} ${r.prepared} ${changed.join(" ")} ${chosen.join(" ")}`
  return `${r.view}${r.active ? "a" : "i"} ${said}`
}

/** Whether its own state lets it accept batch `b` at `seq`; what is proposed is another matter. */
export const mayAccept = (w: CoreWorld, r: CoreReplica, seq: number, b: number): boolean => {
  const here = (r.accepted >> w.shift(r.view, seq)) & w.anyBatch
  const free = w.rule("OnePrePrepare") ? here === 0 : (here & (1 << b)) === 0
  return free && (r.active || !w.rule("WaitsForNewView"))
}

export const accept = (w: CoreWorld, r: CoreReplica, seq: number, b: number): CoreReplica => ({
  ...r,
  accepted: r.accepted | (1 << (w.shift(r.view, seq) + b)),
})

/** Whether it may still prepare in `view`, if enough accepted. */
export const mayPrepareIn = (w: CoreWorld, r: CoreReplica, view: number): boolean =>
  !w.rule("StopsInOldViews") || (view === r.view && r.active)

export const prepare = (r: CoreReplica, bit: number): CoreReplica => ({
  ...r,
  prepared: r.prepared | bit,
})

// What it prepared at `seq`, one entry: of the latest view in which it did.
const pEntry = (w: CoreWorld, r: CoreReplica, seq: number): number => {
  if (!w.rule("PSurvivesSkipping") && !r.active) return -1
  const views = Array.from({ length: w.maxView + 1 }, (_, v) => v)
    .filter((v) => ((r.prepared >> w.shift(v, seq)) & w.anyBatch) !== 0)
    .filter((v) => w.rule("PKeepsOlderViews") || v === r.view)
  const view = w.rule("PIsTheLast") ? views.at(-1) : views[0]
  if (view === undefined) return -1
  const batch = 31 - Math.clz32((r.prepared >> w.shift(view, seq)) & w.anyBatch)
  return view * w.batches.length + batch
}

// Of each batch at each sequence number, the last view in which it was accepted.
const qEntries = (w: CoreWorld, r: CoreReplica): number => {
  let kept = 0
  for (let seq = 0; seq < w.maxSeq; seq++) {
    let later = 0
    for (let view = w.maxView; view >= 0; view--) {
      const here = (r.accepted >> w.shift(view, seq)) & w.anyBatch
      kept |= (here & ~later) << w.shift(view, seq)
      later |= here
    }
  }
  return kept
}

/** It leaves its view for `view`, a later one. */
export const changeView = (w: CoreWorld, r: CoreReplica, view: number): CoreReplica => {
  const p = Array.from({ length: w.maxSeq }, (_, seq) => pEntry(w, r, seq))
  const message = { p, q: qEntries(w, r) }
  const changed = r.changed.map((c, v) => (v === view ? message : c))
  return { ...r, view, active: false, changed }
}

/** It takes part in its view, in which `picks` stands for what came before. */
export const newView = (
  w: CoreWorld,
  r: CoreReplica,
  picks: ReadonlyArray<number>,
): CoreReplica => {
  let { accepted } = r
  for (const [seq, pick] of picks.entries()) {
    if (pick !== w.open) accepted |= 1 << (w.shift(r.view, seq) + pick)
  }
  const own = w.primary(r.view) === r.id
  const chosen = own ? r.chosen.map((x, v) => (v === r.view ? picks : x)) : r.chosen
  return { ...r, active: true, accepted, chosen }
}

/** The replica with batch `b` called `to[b]` everywhere. */
export const renamed = (w: CoreWorld, r: CoreReplica, to: ReadonlyArray<number>): CoreReplica => {
  const size = w.batches.length
  const pick = (b: number): number => to[b] ?? b
  const mask = (bits: number): number => {
    let out = 0
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      const at = 31 - Math.clz32(rest & -rest)
      out |= 1 << (at - (at % size) + pick(at % size))
    }
    return out
  }
  const claim = (p: number): number => (p < 0 ? p : p - (p % size) + pick(p % size))
  return {
    ...r,
    accepted: mask(r.accepted),
    prepared: mask(r.prepared),
    changed: r.changed.map((c) => c && { p: c.p.map(claim), q: mask(c.q) }),
    chosen: r.chosen.map((x) => x?.map(pick)),
  }
}
