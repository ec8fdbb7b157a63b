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
import * as Window from "../core/window.ts"
import type { Kinds, Repetition } from "./protocol.ts"

type Kept<K extends Kinds> = Pick<
  Repetition<K>,
  "messagesAt" | "checkpointsAbove" | "viewOf" | "bytesOf"
>

interface Entry<M> {
  readonly messages: ReadonlyArray<M>
  readonly bytes: number
}

/** About the memory of an entry beside its messages. */
const entryBytes = 100

export class History<K extends Kinds> {
  readonly #protocol: Kept<K>
  readonly #limit: number
  readonly #entries = new Map<Seq, Entry<K["Message"]>>()
  #first: Seq = 1
  #last: Seq = 0
  #bytes = 0

  constructor(protocol: Kept<K>, limit: number) {
    this.#protocol = protocol
    this.#limit = limit
  }

  /** The last sequence number of which it has something; 0 when there is none. */
  get last(): Seq {
    return this.#last
  }

  /** One step of the replica: keeps what its log does not hold any more. */
  keep(before: K["State"], after: K["State"]): void {
    const { low } = before.log
    if (this.#entries.size === 0) this.#first = low + 1
    if (before.view < after.view) {
      for (const seq of Window.occupied(before.log)) {
        this.#add(seq, this.#protocol.messagesAt(before, seq))
      }
    }
    if (low < after.log.low) this.#drop(before, after)
    while (this.#bytes > this.#limit) this.#forget()
  }

  #drop(before: K["State"], after: K["State"]): void {
    const { low } = before.log
    const { checkpointsAbove, messagesAt } = this.#protocol
    const checkpoints = checkpointsAbove(after, low)
    const own = checkpointsAbove(before, low)
    // A state that was fetched may take the log far: what it never held is in no history.
    const last = Math.min(after.log.low, low + before.log.length)
    for (let seq = low + 1; seq <= last; seq++) {
      const now = checkpoints.filter((c) => c.seq === seq)
      const said = now.length > 0 ? now : own.filter((c) => c.seq === seq)
      this.#add(seq, [...messagesAt(before, seq), ...said.map((c) => c.message)])
    }
  }

  #add(seq: Seq, messages: ReadonlyArray<K["Message"]>): void {
    const known = this.#entries.get(seq)
    const all = known === undefined ? messages : [...known.messages, ...messages]
    const bytes = all.reduce((sum, m) => sum + this.#protocol.bytesOf(m), entryBytes)
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
  at(seq: Seq, view: View): ReadonlyArray<K["Message"]> {
    const messages = this.#entries.get(seq)?.messages ?? []
    return messages.filter((m) => (this.#protocol.viewOf(m) ?? view) === view)
  }
}
