/**
 * The null requests of a running replica (src/core/pbft/idle-goals.ts).
 *
 * Outside the specification: when the null request is proposed. `SendPrePrepare` may take it there
 * wherever `NullSeqs` allows.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import { type Goals, idleTimer, nullRequest, withGoal } from "../core/pbft/idle-goals.ts"
import type { ViewTimer } from "../core/pbft/timer.ts"
import type { Config, Input, State } from "../core/pbft/state.ts"
import type { PbftKinds } from "./pbft-protocol.ts"
import type { IdleProposals } from "./protocol.ts"

export class IdleLog implements IdleProposals<PbftKinds> {
  readonly #config: Config
  #goals: Goals = new Map()

  constructor(config: Config) {
    this.#config = config
  }

  /** A replica tells that it waits until a number is stable; 0 when it does not. */
  told(state: State, replica: ReplicaId, awaited: Seq): void {
    this.#goals = withGoal(this.#config, state, this.#goals, { replica, awaited })
  }

  /** The null request, when the primary is to propose it now. */
  next(state: State): Input | undefined {
    return nullRequest(this.#config, state, this.#goals)
  }

  /** The timer of a backup that waits for no request, where the log is to go on. */
  timer(state: State): ViewTimer | undefined {
    return idleTimer(this.#config, state, this.#goals)
  }
}
