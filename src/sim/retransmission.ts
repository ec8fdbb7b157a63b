/**
 * What a replica sends again to one that tells, twice in a row, that it has not moved: its own
 * messages above what the other executed. To the protocol these are late messages of the network.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import { checkpointsAbove, lastOccupied, messagesAt } from "../core/pbft/resend.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { Progress } from "./messages.ts"

/** Sequence numbers that are sent again at one report. */
const atOnce = 16

/** Own messages for sequence numbers that the log has left behind. */
export class History {
  readonly #config: Config
  readonly #bySeq = new Map<Seq, ReadonlyArray<PeerMessage>>()

  constructor(config: Config) {
    this.#config = config
  }

  /** The low watermark moved between these states: keeps what the log dropped. */
  keep(before: State, after: State): void {
    const { low } = before.log
    const own = [
      ...checkpointsAbove(this.#config, after, low),
      ...checkpointsAbove(this.#config, before, low),
    ]
    for (let seq = low + 1; seq <= after.log.low; seq++) {
      const checkpoint = own.find((c) => c.seq === seq)
      const votes = messagesAt(this.#config, before, seq)
      const known = this.#bySeq.get(seq) ?? []
      const now = checkpoint === undefined ? votes : [...votes, checkpoint]
      if (now.length >= known.length) this.#bySeq.set(seq, now)
    }
  }

  at(seq: Seq): ReadonlyArray<PeerMessage> {
    return this.#bySeq.get(seq) ?? []
  }

  clear(): void {
    this.#bySeq.clear()
  }
}

export class Retransmission {
  readonly #config: Config
  readonly #history: History
  readonly #told = new Map<ReplicaId, Progress>()

  constructor(config: Config, history: History) {
    this.#config = config
    this.#history = history
  }

  /** A peer says how far it is: what is to be sent to it again. */
  due(state: State, told: Progress): ReadonlyArray<PeerMessage> {
    const before = this.#told.get(told.replica)
    this.#told.set(told.replica, told)
    if (before?.executed !== told.executed || before.low !== told.low) return []
    const { low, executed } = told
    const again: Array<PeerMessage> = []
    // A checkpoint that it executed but that is not stable there lacks votes.
    for (let seq = low + 1; seq <= Math.min(executed, state.log.low); seq++) {
      again.push(...this.#history.at(seq).filter((m) => m._tag === "Checkpoint"))
    }
    again.push(...checkpointsAbove(this.#config, state, low))
    const last = Math.min(low + this.#config.logSize, lastOccupied(state), executed + atOnce)
    for (let seq = executed + 1; seq <= last; seq++) {
      const covered = seq > state.log.low
      again.push(...(covered ? messagesAt(this.#config, state, seq) : this.#history.at(seq)))
    }
    return again
  }
}
