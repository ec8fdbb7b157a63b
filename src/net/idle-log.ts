/**
 * Null requests of a log for which nobody asks anything (TOCS section 5.3.3): a replica that was
 * taken back goes on as soon as a number that it knows is stable, and tells it. Who is primary then
 * proposes null requests up to there, one after the other, while nothing else is under way. For one
 * request to be taken back, which is ordered and seldom heard, the first number told counts, and no
 * more than a log beyond what was executed then: a liar gets no more out of it.
 *
 * Outside the specification: when the null request is proposed. `SendPrePrepare` may take it there
 * wherever `NullSeqs` allows.
 */
import * as ClientTable from "../core/client-table.ts"
import type { ReplicaId, Seq } from "../core/ids.ts"
import { isProposer } from "../core/pbft/proposal.ts"
import { recovererOf } from "../core/pbft/rejoin.ts"
import type { Config, Input, State } from "../core/pbft/state.ts"
import type { PbftKinds } from "./pbft-protocol.ts"
import type { IdleProposals } from "./protocol.ts"

interface Goal {
  readonly incarnation: number
  readonly seq: Seq
}

/** What a replica waits for to be stable; 0 when it does not. */
export const awaitedBy = ({ recovery, log }: State): Seq => {
  const point = recovery?.point ?? 0
  return point > log.low ? point : 0
}

export class IdleLog implements IdleProposals<PbftKinds> {
  readonly #config: Config
  readonly #goals = new Map<ReplicaId, Goal>()

  constructor(config: Config) {
    this.#config = config
  }

  /** A replica tells that it waits until a number is stable; 0 when it does not. */
  told(state: State, replica: ReplicaId, awaited: Seq): void {
    const client = recovererOf(this.#config, replica)
    if (awaited === 0 || client === undefined) return
    const incarnation = ClientTable.get(state.table, client).timestamp
    if (incarnation === 0 || this.#goals.get(replica)?.incarnation === incarnation) return
    const { checkpointInterval, logSize } = this.#config
    const last = state.executed - (state.executed % checkpointInterval) + logSize
    this.#goals.set(replica, { incarnation, seq: Math.min(awaited, last) })
  }

  /** The null request, when the primary is to propose it now. */
  next(state: State): Input | undefined {
    const { queue, seqno, executed } = state
    if (this.#config.nullRequests !== true || queue.length > 0) return undefined
    if (seqno > executed || !isProposer(this.#config, state)) return undefined
    // order-free: whether there is any
    const isAwaited = [...this.#goals.values()].some(({ seq }) => executed < seq)
    return isAwaited ? { _tag: "Propose", count: 0 } : undefined
  }
}
