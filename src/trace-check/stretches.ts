/**
 * Stretches of one process's own steps, as chain.ts has them of the merged run. Each process has
 * stretches of its own and counts its own steps, over its starts.
 */
import type { Selection } from "./chain.ts"

/** Steps of one process without a gap. */
export interface Stretch<E> {
  /** Number of the first step among those of the process, from 1. */
  readonly from: number
  readonly events: ReadonlyArray<E>
}

interface Open<E> extends Stretch<E> {
  readonly events: Array<E>
}

/** What is kept of one process while the run goes by. */
interface Kept<E> {
  steps: number
  open: Open<E> | undefined
  readonly done: Array<Stretch<E>>
  later: Stretch<E> | undefined
  /** The step from which on the next later stretch may start. */
  next: number
}

/** Collects the stretches of a selection, of each process. */
export class Stretches<K, E> {
  readonly #selection: Selection
  readonly #kept = new Map<K, Kept<E>>()

  constructor(selection: Selection) {
    this.#selection = selection
  }

  take(process: K, event: E): void {
    const kept = this.#of(process)
    const step = ++kept.steps
    if (kept.open === undefined && this.#starts(kept, step)) kept.open = { from: step, events: [] }
    if (kept.open === undefined) return
    kept.open.events.push(event)
    if (this.#isFull(step, kept.open)) this.#close(kept)
  }

  /** Steps are missing here, or the process starts again. */
  gap(process: K): void {
    this.#close(this.#of(process))
  }

  /** In the order of the run: what a range covers, or the first and the last stretch. */
  all(): ReadonlyArray<readonly [process: K, stretch: Stretch<E>]> {
    return [...this.#kept].flatMap(([process, kept]) => {
      this.#close(kept)
      const stretches = kept.later === undefined ? kept.done : [...kept.done, kept.later]
      return stretches.map((stretch) => [process, stretch] as const)
    })
  }

  #of(process: K): Kept<E> {
    const selection = this.#selection
    const next = selection._tag === "Auto" ? 2 * selection.size * selection.windows : 0
    const none = { steps: 0, open: undefined, done: [], later: undefined, next }
    const kept = this.#kept.get(process) ?? none
    this.#kept.set(process, kept)
    return kept
  }

  #starts({ next }: Kept<E>, step: number): boolean {
    const selection = this.#selection
    if (selection._tag === "Range") return step >= selection.from && step <= selection.to
    return step === 1 || step >= next
  }

  #isFull(step: number, { events }: Open<E>): boolean {
    const selection = this.#selection
    if (selection._tag === "Range") return step === selection.to
    return events.length >= selection.size * selection.windows
  }

  #close(kept: Kept<E>): void {
    const stretch = kept.open
    kept.open = undefined
    if (stretch === undefined) return
    if (this.#selection._tag === "Range" || stretch.from === 1) {
      kept.done.push(stretch)
      return
    }
    // The last whole one of several: they start at distances that double, so few are kept in vain.
    if (kept.later !== undefined && stretch.events.length < kept.later.events.length) return
    kept.later = stretch
    kept.next = 2 * (stretch.from + stretch.events.length)
  }
}
