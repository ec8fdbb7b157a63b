/**
 * Own messages whose sequence numbers the log has left behind. A replica that was away for a while
 * needs them: they bring it from its own stable checkpoint to where the others' logs start. To the
 * protocol they are messages that the network delivers late. Bounded: the oldest go first, and
 * whoever needs those has missed a checkpoint.
 */
import type { Seq } from "../core/ids.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import { checkpointsAbove, messagesAt } from "../core/pbft/resend.ts"
import type { Config, State } from "../core/pbft/state.ts"

interface Entry {
  readonly messages: ReadonlyArray<PeerMessage>
  readonly bytes: number
}

/** About how much memory the messages keep alive. */
const bytesOf = (messages: ReadonlyArray<PeerMessage>): number => {
  let bytes = 100
  for (const m of messages) {
    bytes += 200
    if (m._tag !== "PrePrepare") continue
    for (const r of m.batch) bytes += 200 + r.operation.length + r.authenticator.length
  }
  return bytes
}

export class History {
  readonly #config: Config
  readonly #limit: number
  readonly #entries = new Map<Seq, Entry>()
  #first: Seq = 1
  #bytes = 0

  constructor(config: Config, limit: number) {
    this.#config = config
    this.#limit = limit
  }

  /** The low watermark moved between these states: keeps what the log dropped. */
  keep(before: State, after: State): void {
    const { low } = before.log
    if (this.#entries.size === 0) this.#first = low + 1
    const checkpoints = checkpointsAbove(this.#config, after, low)
    const own = checkpointsAbove(this.#config, before, low)
    for (let seq = low + 1; seq <= after.log.low; seq++) {
      const checkpoint = checkpoints.find((c) => c.seq === seq) ?? own.find((c) => c.seq === seq)
      const votes = messagesAt(this.#config, before, seq)
      const messages = checkpoint === undefined ? votes : [...votes, checkpoint]
      const bytes = bytesOf(messages)
      this.#entries.set(seq, { messages, bytes })
      this.#bytes += bytes
    }
    while (this.#bytes > this.#limit) this.#forget()
  }

  #forget(): void {
    this.#bytes -= this.#entries.get(this.#first)?.bytes ?? 0
    this.#entries.delete(this.#first)
    this.#first++
  }

  /** What was sent for `seq`, its checkpoint last; nothing when that is forgotten. */
  at(seq: Seq): ReadonlyArray<PeerMessage> {
    return this.#entries.get(seq)?.messages ?? []
  }
}
