/**
 * While the view changes, a replica says again what it has said of the change, until the change is
 * over: TOCS section 4.5.1 retransmits VIEW-CHANGEs until there is a NEW-VIEW. A peer is sent what
 * it can use.
 *
 * Outside the specification: that the messages of a view change are sent again. The network there
 * repeats whatever was sent; only progress depends on this.
 */
import type { ReplicaId } from "../core/ids.ts"
import { missingDecisions } from "../core/pbft/decided.ts"
import type { DirectMessage, Request } from "../core/pbft/message.ts"
import { recoveryRequest } from "../core/pbft/rejoin.ts"
import { changeMessages } from "../core/pbft/resend.ts"
import type { Config, State } from "../core/pbft/state.ts"
import type { Progress } from "./progress.ts"

const isUseful = ({ view }: State, told: Progress | undefined, message: DirectMessage): boolean => {
  if (told === undefined || message._tag === "FetchBatch") return true
  if (told.view !== view) return told.view < view
  return message._tag === "NewView" ? !told.newView : !told.active
}

/** What is to be said again to a peer that told this; in a view that was entered, what it lacks. */
export const repeatedTo = (
  config: Config,
  state: State,
  told: Progress | undefined,
): ReadonlyArray<DirectMessage | Request> => {
  const asks = recoveryRequest(config, state)
  const own = state.active
    ? missingDecisions(config, state)
    : changeMessages(config, state).filter((m) => isUseful(state, told, m))
  return asks === undefined ? own : [asks, ...own]
}

/** After 1, 2, 4, 8, 16, 32, 48 ... ticks: connections lose nothing, new ones are told at once. */
const isTime = (ticks: number): boolean =>
  ticks > 0 && (ticks % 16 === 0 || (ticks & (ticks - 1)) === 0)

type ToReplica = (replica: ReplicaId, message: DirectMessage | Request) => void

export class ChangeRepeater {
  readonly #config: Config
  readonly #toReplica: ToReplica
  #before: State | undefined
  /** Since the state said something new of the change. */
  #ticks = 0

  constructor(config: Config, toReplica: ToReplica) {
    this.#config = config
    this.#toReplica = toReplica
  }

  /** On a new connection. */
  connected(state: State, replica: ReplicaId): void {
    this.#say(state, replica, undefined)
  }

  /** Now and then: what was new since the last time was just sent. */
  tick(state: State, told: (replica: ReplicaId) => Progress | undefined): void {
    const { view, newView } = this.#before ?? {}
    this.#before = state
    this.#ticks = view === state.view && newView === state.newView ? this.#ticks + 1 : 0
    if (!isTime(this.#ticks)) return
    for (let replica = 0; replica < this.#config.group.n; replica++) {
      if (replica !== this.#config.id) this.#say(state, replica, told(replica))
    }
  }

  #say(state: State, replica: ReplicaId, told: Progress | undefined): void {
    for (const message of repeatedTo(this.#config, state, told)) this.#toReplica(replica, message)
  }
}
