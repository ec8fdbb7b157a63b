/** Who waits for a moment, and is told when it has come. */
export class Waiters {
  #waiting: Array<() => void> = []

  /** Resolves at the next `release`. */
  wait(): Promise<void> {
    return new Promise<void>((resolve) => void this.#waiting.push(resolve))
  }

  release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
