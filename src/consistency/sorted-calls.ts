import type { Call } from "./call.ts"

/** Calls in the order of their lines, whatever order they come in. */
export class SortedCalls {
  readonly #calls: Array<Call> = []

  get size(): number {
    return this.#calls.length
  }

  get all(): ReadonlyArray<Call> {
    return this.#calls
  }

  add(call: Call): void {
    const at = this.#calls.findLastIndex((c) => c.line < call.line) + 1
    this.#calls.splice(at, 0, call)
  }

  /** The lines of the first ones. */
  first(count: number): ReadonlyArray<number> {
    return this.#calls.slice(0, count).map((c) => c.line)
  }

  removeFirst(): void {
    this.#calls.shift()
  }
}
