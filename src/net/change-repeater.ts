/**
 * While the view changes, a replica says again what it has said of the change, until the change is
 * over: TOCS section 4.5.1 retransmits VIEW-CHANGEs until there is a NEW-VIEW. A peer is sent what
 * it can use.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { PeerMessage } from "../core/pbft/message.ts"
import { changeMessages } from "../core/pbft/resend.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { Progress } from "./progress.ts"

const isUseful = ({ view }: State, told: Progress | undefined, message: PeerMessage): boolean => {
  if (told === undefined || message._tag === "FetchBatch") return true
  if (told.view !== view) return told.view < view
  return message._tag === "NewView" ? !told.newView : !told.active
}

/** What is to be said again to a peer that told this; nothing in a view that was entered. */
export const repeatedTo = (
  config: Config,
  state: State,
  told: Progress | undefined,
): ReadonlyArray<PeerMessage> =>
  state.active ? [] : changeMessages(config, state).filter((m) => isUseful(state, told, m))

export class ChangeRepeater {
  readonly #config: Config
  readonly #toReplica: (replica: ReplicaId, message: PeerMessage) => void
  #before: State | undefined

  constructor(config: Config, toReplica: (replica: ReplicaId, message: PeerMessage) => void) {
    this.#config = config
    this.#toReplica = toReplica
  }

  /** On a new connection; how many messages. */
  connected(state: State, replica: ReplicaId): number {
    const messages = repeatedTo(this.#config, state, undefined)
    for (const message of messages) this.#toReplica(replica, message)
    return messages.length
  }

  /** Now and then: what was new since the last time was just sent. How many messages. */
  tick(state: State, told: (replica: ReplicaId) => Progress | undefined): number {
    const { view, newView } = this.#before ?? {}
    this.#before = state
    if (state.active || view !== state.view || newView !== state.newView) return 0
    let sent = 0
    for (let replica = 0; replica < this.#config.group.n; replica++) {
      if (replica === this.#config.id) continue
      for (const message of repeatedTo(this.#config, state, told(replica))) {
        this.#toReplica(replica, message)
        sent++
      }
    }
    return sent
  }
}
