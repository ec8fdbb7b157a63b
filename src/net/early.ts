/**
 * Messages that came too early wait here: those for sequence numbers above the high watermark, and
 * those of a view that this replica has not entered yet. It would ignore them, and nobody would
 * send them again before it has stalled. To the protocol this is a slow network. Each peer has its
 * own share, and what does not fit is dropped.
 *
 * Outside the specification: that a message waits until it can be used. The network there delays
 * whatever was sent.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { Kinds, LoopState, Place, Repetition } from "./protocol.ts"

interface Waiting<I> {
  readonly place: Place
  readonly bytes: number
  readonly input: I
}

interface Share<I> {
  waiting: Array<Waiting<I>>
  bytes: number
}

/** Whether its view is not entered yet, or its number above the window; `active`: of the state. */
export const isAhead = (active: boolean, state: LoopState, { view, seq }: Place): boolean => {
  if (view !== undefined && view < state.view) return false
  if (view !== undefined && (view > state.view || !active)) return true
  return seq > state.log.low + state.log.length
}

const isLate = (state: LoopState, { view, seq }: Place): boolean =>
  (view !== undefined && view < state.view) || seq <= state.log.low

type Early<K extends Kinds> = Pick<Repetition<K>, "isEarly" | "sizeOf">

export class EarlyMessages<K extends Kinds> {
  readonly #protocol: Early<K>
  readonly #shares: ReadonlyArray<Share<K["Input"]>>
  readonly #limit: number

  constructor(protocol: Early<K>, replicas: number, bytesEach: number) {
    this.#protocol = protocol
    this.#shares = Array.from({ length: replicas }, () => ({ waiting: [], bytes: 0 }))
    this.#limit = bytesEach
  }

  /** Keeps an input of a replica for later; false when its share is used up. */
  hold(place: Place, input: K["Input"]): boolean {
    const share = this.#shares[place.replica]
    const bytes = this.#protocol.sizeOf(input)
    if (share === undefined || share.bytes + bytes > this.#limit) return false
    share.waiting.push({ place, bytes, input })
    share.bytes += bytes
    return true
  }

  /** Gives back whose time has come, by peer in order of arrival; forgets whose time has passed. */
  release(state: K["State"]): ReadonlyArray<K["Input"]> {
    const { isEarly } = this.#protocol
    const due: Array<K["Input"]> = []
    for (const share of this.#shares) {
      if (share.waiting.length === 0) continue
      const still = share.waiting.filter((w) => isEarly(state, w.place))
      if (still.length === share.waiting.length) continue
      for (const { place, input } of share.waiting) {
        if (!isEarly(state, place) && !isLate(state, place)) due.push(input)
      }
      share.bytes = still.reduce((sum, w) => sum + w.bytes, 0)
      share.waiting = still
    }
    return due
  }

  /** What waits, by peer in order of arrival. */
  waiting(): ReadonlyArray<Pick<Waiting<K["Input"]>, "place" | "input">> {
    return this.#shares.flatMap((share) => share.waiting)
  }

  /** Forgets a peer's, if any's: it starts over on a new connection, or under a new key. */
  forget(replica: ReplicaId | undefined): void {
    const share = replica === undefined ? undefined : this.#shares[replica]
    if (share === undefined) return
    share.waiting = []
    share.bytes = 0
  }
}
