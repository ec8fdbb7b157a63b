/**
 * Messages of a view that a replica has not entered yet wait here, as in src/net/early.ts: to the
 * protocol they are messages of a slow network. Each peer has its share, the rest is dropped.
 */
import type { ReplicaId, View } from "../core/ids.ts"
import type { Input, State } from "../core/pbft/state.ts"

interface Waiting {
  readonly view: View
  readonly replica: ReplicaId
  readonly input: Input
}

/** The view and sender of a message of a view's log; undefined for all others. */
const placeOf = (input: Input): Waiting | undefined => {
  if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return undefined
  const { message } = input
  switch (message._tag) {
    case "PrePrepare":
    case "Prepare":
    case "Commit":
      return { view: message.view, replica: message.replica, input }
    default:
      return undefined
  }
}

const isEarly = ({ view, active }: State, place: Waiting): boolean =>
  place.view > view || (place.view === view && !active)

export class EarlyMessages {
  readonly #share: number
  #waiting: ReadonlyArray<Waiting> = []

  /** `share`: how many messages of each peer may wait. */
  constructor(share: number) {
    this.#share = share
  }

  /** Whether the input is too early for the state: then it waits, or is dropped. */
  holds(state: State, input: Input): boolean {
    const place = placeOf(input)
    if (place === undefined || !isEarly(state, place)) return false
    const mine = this.#waiting.filter(({ replica }) => replica === place.replica).length
    if (mine < this.#share) this.#waiting = [...this.#waiting, place]
    return true
  }

  /** What is not early any more, in order of arrival; what is of older views is forgotten. */
  release(state: State): ReadonlyArray<Input> {
    const due = this.#waiting.filter((w) => !isEarly(state, w))
    this.#waiting = this.#waiting.filter((w) => isEarly(state, w))
    return due.filter(({ view }) => view === state.view).map(({ input }) => input)
  }

  clear(): void {
    this.#waiting = []
  }
}
