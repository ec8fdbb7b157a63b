/**
 * The names of a sketcher's timers.
 *
 * Outside the specification: when a timer fires. There it may at any moment.
 */
import type { SketcherTimer } from "../core/prophecy/sketcher-state.ts"

/** What a timer's name says: which kind it is, and of which call, lane or replica. */
export const timerOf = (timer: SketcherTimer): { readonly kind: string; readonly of: number } => {
  const [kind = "", of] = timer.split(" ")
  return { kind, of: Number(of) }
}
