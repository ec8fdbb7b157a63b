/**
 * The timers that a sketcher has set.
 *
 * Outside the specification: when a timer fires. There it may at any moment.
 */
import type { SketcherTimer } from "../core/prophecy/sketcher-state.ts"

export class SketcherTimers {
  readonly #fired: (timer: SketcherTimer) => void
  readonly #set = new Map<SketcherTimer, NodeJS.Timeout>()

  constructor(fired: (timer: SketcherTimer) => void) {
    this.#fired = fired
  }

  /** In place of what was set under this name. */
  set(timer: SketcherTimer, ms: number): void {
    clearTimeout(this.#set.get(timer))
    const fire = (): void => {
      this.#set.delete(timer)
      this.#fired(timer)
    }
    this.#set.set(timer, setTimeout(fire, ms))
  }

  cancel(timer: SketcherTimer): void {
    clearTimeout(this.#set.get(timer))
    this.#set.delete(timer)
  }

  close(): void {
    for (const timer of this.#set.values()) clearTimeout(timer)
  }
}

/** What a timer's name says: which kind it is, and of which call, lane or replica. */
export const timerOf = (timer: SketcherTimer): { readonly kind: string; readonly of: number } => {
  const [kind = "", of] = timer.split(" ")
  return { kind, of: Number(of) }
}
