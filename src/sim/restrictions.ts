/**
 * What a run cannot be asked for yet. Safety holds in every run; the liveness phase demands that
 * every request completes and every correct replica catches up, except where one of these rows
 * applies. A row goes when its feature is in. Rows are decided by what became of the run.
 */
import type { View } from "../core/ids.ts"
import type { State } from "../core/pbft/state.ts"
import type { Group } from "../core/quorum.ts"

/** The correct replicas of a run as they are now. */
export interface Correct {
  readonly group: Group
  /** Those that run. */
  readonly running: ReadonlyArray<State>
  /** The last stable checkpoint of any of them, those that have stopped included. */
  readonly stable: number
  /** The last sequence number that any of them executed. */
  readonly executed: number
  /** The last view that any of them has moved to. */
  readonly view: View
  /** Views for which a correct primary has sent its NEW-VIEW. */
  readonly newViews: ReadonlySet<View>
}

export interface Restriction {
  /** What must exist before the row can go. */
  readonly until: string
  readonly why: string
  /** Whether this correct replica cannot be asked to catch up. */
  readonly applies: (correct: Correct, state: State) => boolean
  /** Whether it counts as faulty when it is asked whether a quorum is left for requests. */
  readonly lacking: boolean
}

export const restrictions: ReadonlyArray<Restriction> = [
  {
    until: "state transfer",
    why: "views changed, and a replica is behind a stable checkpoint of others",
    applies: ({ view, stable }, state) => view > 0 && state.executed < stable,
    lacking: true,
  },
  {
    until: "state transfer",
    why: "a replica has left the others' view, or its faulty primary keeps the NEW-VIEW from it",
    applies: ({ newViews }, { view, active }) => !active && !newViews.has(view),
    lacking: false,
  },
]

/**
 * Whether a replica's own messages below its log outlive its process, as if the network delivered
 * them late: without state transfer a replica that was away long needs them from all others. False
 * when state transfer is in.
 */
export const historyOutlivesCrash = true
