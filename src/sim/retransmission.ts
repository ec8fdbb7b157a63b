/**
 * What a replica sends again, as src/net/catch-up.ts and change-repeater.ts do: to a peer that
 * tells, twice in a row, that it has not moved, own messages of the peer's view above what it
 * executed, or the own NEW-VIEW; and while the view changes, what it has said of the change. To the
 * protocol these are late messages of the network. Whom that does not help is told what was
 * executed.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import {
  changeMessages,
  checkpointsAbove,
  lastOccupied,
  messagesAt,
  neededBatches,
} from "../core/pbft/resend.ts"
import type { Config, Input, State } from "../core/pbft/state.ts"
import { toTell } from "../core/pbft/telling.ts"
import * as Window from "../core/window.ts"
import { nameOf } from "./message-name.ts"
import type { Progress } from "./progress.ts"

/** Sequence numbers that are sent again at one report. */
const atOnce = 16
/** Reports without progress before a backup passes on what the primary was to send. */
const passingReports = 3
/** Reports without progress after which a peer cannot come to where the new view starts. */
const hopelessReports = 8

/** Own messages for sequence numbers that the log has left behind, and of views that were left. */
export class History {
  readonly #config: Config
  readonly #bySeq = new Map<Seq, ReadonlyArray<PeerMessage>>()
  #last: Seq = 0

  constructor(config: Config) {
    this.#config = config
  }

  /** The last sequence number of which it has something; 0 when there is none. */
  get last(): Seq {
    return this.#last
  }

  /** One step of the replica: keeps what its log does not hold any more. */
  keep(before: State, after: State): void {
    const { low } = before.log
    if (before.view < after.view) {
      for (const seq of Window.occupied(before.log)) {
        this.#add(seq, messagesAt(this.#config, before, seq))
      }
    }
    if (low === after.log.low) return
    const own = [
      ...checkpointsAbove(this.#config, after, low),
      ...checkpointsAbove(this.#config, before, low),
    ]
    for (let seq = low + 1; seq <= after.log.low; seq++) {
      const votes = messagesAt(this.#config, before, seq)
      this.#add(seq, [...votes, ...own.filter((c) => c.seq === seq)])
    }
  }

  // What has the same name says the same: the replica does not contradict itself.
  #add(seq: Seq, messages: ReadonlyArray<PeerMessage>): void {
    const all = new Map(this.#bySeq.get(seq)?.map((m) => [nameOf(m), m]))
    for (const message of messages) all.set(nameOf(message), message)
    this.#bySeq.set(seq, [...all.values()]) // order-free: in the order in which they were added
    this.#last = Math.max(this.#last, seq)
  }

  /** What was sent for `seq` in `view`, and its checkpoint. */
  at(seq: Seq, view: View): ReadonlyArray<PeerMessage> {
    const known = this.#bySeq.get(seq) ?? []
    return known.filter((m) => !("view" in m) || m.view === view)
  }

  /** The process has stopped: what it only remembered is gone. */
  clear(): void {
    this.#bySeq.clear()
    this.#last = 0
  }
}

interface Follower {
  readonly told: Progress
  /** How often in a row it told the same. */
  readonly stalled: number
}

const isSame = (one: Progress, other: Progress): boolean =>
  one.view === other.view &&
  one.active === other.active &&
  one.newView === other.newView &&
  one.executed === other.executed &&
  one.low === other.low

export class Retransmission {
  readonly #config: Config
  readonly #history: History
  readonly #followers = new Map<ReplicaId, Follower>()

  constructor(config: Config, history: History) {
    this.#config = config
    this.#history = history
  }

  /** The low watermark that a peer told last; 0 before it told one. */
  lowOf(replica: ReplicaId): Seq {
    return this.#followers.get(replica)?.told.low ?? 0
  }

  /** A peer says how far it is: what is to be sent to it again. */
  due(state: State, told: Progress): ReadonlyArray<PeerMessage> {
    const before = this.#followers.get(told.replica)
    const stalled = before !== undefined && isSame(before.told, told) ? before.stalled + 1 : 0
    this.#followers.set(told.replica, { told, stalled })
    if (stalled === 0) return []
    const { low, executed, view } = told
    const again: Array<PeerMessage> = []
    // A checkpoint that it executed but that is not stable there lacks votes.
    for (let seq = low + 1; seq <= Math.min(executed, state.log.low); seq++) {
      again.push(...this.#history.at(seq, view).filter((m) => m._tag === "Checkpoint"))
    }
    again.push(...checkpointsAbove(this.#config, state, low))
    // What it has executed in an earlier view it must agree on again, for the sake of others.
    const from = view === 0 ? executed : low
    const last = Math.min(this.#reach(state, told), executed + atOnce)
    for (let seq = from + 1; seq <= last; seq++) {
      const covered = view === state.view && seq > state.log.low
      again.push(...(covered ? messagesAt(this.#config, state, seq) : this.#history.at(seq, view)))
    }
    if (this.#wantsNewView(state, told, stalled) && state.newView !== undefined) {
      again.push(state.newView)
    }
    return again
  }

  // How far the messages go that it can use: those of its own view.
  #reach(state: State, told: Progress): Seq {
    if (!told.active || told.view > state.view) return told.executed
    const last = told.view === state.view ? lastOccupied(state) : this.#history.last
    return Math.min(told.low + this.#config.logSize, last)
  }

  // In an older view a peer can still execute up to where the new one starts; afterwards it cannot.
  #wantsNewView({ newView, view }: State, told: Progress, stalled: number): boolean {
    if (newView === undefined) return false
    if (told.view > view || (told.view === view && told.newView)) return false
    const near = !told.active || told.executed >= newView.start.seq
    if (!near) return stalled >= hopelessReports
    return newView.replica === this.#config.id || stalled >= passingReports
  }

  /** What a peer is to be told that was executed: after `due`, when it has not moved. */
  untold(state: State, told: Progress): ReadonlyArray<Input> {
    const { replica, executed, view, active } = told
    const stalled = this.#followers.get(replica)?.stalled ?? 0
    // Own messages of its view may help it first.
    const isHere = active && view === state.view
    if (stalled < (isHere ? passingReports : 1)) return []
    return toTell(this.#config, state, { replica, executed, most: atOnce })
  }

  /** What is to be said of the change of views again to a peer, and what is asked for. */
  ofChange(state: State, peer: ReplicaId): ReadonlyArray<PeerMessage> {
    if (state.active) return neededBatches(this.#config, state)
    const told = this.#followers.get(peer)?.told
    return changeMessages(this.#config, state).filter((message) => {
      if (told === undefined || message._tag === "FetchBatch") return true
      if (told.view !== state.view) return told.view < state.view
      return message._tag === "NewView" ? !told.newView : !told.active
    })
  }
}
