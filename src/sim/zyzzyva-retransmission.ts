/**
 * What a Zyzzyva replica sends again: to a peer that tells, twice in a row, that it has not moved,
 * the orders of the peer's view that it lacks and the own words of checkpoints; and as long as it
 * accuses the primary, or is on its way to a view, what it has said of that. To the protocol these
 * are late messages of the network.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import type { PeerMessage } from "../core/zyzzyva/message.ts"
import { changeWords, checkpointWords, ordersAt } from "../core/zyzzyva/resend.ts"
import type { Config, State } from "../core/zyzzyva/state.ts"
import { nameOf } from "./message-name.ts"
import type { Progress } from "./progress.ts"

/** Sequence numbers that are sent again at one report. */
const atOnce = 16

/** What the log has left behind: orders, and own words of checkpoints, by view and number. */
class Past {
  readonly #bySeq = new Map<Seq, ReadonlyArray<PeerMessage & { readonly view: View }>>()

  keep(seq: Seq, messages: ReadonlyArray<PeerMessage & { readonly view: View }>): void {
    const all = new Map((this.#bySeq.get(seq) ?? []).map((m) => [nameOf(m), m]))
    for (const message of messages) all.set(nameOf(message), message)
    this.#bySeq.set(seq, [...all.values()]) // order-free: in the order in which they were added
  }

  at(seq: Seq, view: View): ReadonlyArray<PeerMessage> {
    return (this.#bySeq.get(seq) ?? []).filter((m) => m.view === view)
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

export class ZyzzyvaRetransmission {
  readonly #config: Config
  readonly #past = new Past()
  readonly #followers = new Map<ReplicaId, Follower>()

  constructor(config: Config) {
    this.#config = config
  }

  /** One step of the replica: keeps what its log does not hold any more. */
  keep(before: State, after: State, sent: ReadonlyArray<PeerMessage>): void {
    for (const m of sent) {
      if (m._tag === "SpecHeader" || m._tag === "Checkpoint") this.#past.keep(m.seq, [m])
    }
    const { low } = before.log
    if (low === after.log.low && before.view === after.view) return
    const upTo = before.view === after.view ? after.log.low : low + this.#config.logSize
    for (const order of ordersAt(before, low + 1, upTo)) this.#past.keep(order.seq, [order])
  }

  /** A peer says how far it is: what is to be sent to it again. */
  due(state: State, told: Progress): ReadonlyArray<PeerMessage> {
    const before = this.#followers.get(told.replica)
    const stalled = before !== undefined && isSame(before.told, told) ? before.stalled + 1 : 0
    this.#followers.set(told.replica, { told, stalled })
    if (stalled === 0) return []
    const { newView } = state
    const wantsView = newView !== undefined && newView.view === state.view && state.view > 0
    if (told.view < state.view) return wantsView ? [newView] : []
    if (told.view > state.view) return []
    if (!told.newView && wantsView) return [newView]
    if (!told.active) return []
    const { executed, low } = told
    const again: Array<PeerMessage> = []
    for (let seq = low + 1; seq <= Math.min(state.log.low, low + atOnce); seq++) {
      again.push(
        ...this.#past.at(seq, told.view).filter((m) => m._tag !== "OrderReq" || seq > executed),
      )
    }
    again.push(...ordersAt(state, executed + 1, executed + atOnce))
    again.push(...checkpointWords(this.#config, state, Math.max(low, state.log.low)))
    return again
  }

  /** What it goes on to say, to everyone, of the change of views or against the primary. */
  words(state: State): ReadonlyArray<PeerMessage> {
    return changeWords(this.#config, state)
  }
}
