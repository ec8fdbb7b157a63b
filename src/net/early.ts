/**
 * Messages that came too early wait here: those for sequence numbers above the high watermark, and
 * those of a view that this replica has not entered yet. It would ignore them, and nobody would
 * send them again before it has stalled. To the protocol this is a slow network. Each peer has its
 * own share, and what does not fit is dropped.
 *
 * Outside the specification: that a message waits until it can be used. The network there delays
 * whatever was sent.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import { highAt, isMute } from "../core/pbft/rejoin.ts"
import type { Input, State } from "../core/pbft/state.ts"
import { isSigned } from "../core/request.ts"

/** Where a message of a peer belongs. */
export interface Place {
  readonly replica: ReplicaId
  readonly seq: Seq
  /** A checkpoint belongs to no view. */
  readonly view: View | undefined
}

interface Waiting {
  readonly place: Place
  readonly bytes: number
  readonly input: Input
}

interface Share {
  waiting: Array<Waiting>
  bytes: number
}

/** The place of a message of a peer; undefined for what has no place in the log. */
export const placeOf = (input: Input): Place | undefined => {
  if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return undefined
  const { message } = input
  switch (message._tag) {
    case "PrePrepare":
    case "Prepare":
    case "Commit":
      return message
    case "Checkpoint":
      return { replica: message.replica, seq: message.seq, view: undefined }
    default:
      return undefined
  }
}

/** Whether a state is still to come in which the message has a meaning that it has not now. */
export const isEarly = (state: State, { view, seq }: Place): boolean => {
  if (view !== undefined && view < state.view) return false
  if (view !== undefined && (view > state.view || !state.active)) return true
  // Who is recovered does not take part before it knows its bound.
  if (view !== undefined && state.recovery?.estimate !== undefined && isMute(state)) return true
  return seq > highAt(state, state.log.low)
}

const isLate = (state: State, { view, seq }: Place): boolean =>
  (view !== undefined && view < state.view) || seq <= state.log.low

/** About how much memory an input takes. */
const sizeOf = (input: Input): number => {
  if (input._tag !== "ReceivePrePrepare") return 200
  let bytes = 200
  for (const r of input.message.batch) bytes += 200 + (isSigned(r) ? r.operation.length : 0)
  return bytes
}

export class EarlyMessages {
  readonly #shares: ReadonlyArray<Share>
  readonly #limit: number

  constructor(replicas: number, bytesEach: number) {
    this.#shares = Array.from({ length: replicas }, () => ({ waiting: [], bytes: 0 }))
    this.#limit = bytesEach
  }

  /** Keeps an input of a replica for later; false when its share is used up. */
  hold(place: Place, input: Input): boolean {
    const share = this.#shares[place.replica]
    const bytes = sizeOf(input)
    if (share === undefined || share.bytes + bytes > this.#limit) return false
    share.waiting.push({ place, bytes, input })
    share.bytes += bytes
    return true
  }

  /** Gives back whose time has come, by peer in order of arrival; forgets whose time has passed. */
  release(state: State): ReadonlyArray<Input> {
    const due: Array<Input> = []
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

  /** Forgets a peer's: it starts over on a new connection. */
  forget(replica: ReplicaId): void {
    const share = this.#shares[replica]
    if (share === undefined) return
    share.waiting = []
    share.bytes = 0
  }
}
