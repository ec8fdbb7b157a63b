/**
 * What a run cannot be asked for yet. Safety holds in every run; the liveness phase demands that
 * every request completes and every correct replica catches up, except where one of these rows
 * applies. A row goes when its feature is in. Rows are decided by what became of the run.
 */
import type { Seq, View } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
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

export const restrictions: ReadonlyArray<Restriction> = []
