/**
 * Sends a peer again what it may have missed: on a new connection everything above what it has
 * executed, later what it stalls on. As far as its window reaches, and on when that moves; no
 * faster than the connection takes it. Of the log it is sent what was said in its own view; once
 * it has come to where the next view starts, it is sent the NEW-VIEW. Whom none of that helps is
 * told what was executed.
 *
 * Outside the specification: what is sent again, to whom, and how fast. The network there repeats
 * whatever was sent; only progress depends on this.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import { nextStand, type Stand } from "../core/stand.ts"
import * as Window from "../core/window.ts"
import type { History } from "./history.ts"
import type { Progress } from "./progress.ts"
import type { Kinds, LoopState, ReplicaProtocol, TellTo } from "./protocol.ts"

/** Reports without progress before a connected peer is helped: one may be a slow moment. */
const stalledReports = 2
/** Reports without progress before a backup passes on what the primary was to send. */
const passingReports = 3
/** Reports without progress after which a peer cannot come to where the new view starts. */
const hopelessReports = 8
/** While more than this waits for a peer, nothing is added. */
const queuedBytesLimit = 1024 * 1024
/** Sequence numbers in one turn: what waits for the disk does not count as queued. */
const turnLimit = 32

interface Follower {
  /** What it told last; undefined before the first word on a connection. */
  told: Progress | undefined
  /** How often in a row it told the same; `same` starts over when it is helped. */
  same: number
  stalled: number
  /** What it has executed, and how often it said so from below. */
  stand: Stand | undefined
  /** What is still to be sent again: `next .. last`. */
  next: Seq
  last: Seq
}

export interface CatchUpSender<M> {
  readonly toReplica: (replica: ReplicaId, message: M) => void
  readonly queuedBytes: (replica: ReplicaId) => number
}

/** The last sequence number of the log that holds something; the low watermark when none does. */
const lastOccupied = ({ log }: LoopState): Seq => Window.occupied(log).at(-1) ?? log.low

type Followed<K extends Kinds> = Pick<ReplicaProtocol<K>, "machine" | "repetition">

export class CatchUp<K extends Kinds> {
  readonly #protocol: Followed<K>
  readonly #sender: CatchUpSender<K["Message"]>
  readonly #history: History<K>
  readonly #followers: ReadonlyArray<Follower>

  constructor(protocol: Followed<K>, sender: CatchUpSender<K["Message"]>, history: History<K>) {
    this.#protocol = protocol
    this.#sender = sender
    this.#history = history
    this.#followers = Array.from({ length: protocol.machine.group.n }, () => ({
      told: undefined,
      same: 0,
      stalled: 0,
      stand: undefined,
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
    follower.stalled = 0
    follower.stand = undefined
    follower.next = 1
    follower.last = 0
  }

  told(replica: ReplicaId): Progress | undefined {
    return this.#followers[replica]?.told
  }

