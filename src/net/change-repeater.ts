/**
 * While the view changes, a replica says again what it has said of the change, until the change is
 * over: TOCS section 4.5.1 retransmits VIEW-CHANGEs until there is a NEW-VIEW. A peer is sent what
 * it can use.
 *
 * Outside the specification: that the messages of a view change are sent again. The network there
 * repeats whatever was sent; only progress depends on this.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { Progress } from "./progress.ts"
import type { Kinds, ReplicaProtocol } from "./protocol.ts"

/** After 1, 2, 4, 8, 16, 32, 48 ... ticks: connections lose nothing, new ones are told at once. */
const isTime = (ticks: number): boolean =>
  ticks > 0 && (ticks % 16 === 0 || (ticks & (ticks - 1)) === 0)

type Repeated<K extends Kinds> = Pick<ReplicaProtocol<K>, "machine" | "repetition">
type ToReplica<M> = (replica: ReplicaId, message: M) => void

export class ChangeRepeater<K extends Kinds> {
  readonly #protocol: Repeated<K>
  readonly #toReplica: ToReplica<K["Message"]>
  #before: K["State"] | undefined
  /** Since the state said something new of the change. */
  #ticks = 0

  constructor(protocol: Repeated<K>, toReplica: ToReplica<K["Message"]>) {
    this.#protocol = protocol
    this.#toReplica = toReplica
  }

  /** On a new connection. */
  connected(state: K["State"], replica: ReplicaId): void {
    this.#say(state, replica, undefined)
  }

  /** Now and then: what was new since the last time was just sent. */
  tick(state: K["State"], told: (replica: ReplicaId) => Progress | undefined): void {
    const { view, newView } = this.#before ?? {}
    this.#before = state
    this.#ticks = view === state.view && newView === state.newView ? this.#ticks + 1 : 0
    if (!isTime(this.#ticks)) return
    const { group, id } = this.#protocol.machine
    for (let replica = 0; replica < group.n; replica++) {
      if (replica !== id) this.#say(state, replica, told(replica))
    }
  }

  #say(state: K["State"], replica: ReplicaId, told: Progress | undefined): void {
    for (const message of this.#protocol.repetition.repeatedTo(state, told)) {
      this.#toReplica(replica, message)
    }
  }
}
