/**
 * The one view-change timer of a replica (TOCS section 4.5.1): runs when src/core/pbft/timer.ts
 * says so, and twice as long after each view that was left since something was executed.
 *
 * Outside the specification: how long a view is given. `Timeout` may happen there at any moment, or
 * never.
 */
import type { Seq, View } from "../core/ids.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { viewTimer } from "../core/pbft/timer.ts"

/** How often the timer's time is doubled at most. */
const doublings = 6

export interface ViewClockOptions {
  readonly config: Config
  /** The time in a view in which something was executed, in milliseconds. */
  readonly baseMs: number
  /** Whether the view may be given up; otherwise the timer starts anew. */
  readonly mayFire: () => boolean
  readonly fire: (view: View) => void
}

export class ViewClock {
  readonly #options: ViewClockOptions
  #timer: NodeJS.Timeout | undefined
  #key: string | undefined
  #executed: Seq = -1
  /** The view of the last execution. */
  #settled: View = 0

  constructor(options: ViewClockOptions) {
    this.#options = options
  }

  /** To be called after steps. */
  update(state: State): void {
    if (state.executed !== this.#executed) {
      this.#executed = state.executed
      this.#settled = state.view
    }
    const wanted = viewTimer(this.#options.config, state)
    if (wanted?.key === this.#key) return
    this.stop()
    this.#key = wanted?.key
    if (wanted === undefined) return
    const left = Math.min(doublings, state.view - this.#settled)
    this.#start(wanted.view, this.#options.baseMs * 2 ** left)
  }

  #start(view: View, ms: number): void {
    this.#timer = setTimeout(() => {
      if (this.#options.mayFire()) this.#options.fire(view)
      else this.#start(view, ms)
    }, ms)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#key = undefined
  }
}
