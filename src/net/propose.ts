/**
 * When the primary starts the next batch, and how large it is (TOCS section 6.1): at once while
 * fewer than W batches are under way, otherwise requests gather; then from the head of the queue
 * up to the limits in requests and bytes.
 *
 * Outside the specification: when a batch is begun, and how large it is. `SendPrePrepare` may take
 * there any prefix of the queue up to MaxBatch, at any moment.
 */
import { mayPropose } from "../core/pbft/proposal.ts"
import type { Config, State } from "../core/pbft/state.ts"

export interface ProposalLimits {
  /** W: batches that may be under way. */
  readonly pipeline: number
  /** Bytes of operations and authenticators in one batch. */
  readonly batchBytes: number
}

/** How many requests the next batch has; 0 when there is to be none now. */
export const nextBatch = (config: Config, limits: ProposalLimits, state: State): number => {
  if (!mayPropose(config, limits.pipeline, state)) return 0
  let bytes = 0
  let count = 0
  for (const { operation, authenticator } of state.queue) {
    bytes += 32 + operation.length + authenticator.length
    if (count === config.maxBatch || (count > 0 && bytes > limits.batchBytes)) break
    count++
  }
  return count
}
