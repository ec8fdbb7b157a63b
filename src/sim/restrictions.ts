/**
 * What a run cannot be asked for yet. Safety holds in every run; the liveness phase demands that
 * every request completes and every correct replica catches up, except where one of these rows
 * applies. A row goes when its feature is in. Rows are decided by what became of the run.
 */
import type { Seq, View } from "../core/ids.ts"
import { type Group, primaryOf } from "../core/quorum.ts"
import type { Standing } from "./protocol.ts"

/** The correct replicas of a run as they are now. */
export interface Correct {
  readonly group: Group
  /** Those that run. */
  readonly running: ReadonlyArray<Standing>
  /** The last stable checkpoint of any of them, those that have stopped included. */
  readonly stable: Seq
  /** The last sequence number that any of them executed. */
  readonly executed: Seq
  /** The last view that any of them has moved to. */
  readonly view: View
}

export interface Restriction {
  /** What must exist before the row can go. */
  readonly until: string
  readonly why: string
  /** Whether this correct replica cannot be asked to catch up. */
  readonly applies: (correct: Correct, member: Standing) => boolean
}

// A quorum of correct replicas is in the view of this one, or would be with it. Only the primary
// can give the NEW-VIEW to one that is not in it yet, and tell it what the others agree on.
const isHelped = ({ group, running }: Correct, { id, view, active }: Standing): boolean => {
  const inside = running.filter((r) => r.active && r.view === view).map((r) => r.id)
  const isThere = inside.includes(primaryOf(group, view)) || primaryOf(group, view) === id
  return isThere && inside.length + (active ? 0 : 1) >= group.quorum
}

export const restrictions: ReadonlyArray<Restriction> = [
  {
    until: "a decision takes the place of a vote, and a replica alone in a view is brought back",
    why: "a replica has no correct primary and quorum in its view that it could catch up with",
    applies: (correct, member) => member.executed >= correct.stable && !isHelped(correct, member),
  },
]
