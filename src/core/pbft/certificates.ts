/**
 * P and Q, what a replica takes along from a view that it leaves (TOCS section 4.5, figure 3);
 * spec/tla/Pbft.tla `LeavingP` and `LeavingQ`.
 */
import { unsigned } from "../request.ts"
import * as Window from "../window.ts"
import type { Entry } from "./message.ts"
import type { HeldEntry, Phase, State } from "./state.ts"

/** The order of entries: by sequence number, then by digest. */
export const byPlace = (a: Entry, b: Entry): number =>
  a.seq - b.seq || (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0)

// What a new view starts with needs no authenticator: f + 1 replicas vouched for it.
const entriesAt = (state: State, phases: ReadonlyArray<Phase>): ReadonlyArray<HeldEntry> => {
  const { view } = state
  return Window.occupied(state.log).flatMap((seq) => {
    const { phase, digest, batch } = Window.get(state.log, seq)
    return phases.includes(phase) ? [{ seq, digest, view, batch: batch.map(unsigned) }] : []
  })
}

/** P: per sequence number what was prepared last. */
export const leavingP = (state: State): ReadonlyArray<Entry> => {
  const now = entriesAt(state, ["prepared", "committed"]).map(({ seq, digest, view }) => ({
    seq,
    digest,
    view,
  }))
  const before = state.pset.filter((e) => now.every((x) => x.seq !== e.seq))
  return [...before, ...now].sort(byPlace)
}

/** Q: per sequence number and digest the last view in which it was pre-prepared. */
export const leavingQ = (state: State): ReadonlyArray<HeldEntry> => {
  const now = entriesAt(state, ["prePrepared", "voted", "prepared", "committed"])
  const before = state.qset.filter((e) =>
    now.every((x) => x.seq !== e.seq || x.digest !== e.digest),
  )
  return [...before, ...now].sort(byPlace)
}

/** An entry without the batch: what a message says of it. */
export const claim = ({ seq, digest, view }: Entry): Entry => ({ seq, digest, view })
