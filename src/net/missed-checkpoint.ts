/**
 * Notices that a replica is out of reach of the others' logs. A strong quorum vouched for a
 * checkpoint that it has not executed up to, or enough peers dropped the log that it needs, and it
 * has made no progress for a while: then no message that it waits for can come any more.
 *
 * Outside the specification: that a replica which missed too much tells its operator. What it
 * does about it is in state-transfer.ts.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import { wantedStates } from "../core/pbft/state-transfer.ts"
import { type Config, type State, settledSeq } from "../core/pbft/state.ts"
import type { Progress } from "./progress.ts"

/** Ticks without progress before it is believed: what was on its way has arrived by then. */
const patience = 8

export interface MissedEvents {
  readonly missed: (seq: Seq) => void
  readonly caughtUp: () => void
}

export class MissedCheckpoint {
  readonly #config: Config
  readonly #events: MissedEvents
  /** The peers' low watermarks, as they told them. */
  readonly #lows: Array<Seq>
  #executed: Seq = -1
  #stalled = 0
  #seq: Seq | undefined

  constructor(config: Config, events: MissedEvents) {
    this.#config = config
    this.#events = events
    this.#lows = new Array<Seq>(config.group.n).fill(0)
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
    return lows[this.#config.group.f] ?? 0
  }

  tick(state: State): void {
    const executed = settledSeq(state)
    const progressed = executed !== this.#executed
    this.#executed = executed
    this.#stalled = progressed ? 0 : this.#stalled + 1
    if (progressed && this.#seq !== undefined) {
      this.#seq = undefined
      this.#events.caughtUp()
    }
    if (this.#seq !== undefined || this.#stalled < patience) return
    const dropped = this.#dropped()
    const seq =
      wantedStates(this.#config, state).at(-1)?.seq ?? (dropped > executed ? dropped : undefined)
    if (seq === undefined) return
    this.#seq = seq
    this.#events.missed(seq)
  }
}
