/**
 * Timers for many of the same kind, with one clock: whether a deadline has passed is looked up a
 * few times in the span of a timer. Setting and cancelling cost a store into an array; a timer
 * fires late by up to an eighth of its span.
 */
export class Deadlines {
  readonly #at: Float64Array
  readonly #clock: NodeJS.Timeout

  /** Timers `0 .. count - 1`, each of about `spanMs`; `fire` is called with the number of one. */
  constructor(count: number, spanMs: number, fire: (timer: number) => void) {
    this.#at = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
    this.#clock = setInterval(
      () => {
        const now = performance.now()
        for (let timer = 0; timer < this.#at.length; timer++) {
          if ((this.#at[timer] as number) > now) continue
          this.#at[timer] = Number.POSITIVE_INFINITY
          fire(timer)
        }
      },
      Math.max(1, spanMs / 8),
    )
  }

  /** Fires once after `ms`; a timer that is set again starts anew. */
  set(timer: number, ms: number): void {
    this.#at[timer] = performance.now() + ms
  }

  cancel(timer: number): void {
    this.#at[timer] = Number.POSITIVE_INFINITY
  }

  close(): void {
    clearInterval(this.#clock)
  }
}
