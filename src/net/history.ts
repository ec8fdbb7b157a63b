/**
 * Own messages that the log does not hold any more: of sequence numbers that it has left behind,
 * and of views that the replica has left. A replica that was away for a while needs them: they
 * bring it, in its own view, from its stable checkpoint to where the others' logs or the next view
 * start. To the protocol they are messages that the network delivers late. Bounded: the oldest go
 * first, and whoever needs those has missed a checkpoint.
 *
 * Outside the specification: that sent messages are kept to be sent again. The network there
 * repeats whatever was sent.
 */
import type { Seq, View } from "../core/ids.ts"
import type { SlotMessage } from "../core/pbft/message.ts"
import { checkpointsAbove, messagesAt } from "../core/pbft/resend.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { isSigned } from "../core/request.ts"
import * as Window from "../core/window.ts"

interface Entry {
  readonly messages: ReadonlyArray<SlotMessage>
  readonly bytes: number
}

/** About how much memory the messages keep alive. */
const bytesOf = (messages: ReadonlyArray<SlotMessage>): number => {
  let bytes = 100
  for (const m of messages) {
    bytes += 200
    if (m._tag !== "PrePrepare") continue
    for (const r of m.batch) {
      bytes += 200 + (isSigned(r) ? r.operation.length + r.authenticator.length : 0)
    }
  }
  return bytes
}

export class History {
  readonly #config: Config
  readonly #limit: number
  readonly #entries = new Map<Seq, Entry>()
  #first: Seq = 1
  #last: Seq = 0
  #bytes = 0

  constructor(config: Config, limit: number) {
    this.#config = config
    this.#limit = limit
  }

  /** The last sequence number of which it has something; 0 when there is none. */
  get last(): Seq {
    return this.#last
  }

  /** One step of the replica: keeps what its log does not hold any more. */
  keep(before: State, after: State): void {
    const { low } = before.log
    if (this.#entries.size === 0) this.#first = low + 1
    if (before.view < after.view) {
      for (const seq of Window.occupied(before.log)) {
        this.#add(seq, messagesAt(this.#config, before, seq))
      }
    }
    if (low < after.log.low) this.#drop(before, after)
    while (this.#bytes > this.#limit) this.#forget()
  }

  #drop(before: State, after: State): void {
    const { low } = before.log
    const checkpoints = checkpointsAbove(this.#config, after, low)
    const own = checkpointsAbove(this.#config, before, low)
    // A state that was fetched may take the log far: what it never held is in no history.
    const last = Math.min(after.log.low, low + before.log.length)
    for (let seq = low + 1; seq <= last; seq++) {
      const checkpoint = checkpoints.find((c) => c.seq === seq) ?? own.find((c) => c.seq === seq)
      const votes = messagesAt(this.#config, before, seq)
      this.#add(seq, checkpoint === undefined ? votes : [...votes, checkpoint])
    }
  }

  #add(seq: Seq, messages: ReadonlyArray<SlotMessage>): void {
    const known = this.#entries.get(seq)
    const all = known === undefined ? messages : [...known.messages, ...messages]
    const bytes = bytesOf(all)
    this.#entries.set(seq, { messages: all, bytes })
    this.#bytes += bytes - (known?.bytes ?? 0)
    this.#last = Math.max(this.#last, seq)
  }

  #forget(): void {
    this.#bytes -= this.#entries.get(this.#first)?.bytes ?? 0
    this.#entries.delete(this.#first)
    this.#first++
  }

  /** What was sent for `seq` in `view`, its checkpoint last; nothing when that is forgotten. */
  at(seq: Seq, view: View): ReadonlyArray<SlotMessage> {
    const messages = this.#entries.get(seq)?.messages ?? []
    return messages.filter((m) => m._tag === "Checkpoint" || m.view === view)
  }
}
