/**
 * Sends a peer again what it may have missed: on a new connection everything above its stable
 * checkpoint, later what it stalls on. No faster than the connection takes it.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import { checkpointsAbove, lastOccupied, messagesAt } from "../core/pbft/resend.ts"
import type { Config, State } from "../core/pbft/state.ts"
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
  readonly #followers: ReadonlyArray<Follower>

  constructor(config: Config, sender: CatchUpSender) {
    this.#config = config
    this.#sender = sender
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

  /** A peer says how far it is. Returns how many checkpoints and messages are to be sent again. */
  progress(state: State, replica: ReplicaId, told: Progress): number {
    const follower = this.#followers[replica]
    if (follower === undefined) return 0
    const before = follower.told
    follower.told = told
    if (before === undefined) return this.#start(state, replica, told.low, told.low)
    follower.same = before.executed === told.executed ? follower.same + 1 : 0
    if (follower.same < stalledReports || follower.next <= follower.last) return 0
    if (lastOccupied(state) <= told.executed && state.log.low <= told.low) return 0
    follower.same = 0
    return this.#start(state, replica, told.low, told.executed)
  }

  #start(state: State, replica: ReplicaId, low: Seq, above: Seq): number {
    const follower = this.#followers[replica]
    if (follower === undefined) return 0
    const checkpoints = checkpointsAbove(this.#config, state, low)
    for (const checkpoint of checkpoints) this.#sender.toReplica(replica, checkpoint)
    follower.next = Math.max(above, state.log.low) + 1
    follower.last = Math.min(low + this.#config.logSize, lastOccupied(state))
    return checkpoints.length + Math.max(0, follower.last - follower.next + 1)
  }

  /** Sends on as far as the connections take it. */
  pump(state: State): void {
    this.#followers.forEach((follower, replica) => {
      while (
        follower.next <= follower.last &&
        this.#sender.queuedBytes(replica) < queuedBytesLimit
      ) {
        const messages = messagesAt(this.#config, state, follower.next)
        for (const message of messages) this.#sender.toReplica(replica, message)
        follower.next++
      }
    })
  }
}
