/**
 * The one view-change timer of a replica (TOCS section 4.5.1): runs when the protocol
 * says so, and twice as long after each view that was left since something was executed.
 *
 * Outside the specification: how long a view is given. `Timeout` may happen there at any moment, or
 * never.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import { type Group, primaryOf } from "../core/quorum.ts"
import type { Stand } from "../core/stand.ts"
import type { LoopState, ViewTimer } from "./protocol.ts"

/** How often the timer's time is doubled at most. */
const doublings = 6
/** The share of the time that a primary gets whose connection broke. */
const lostShare = 1 / 4

export interface ViewClockOptions<S extends LoopState> {
  readonly machine: {
    readonly group: Group
    readonly viewTimer: (state: S, stands: ReadonlyArray<Stand>) => ViewTimer | undefined
  }
  /** Where each peer that is connected stands. */
  readonly stands: () => ReadonlyArray<Stand>
  /** The time in a view in which something was executed, in milliseconds. */
  readonly baseMs: number
  /** Whether a replica was connected and is not any more. */
  readonly isLost: (replica: ReplicaId) => boolean
  /** Whether the view may be given up; otherwise the timer starts anew. */
  readonly mayFire: () => boolean
  readonly fire: (view: View) => void
}

export class ViewClock<S extends LoopState> {
  readonly #options: ViewClockOptions<S>
  #timer: NodeJS.Timeout | undefined
  #key: string | undefined
  /** When the timer ends, by the clock of `performance.now()`. */
  #endsAt = 0
  /** The highest number that was ever executed. */
  #executed: Seq = -1
  /** The view of the last execution. */
  #settled: View = 0

  constructor(options: ViewClockOptions<S>) {
    this.#options = options
  }

  /** To be called after steps, and after a peer told how far it is. */
  update(state: S): void {
    // What a new view takes back and executes again is nothing new.
    if (state.executed > this.#executed) {
      this.#executed = state.executed
      this.#settled = state.view
    }
    const { machine, stands, baseMs, isLost } = this.#options
    const wanted = machine.viewTimer(state, stands())
    const isSame = wanted?.key === this.#key
    if (!isSame) this.stop()
    this.#key = wanted?.key
    if (wanted === undefined) return
    const usual = baseMs * 2 ** Math.min(doublings, state.view - this.#settled)
    const ms = isLost(primaryOf(machine.group, state.view)) ? usual * lostShare : usual
    if (isSame && performance.now() + ms >= this.#endsAt) return
    clearTimeout(this.#timer)
    this.#start(wanted.view, ms)
  }

  #start(view: View, ms: number): void {
    this.#endsAt = performance.now() + ms
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
