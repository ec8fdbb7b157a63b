/**
 * What a running replica puts on disk. Records gather, and are written as one group while the loop
 * goes on; one group is being written at a time. What comes after a record leaves when the record
 * is durable, and not before. A log that has grown long is written anew at a stable checkpoint.
 *
 * Outside the specification: that records are on disk before what depends on them leaves. `Restart`
 * keeps there what a sent message depends on (`SentIsDurable`).
 */
import type { Seq } from "../core/ids.ts"
import { Gate } from "./gate.ts"
import type { LoopOptions, LoopTimes } from "./loop-options.ts"
import type { Send } from "./outgoing.ts"
import type { Kinds } from "./protocol.ts"
import type { StoreError } from "./store-error.ts"
import { Waiters } from "./waiters.ts"

export interface CommitHands<K extends Kinds> {
  /** Sends what need not wait any more. */
  readonly sendOut: (send: Send<K>) => void
  /** A group that was being written is durable, and what waited for it has left. */
  readonly durable: () => void
  /** The disk does not keep its promise, or sending failed. */
  readonly failed: (cause: unknown) => void
}

export class GroupCommit<K extends Kinds> {
  readonly #options: Pick<LoopOptions<K>, "protocol" | "store" | "compactBytes">
  readonly #hands: CommitHands<K>
  readonly #times: LoopTimes
  readonly #sends: Gate<Send<K>>
  /** Lines of the trace: a process that is killed has none of what its disk forgot. */
  readonly #lines: Gate<() => void>
  readonly #gates: ReadonlyArray<Pick<Gate<unknown>, "writing" | "durable">>
  readonly #quiet = new Waiters()
  #isWriting = false
  #isStopped = false
  #compactedAt: Seq = 0
  /** The last number whose batch the primary gave is on disk, or on its way there. */
  #durable: Seq = 0
  #written: Seq = 0

  constructor(
    options: Pick<LoopOptions<K>, "protocol" | "store" | "compactBytes">,
    times: LoopTimes,
    hands: CommitHands<K>,
  ) {
    this.#options = options
    this.#times = times
    this.#hands = hands
    const gathers = (): boolean => options.store.pending()
    this.#sends = new Gate<Send<K>>(gathers, hands.sendOut)
    this.#lines = new Gate<() => void>(gathers, (write) => write())
    this.#gates = [this.#lines, this.#sends]
  }

  /** The last number whose batch the primary gave is on disk. */
  get durable(): Seq {
    return this.#durable
  }

  /** How much waits to be sent. */
  get waiting(): number {
    return this.#sends.waiting
  }

  /** Whether anything is on its way to the disk. */
  get isBusy(): boolean {
    return this.#isWriting || this.#options.store.pending()
  }

  /** The state is the disk's. */
  started(state: K["State"]): void {
    this.#compactedAt = state.log.low
    this.#durable = this.#options.protocol.machine.lastAssigned(state)
  }

  /** Sends it once what was persisted before it is durable. */
  readonly send = (send: Send<K>): void => this.#sends.pass(send)

  /** The same of a line of the trace. */
  line(write: () => void): void {
    this.#lines.pass(write)
  }

  /** Writes the group that has gathered, or the whole log anew, unless one is being written. */
  commit(state: K["State"]): void {
    if (this.#isWriting) return
    const { store, protocol } = this.#options
    if (!store.pending()) return this.#quiet.release()
    this.#written = protocol.machine.lastAssigned(state)
    if (this.#isCompactable(state)) {
      store.compact(protocol.machine.durableRecords(state), state.log.low)
      this.#compactedAt = state.log.low
      this.#durable = this.#written
      for (const gate of this.#gates) gate.writing()
      for (const gate of this.#gates) gate.durable()
      return this.#quiet.release()
    }
    this.#isWriting = true
    for (const gate of this.#gates) gate.writing()
    const startedAt = performance.now()
    store.commit((error) => {
      this.#times.syncMs += performance.now() - startedAt
      this.#committed(error)
    })
  }

  #isCompactable({ log }: K["State"]): boolean {
    const { store, compactBytes } = this.#options
    return log.low > this.#compactedAt && store.logBytes() > compactBytes
  }

  #committed(error: StoreError | null): void {
    if (error !== null) return this.#hands.failed(error)
    this.#isWriting = false
    this.#durable = this.#written
    if (this.#isStopped) return this.#quiet.release()
    try {
      const startedAt = performance.now()
      for (const gate of this.#gates) gate.durable()
      this.#times.sendMs += performance.now() - startedAt
    } catch (cause) {
      return this.#hands.failed(cause)
    }
    this.#hands.durable()
  }

  /** Resolves when a turn had nothing to write, or nothing more is written. */
  quiet(): Promise<void> {
    return this.#quiet.wait()
  }

  /** Nothing waits for the disk any more, as nothing leaves. */
  stop(): void {
    this.#isStopped = true
    this.#isWriting = false
    this.#quiet.release()
  }
}
