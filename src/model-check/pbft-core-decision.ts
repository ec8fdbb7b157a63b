/**
 * The decision procedure of the view change (TOCS 2002, figure 4) for one view and one sequence
 * number, from what each correct replica claims of it.
 */
import type { CoreWorld } from "./pbft-core-constants.ts"
import type { CoreReplica } from "./pbft-core-replica.ts"

/** What one VIEW-CHANGE says of one sequence number. */
export interface Claim {
  /** View and batch of its P entry; view -1 when it has none. */
  readonly view: number
  readonly batch: number
  /** By view: the batches of its Q entries, as bits. */
  readonly q: ReadonlyArray<number>
}

/** What replica `r` said when it changed to `view`; undefined where it did not. */
export const claimOf = (
  w: CoreWorld,
  r: CoreReplica,
  view: number,
  seq: number,
): Claim | undefined => {
  const said = r.changed[view]
  if (said === undefined) return undefined
  const size = w.batches.length
  const p = said.p[seq] ?? -1
  const q = Array.from({ length: view }, (_, u) => (said.q >> w.shift(u, seq)) & w.anyBatch)
  return { view: p < 0 ? -1 : Math.floor(p / size), batch: p < 0 ? -1 : p % size, q }
}

export const claimKey = (c: Claim | undefined): string =>
  c === undefined ? "-" : `${c.view},${c.batch},${c.q.join(",")}`

const permits = (w: CoreWorld, c: Claim, batch: number, view: number): boolean => {
  if (c.view < 0) return true
  if (w.rule("A1ComparesViews") ? c.view < view : c.view !== view) return true
  return c.view === view && (!w.rule("A1ComparesBatches") || c.batch === batch)
}

const accepts = (w: CoreWorld, c: Claim, batch: number, view: number): boolean =>
  c.q.some((bits, u) => (bits & (1 << batch)) !== 0 && (u >= view || !w.rule("A2ComparesViews")))

interface Judged {
  readonly a1: boolean
  readonly a2: boolean
  readonly claimed: boolean
}

const judge = (w: CoreWorld, said: ReadonlyArray<Claim>, batch: number, view: number): Judged => {
  const liars = w.byzantine.length
  const count = (holds: (c: Claim) => boolean): number => liars + said.filter(holds).length
  return {
    a1: count((c) => permits(w, c, batch, view)) >= w.a1Needs,
    a2: count((c) => accepts(w, c, batch, view)) >= w.a2Needs,
    claimed: liars > 0 || said.some((c) => c.view === view && c.batch === batch),
  }
}

export interface Choosable {
  /** The picks that a NEW-VIEW may make, as bits: batches, null and open. */
  readonly picks: number
  /** Whether condition A2 alone turns a batch away. */
  readonly turnedAway: boolean
}

/** What a NEW-VIEW for `view` may say of a number of which the replicas claim this. */
export const choosable = (
  w: CoreWorld,
  view: number,
  claims: ReadonlyArray<Claim | undefined>,
): Choosable => {
  const said = claims.filter((c) => c !== undefined)
  let picks = w.rule("OpenIsChecked") ? 0 : 1 << w.open
  let turnedAway = false
  for (let batch = 0; batch <= w.nullBatch; batch++) {
    const views = Array.from({ length: view }, (_, u) => judge(w, said, batch, u))
    const chosen = views.some((j) => j.a1 && j.a2 && j.claimed)
    if (chosen) picks |= 1 << batch
    else if (views.some((j) => j.a1 && j.claimed)) turnedAway = true
  }
  const empty = said.filter((c) => c.view < 0).length
  if (w.byzantine.length + empty >= w.nullNeeds) picks |= (1 << w.nullBatch) | (1 << w.open)
  return { picks, turnedAway }
}