  /** What each peer that is connected told last. */
  heard(isConnected: (replica: ReplicaId) => boolean): ReadonlyArray<Progress> {
    return this.#followers.flatMap(({ told }, replica) =>
      told !== undefined && isConnected(replica) ? [told] : [],
    )
  }

  /** Where each peer that is connected stands. */
  stands(isConnected: (replica: ReplicaId) => boolean): ReadonlyArray<Stand> {
    return this.#followers.flatMap(({ stand }, replica) =>
      stand !== undefined && isConnected(replica) ? [stand] : [],
    )
  }

  /**
   * The peers that stay below what this replica has executed, though they were helped as far as
   * they could be: to be told what that was. To be asked a few times a second.
   */
  stuck(state: K["State"]): ReadonlyArray<TellTo> {
    return this.#followers.flatMap(({ told, stalled }, replica) => {
      if (told === undefined || told.executed >= state.executed) return []
      // Own messages of its view may help it first.
      const isHere = told.active && told.view === state.view
      const { executed } = told
      return stalled < (isHere ? passingReports : 1) ? [] : [{ replica, executed, most: turnLimit }]
    })
  }

  /** Whether some peer has dropped what this replica is still to execute. */
  isBehind({ executed }: K["State"]): boolean {
    return this.#followers.some(({ told }) => (told?.low ?? 0) > executed)
  }

  /** A peer says how far it is: decides what is to be sent to it again. */
  progress(state: K["State"], replica: ReplicaId, told: Progress): void {
    const follower = this.#followers[replica]
    if (follower === undefined) return
    const before = follower.told
    follower.told = told
    const here = before?.view === told.view && before.active === told.active
    const same = here && before.executed === told.executed
    follower.same = same ? follower.same + 1 : 0
    follower.stalled = same ? follower.stalled + 1 : 0
    const settled = this.#protocol.machine.settledState(state).executed
    follower.stand = nextStand(follower.stand, told.executed, settled)
    if (this.#wantsNewView(state, told) && this.#isDue(state, follower, before === undefined)) {
      const started = this.#protocol.repetition.newView(state)
      if (started !== undefined) this.#sender.toReplica(replica, started.message)
    }
    if (!here) return this.#start(state, replica, told)
    const reach = this.#reach(state, told)
    const behind = told.low < state.log.low && reach > told.executed
    if (follower.next <= follower.last || behind) {
      // It is being helped, or is behind the log: on as far as its window reaches now.
      follower.last = Math.max(follower.last, reach)
    }
    if (follower.same < stalledReports || follower.next <= follower.last) return
    follower.same = 0
    if (reach > told.executed || told.low < state.log.low) this.#start(state, replica, told)
  }

  // The NEW-VIEW is what a peer waits for, or goes on with.
  #wantsNewView({ newView, view }: K["State"], told: Progress): boolean {
    if (newView === undefined) return false
    return told.view < view || (told.view === view && !told.newView)
  }

  // In an older view a peer can still execute up to where the new one starts; afterwards it cannot.
  #isDue(state: K["State"], { told, stalled }: Follower, first: boolean): boolean {
    const { machine, repetition } = this.#protocol
    const started = repetition.newView(state)
    if (told === undefined || started === undefined) return false
    const near = !told.active || told.executed >= started.start
    if (!near) return stalled >= hopelessReports
    // Its primary sends it at once. What that one keeps from a peer, the others pass on.
    return started.by === machine.id ? first || stalled > 0 : stalled >= passingReports
  }

  // How far the messages go that it can use: those of its own view.
  #reach(state: K["State"], told: Progress): Seq {
    const { view } = state
    if (!told.active || told.view > view) return told.executed
    const last = told.view === view ? lastOccupied(state) : this.#history.last
    return Math.min(told.low + this.#protocol.machine.logSize, last)
  }

  #start(state: K["State"], replica: ReplicaId, told: Progress): void {
    const follower = this.#followers[replica]
    if (follower === undefined) return
    const { low, executed, view } = told
    const { isOfCheckpoint, checkpointsAbove } = this.#protocol.repetition
    // A checkpoint that it executed but that is not stable there lacks votes.
    for (let seq = low + 1; seq <= Math.min(executed, state.log.low); seq++) {
      for (const m of this.#history.at(seq, view)) {
        if (isOfCheckpoint(m)) this.#sender.toReplica(replica, m)
      }
    }
    for (const { message } of checkpointsAbove(state, low)) {
      this.#sender.toReplica(replica, message)
    }
    // In a later view its numbers are agreed on anew, those too that it has executed before.
    follower.next = (state.view === 0 ? executed : low) + 1
    follower.last = this.#reach(state, told)
  }

  #messagesFor(state: K["State"], seq: Seq, { view }: Progress): ReadonlyArray<K["Message"]> {
    const inLog = view === state.view && seq > state.log.low
    if (!inLog) return this.#history.at(seq, view)
    return this.#protocol.repetition.messagesAt(state, seq)
  }

  /** Sends on as far as the connections take it; how many sequence numbers. */
  pump(state: K["State"]): number {
    let sent = 0
    this.#followers.forEach((follower, replica) => {
      const { told } = follower
      if (told === undefined) return
      for (let count = 0; count < turnLimit && follower.next <= follower.last; count++) {
        if (this.#sender.queuedBytes(replica) >= queuedBytesLimit) return
        for (const message of this.#messagesFor(state, follower.next, told)) {
          this.#sender.toReplica(replica, message)
        }
        follower.next++
        sent++
      }
    })
    return sent
  }
}
