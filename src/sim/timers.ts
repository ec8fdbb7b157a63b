/** The timers of the simulated processes, by the clocks of their nodes. */
/** A replica's one timer; view-clock.ts says when it runs. */
export const viewTimerName = "view"

/** When something is to happen, by the clock of one node. */
export interface LocalClock {
  /** Calls `run` after `ms` milliseconds of the node's own clock. */
  readonly after: (ms: number, run: () => void) => void
}

/** The timers of one process; a timer that is set again starts anew. */
export class Timers {
  readonly #clock: LocalClock
  readonly #fire: (timer: string) => void
  readonly #set = new Map<string, number>()
  #count = 0

  constructor(clock: LocalClock, fire: (timer: string) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  set(timer: string, ms: number): void {
    const mine = ++this.#count
    this.#set.set(timer, mine)
    this.#clock.after(ms, () => {
      if (this.#set.get(timer) !== mine) return
      this.#set.delete(timer)
      this.#fire(timer)
    })
  }

  cancel(timer: string): void {
    this.#set.delete(timer)
  }

  /** The process stops. */
  clear(): void {
    this.#set.clear()
  }
}
