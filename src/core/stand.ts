/**
 * Where a peer stands: what it tells of how far it is, beside what this replica has executed.
 *
 * Outside the specification: that replicas tell each other how far they are. It only says when
 * something is sent again, and when timers run.
 */
import type { Seq } from "./ids.ts"

export interface Stand {
  /** What it has executed for good. */
  readonly executed: Seq
  /** How often in a row it told the same again, below what this replica has executed. */
  readonly reports: number
}

/** Its stand when it tells how far it is; `settled`: what this replica has executed for good. */
export const nextStand = (before: Stand | undefined, executed: Seq, settled: Seq): Stand => {
  const same = before?.executed === executed && executed < settled
  return { executed, reports: same ? before.reports + 1 : 0 }
}
