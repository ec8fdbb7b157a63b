/**
 * The view-change timer of a simulated replica, as in src/net/view-clock.ts and suspicion.ts: it
 * runs when the protocol's timer.ts says so, twice as long after each view that was left since
 * something was executed, and waits on while the replica has no reason to give up its view. A state
 * is one message here, so none is coming in when a timer fires.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import { nextStand, type Stand } from "../core/stand.ts"
import type { Progress } from "./progress.ts"
import { type Timers, viewTimerName } from "./timers.ts"

/** How often the timer's time is doubled at most. */
const doublings = 6
/** Whoever told nothing for so many reports is not heard. */
const silentReports = 4

/** How far a replica is, for its timer. */
interface Where {
  readonly view: View
  readonly active: boolean
  readonly executed: Seq
}

/** What a timer waits for, and which view it gives up. */
interface Wanted {
  readonly view: View
  readonly key: string
}

/** `told`: what each peer that is heard told last. Why: src/net/suspicion.ts. */
export const maySuspect = (group: Group, state: Where, told: ReadonlyArray<Progress>): boolean => {
  if (1 + told.length < group.quorum) return false
  const enough = 2 * group.f + 1
  const ahead = told.filter((p) => p.executed > state.executed).length
  const inside = told.filter((p) => p.active && p.view >= state.view).length
  return ahead < enough && (state.active || inside < enough)
}

export interface ViewClockOptions<S extends Where> {
  readonly group: Group
  /** The timer of a state; undefined when none runs. */
  readonly wanted: (state: S, stands: ReadonlyArray<Stand>) => Wanted | undefined
  readonly baseMs: number
  readonly progressMs: number
  readonly timers: Timers
  /** Virtual time in microseconds. */
  readonly now: () => number
}

interface Heard {
  readonly at: number
  readonly progress: Progress
  readonly stand: Stand
}

export class ViewClock<S extends Where> {
  readonly #options: ViewClockOptions<S>
  readonly #told = new Map<ReplicaId, Heard>()
  #key: string | undefined
  #view: View = 0
  #ms = 0
  /** The highest number that was ever executed. */
  #executed: Seq = -1
  /** The view of the last execution. */
  #settled: View = 0

  constructor(options: ViewClockOptions<S>) {
    this.#options = options
  }

  told(progress: Progress): void {
    const { replica, executed } = progress
    const stand = nextStand(this.#told.get(replica)?.stand, executed, this.#executed)
    this.#told.set(replica, { at: this.#options.now(), progress, stand })
  }

  /** To be called after steps, and after a peer told how far it is. */
  update(state: S): void {
    const { wanted: timerOf, baseMs, timers } = this.#options
    // What a new view takes back and executes again is nothing new.
    if (state.executed > this.#executed) {
      this.#executed = state.executed
      this.#settled = state.view
    }
    const stands = this.#heard().map(({ stand }) => stand)
    const wanted = timerOf(state, stands)
    if (wanted?.key === this.#key) return
    this.#key = wanted?.key
    timers.cancel(viewTimerName)
    if (wanted === undefined) return
    this.#view = wanted.view
    this.#ms = baseMs * 2 ** Math.min(doublings, state.view - this.#settled)
    timers.set(viewTimerName, this.#ms)
  }

  /** The timer has ended: the view that is given up, or undefined when it is to wait on. */
  fired(state: S): View | undefined {
    const { group, timers } = this.#options
    const told = this.#heard().map(({ progress }) => progress)
    if (maySuspect(group, state, told)) return this.#view
    timers.set(viewTimerName, this.#ms)
    return undefined
  }

  #heard(): ReadonlyArray<Heard> {
    const { now, progressMs } = this.#options
    const since = now() - silentReports * progressMs * 1000
    // order-free: they are counted
    return [...this.#told.values()].filter(({ at }) => at >= since)
  }

  /** The process stops. */
  clear(): void {
    this.#told.clear()
    this.#key = undefined
    this.#executed = -1
    this.#settled = 0
  }
}
