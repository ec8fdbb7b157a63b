/**
 * When the primary starts the next batch, and how large it is (TOCS section 6.1): at once while
 * fewer than W batches are under way, otherwise requests gather; then from the head of the queue
 * up to the limits in requests and bytes.
 *
 * Outside the specification: when a batch is begun, and how large it is. `SendPrePrepare` may take
 * there any prefix of the queue up to MaxBatch, at any moment.
 */
import { proposeInput } from "../core/pbft/proposal.ts"
import { isOpen } from "../core/pbft/rejoin.ts"
import type { Config, Input, State } from "../core/pbft/state.ts"
import { primaryOf } from "../core/quorum.ts"
import type { IdleLog } from "./idle-log.ts"

export interface ProposalLimits {
  /** W: batches that may be under way. */
  readonly pipeline: number
  /** Bytes of operations and authenticators in one batch. */
  readonly batchBytes: number
}

/** How many requests the next batch has; 0 when there is to be none now. */
export const nextBatch = (config: Config, limits: ProposalLimits, state: State): number => {
  const { queue, seqno, executed, active } = state
  if (queue.length === 0 || !active) return 0
  if (primaryOf(config.group, state.view) !== config.id) return 0
  if (seqno - executed >= limits.pipeline || !isOpen(state, seqno + 1)) return 0
  let bytes = 0
  let count = 0
  for (const { operation, authenticator } of queue) {
    bytes += 32 + operation.length + authenticator.length
    if (count === config.maxBatch || (count > 0 && bytes > limits.batchBytes)) break
    count++
  }
  return count
}

/** What the primary proposes now, if anything, at this time, in milliseconds since 1970. */
export const nextProposal = (
  config: Config,
  limits: ProposalLimits,
  state: State,
  { idle, now }: { readonly idle: IdleLog; readonly now: number },
): Input | undefined => {
  const count = nextBatch(config, limits, state)
  if (count > 0) return proposeInput(config, state, count, now)
  return idle.isDue(state) ? { _tag: "Propose", count: 0 } : undefined
}
