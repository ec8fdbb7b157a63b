/**
 * Notices that a replica is out of reach of the others' logs. A strong quorum vouched for a
 * checkpoint that it has not executed up to, or enough peers dropped the log that it needs, and it
 * has made no progress for a while: then no message that it waits for can come any more.
 *
 * Outside the specification: that a replica which missed too much tells its operator. What it
 * does about it is in state-transfer.ts.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import type { Progress } from "./progress.ts"
import type { LoopState } from "./protocol.ts"

/** Ticks without progress before it is believed: what was on its way has arrived by then. */
const patience = 8

export interface MissedEvents {
  readonly missed: (seq: Seq) => void
  readonly caughtUp: () => void
}

export class MissedCheckpoint {
  readonly #group: Group
  readonly #events: MissedEvents
  /** The peers' low watermarks, as they told them. */
  readonly #lows: Array<Seq>
  #executed: Seq = -1
  #stalled = 0
  #seq: Seq | undefined

  constructor(group: Group, events: MissedEvents) {
    this.#group = group
    this.#events = events
    this.#lows = new Array<Seq>(group.n).fill(0)
  }

  /** The checkpoint that was missed; undefined while the replica follows. */
  get seq(): Seq | undefined {
    return this.#seq
  }

  told(replica: ReplicaId, { low }: Progress): void {
    if (replica < this.#lows.length) this.#lows[replica] = low
  }

  // f + 1 peers have dropped their log up to here: one of them is correct.
  #dropped(): Seq {
    const lows = this.#lows.toSorted((a, b) => b - a)
    return lows[this.#group.f] ?? 0
  }

  /** `wanted`: the last checkpoint of which others vouch for a state that the replica lacks. */
  tick(state: LoopState, wanted: Seq | undefined): void {
    const progressed = state.executed !== this.#executed
    this.#executed = state.executed
    this.#stalled = progressed ? 0 : this.#stalled + 1
    if (progressed && this.#seq !== undefined) {
      this.#seq = undefined
      this.#events.caughtUp()
    }
    if (this.#seq !== undefined || this.#stalled < patience) return
    const dropped = this.#dropped()
    const seq = wanted ?? (dropped > state.executed ? dropped : undefined)
    if (seq === undefined) return
    this.#seq = seq
    this.#events.missed(seq)
  }
}
