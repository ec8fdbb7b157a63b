/**
 * Messages for sequence numbers above the high watermark wait here: a replica that lags behind
 * would ignore them, and nobody would send them again before it has stalled. To the protocol this
 * is a slow network. Each peer has its own share, and what does not fit is dropped.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { Input } from "../core/pbft/state.ts"

interface Waiting {
  readonly seq: Seq
  readonly bytes: number
  readonly input: Input
}

interface Share {
  waiting: Array<Waiting>
  bytes: number
}

/** Where a message of a peer belongs; undefined for what has no place in the log. */
export const placeOf = (
  input: Input,
): { readonly seq: Seq; readonly replica: ReplicaId } | undefined => {
  if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return undefined
  const { message } = input
  return message._tag === "Request" ? undefined : message
}

/** About how much memory an input takes. */
const sizeOf = (input: Input): number => {
  if (input._tag !== "ReceivePrePrepare") return 200
  let bytes = 200
  for (const r of input.message.batch) bytes += 200 + r.operation.length
  return bytes
}

export class EarlyMessages {
  readonly #shares: ReadonlyArray<Share>
  readonly #limit: number

  constructor(replicas: number, bytesEach: number) {
    this.#shares = Array.from({ length: replicas }, () => ({ waiting: [], bytes: 0 }))
    this.#limit = bytesEach
  }

  /** Keeps an input of a replica for `seq`; false when its share is used up. */
  hold(replica: ReplicaId, seq: Seq, input: Input): boolean {
    const share = this.#shares[replica]
    const bytes = sizeOf(input)
    if (share === undefined || share.bytes + bytes > this.#limit) return false
    share.waiting.push({ seq, bytes, input })
    share.bytes += bytes
    return true
  }

  /** Gives back what is for `high` or below, in order of arrival by peer. */
  release(high: Seq): ReadonlyArray<Input> {
    const due: Array<Input> = []
    for (const share of this.#shares) {
      if (share.waiting.length === 0) continue
      const still = share.waiting.filter((w) => w.seq > high)
      for (const w of share.waiting) if (w.seq <= high) due.push(w.input)
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
