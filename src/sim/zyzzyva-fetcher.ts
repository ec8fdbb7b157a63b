/**
 * When a Zyzzyva replica asks for the state of a later checkpoint: a peer tells that it has one,
 * and the replica has not moved for a while, so that messages which are only late come first.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import type { State } from "../core/zyzzyva/state.ts"
import type { Progress } from "./progress.ts"

/** Ticks without progress before a state is asked for. */
const patience = 3

export class ZyzzyvaFetcher {
  readonly #lows = new Map<ReplicaId, Seq>()
  #at: { readonly view: View; readonly executed: Seq } = { view: 0, executed: -1 }
  #stalled = 0

  /** A peer tells how far it is. */
  told({ replica, low }: Progress): void {
    this.#lows.set(replica, low)
  }

  /** Now and then: whether a state is to be asked for now. */
  isDue({ view, executed, log }: State): boolean {
    const isSame = this.#at.view === view && this.#at.executed === executed
    this.#stalled = isSame ? this.#stalled + 1 : 0
    this.#at = { view, executed }
    const last = Math.max(0, ...this.#lows.values()) // order-free: the highest
    return last > log.low && this.#stalled >= patience
  }
}
