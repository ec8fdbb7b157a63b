/**
 * Messages of a view that a replica has not entered yet wait here, as in src/net/early.ts: to the
 * protocol they are messages of a slow network. Each peer has its share, the rest is dropped.
 */
import type { ReplicaId, View } from "../core/ids.ts"

interface Waiting<I> {
  readonly view: View
  readonly replica: ReplicaId
  readonly input: I
}

/** How far a replica is. */
interface Where {
  readonly view: View
  /** Whether it takes part in the view. */
  readonly active: boolean
}

/** The view and sender of a message that belongs to a view; undefined for all others. */
export type PlaceOf<I> = (
  input: I,
) => { readonly view: View; readonly replica: ReplicaId } | undefined

const isEarly = ({ view, active }: Where, place: { readonly view: View }): boolean =>
  place.view > view || (place.view === view && !active)

export class EarlyMessages<I> {
  readonly #placeOf: PlaceOf<I>
  readonly #share: number
  #waiting: ReadonlyArray<Waiting<I>> = []

  /** `share`: how many messages of each peer may wait. */
  constructor(share: number, placeOf: PlaceOf<I>) {
    this.#placeOf = placeOf
    this.#share = share
  }

  /** Whether the input is too early for the state: then it waits, or is dropped. */
  holds(state: Where, input: I): boolean {
    const place = this.#placeOf(input)
    if (place === undefined || !isEarly(state, place)) return false
    const mine = this.#waiting.filter(({ replica }) => replica === place.replica).length
    if (mine < this.#share) this.#waiting = [...this.#waiting, { ...place, input }]
    return true
  }

  /** What is not early any more, in order of arrival; what is of older views is forgotten. */
  release(state: Where): ReadonlyArray<I> {
    const due = this.#waiting.filter((w) => !isEarly(state, w))
    this.#waiting = this.#waiting.filter((w) => isEarly(state, w))
    return due.filter(({ view }) => view === state.view).map(({ input }) => input)
  }

  /** What one peer said. */
  forget(replica: ReplicaId): void {
    this.#waiting = this.#waiting.filter((w) => w.replica !== replica)
  }

  clear(): void {
    this.#waiting = []
  }
}
