/**
 * Sends a peer again what it may have missed: on a new connection everything above what it has
 * executed, later what it stalls on. As far as its window reaches, and on when that moves; no
 * faster than the connection takes it.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import { checkpointsAbove, lastOccupied, messagesAt } from "../core/pbft/resend.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { History } from "./history.ts"
import type { Progress } from "./progress.ts"

/** Reports without progress before a connected peer is helped: one may be a slow moment. */
const stalledReports = 2
/** While more than this waits for a peer, nothing is added. */
const queuedBytesLimit = 1024 * 1024

interface Follower {
  /** What it told last; undefined before the first word on a connection. */
  told: Progress | undefined
  /** How often in a row it told the same `executed`. */
  same: number
  /** What is still to be sent again: `next .. last`. */
  next: Seq
  last: Seq
}

export interface CatchUpSender {
  readonly toReplica: (replica: ReplicaId, message: PeerMessage) => void
  readonly queuedBytes: (replica: ReplicaId) => number
}

export class CatchUp {
  readonly #config: Config
  readonly #sender: CatchUpSender
  readonly #history: History
  readonly #followers: ReadonlyArray<Follower>

  constructor(config: Config, sender: CatchUpSender, history: History) {
    this.#config = config
    this.#sender = sender
    this.#history = history
    this.#followers = Array.from({ length: config.group.n }, () => ({
      told: undefined,
      same: 0,
      next: 1,
      last: 0,
    }))
  }

  /** The connection is new or gone: what the peer told does not count any more. */
  forget(replica: ReplicaId): void {
    const follower = this.#followers[replica]
    if (follower === undefined) return
    follower.told = undefined
    follower.same = 0
    follower.next = 1
    follower.last = 0
  }

  told(replica: ReplicaId): Progress | undefined {
    return this.#followers[replica]?.told
  }

  /** A peer says how far it is: decides what is to be sent to it again. */
  progress(state: State, replica: ReplicaId, told: Progress): void {
    const follower = this.#followers[replica]
    if (follower === undefined) return
    const before = follower.told
    follower.told = told
    if (before === undefined) return this.#start(state, replica, told)
    follower.same = before.executed === told.executed ? follower.same + 1 : 0
    const reach = Math.min(told.low + this.#config.logSize, lastOccupied(state))
    if (follower.next <= follower.last || told.low < state.log.low) {
      // It is being helped, or is behind the log: on as far as its window reaches now.
      follower.last = Math.max(follower.last, reach)
    }
    if (follower.same < stalledReports || follower.next <= follower.last) return
    follower.same = 0
    if (reach > told.executed || told.low < state.log.low) this.#start(state, replica, told)
  }

  #start(state: State, replica: ReplicaId, { low, executed }: Progress): void {
    const follower = this.#followers[replica]
    if (follower === undefined) return
    // A checkpoint that it executed but that is not stable there lacks votes.
    for (let seq = low + 1; seq <= Math.min(executed, state.log.low); seq++) {
      for (const m of this.#history.at(seq)) {
        if (m._tag === "Checkpoint") this.#sender.toReplica(replica, m)
      }
    }
    for (const checkpoint of checkpointsAbove(this.#config, state, low)) {
      this.#sender.toReplica(replica, checkpoint)
    }
    follower.next = executed + 1
    follower.last = Math.min(low + this.#config.logSize, lastOccupied(state))
  }

  /** Sends on as far as the connections take it; how many sequence numbers. */
  pump(state: State): number {
    let sent = 0
    this.#followers.forEach((follower, replica) => {
      while (
        follower.next <= follower.last &&
        this.#sender.queuedBytes(replica) < queuedBytesLimit
      ) {
        const { next } = follower
        const known = next > state.log.low
        const messages = known ? messagesAt(this.#config, state, next) : this.#history.at(next)
        for (const message of messages) this.#sender.toReplica(replica, message)
        follower.next++
        sent++
      }
    })
    return sent
  }
}
