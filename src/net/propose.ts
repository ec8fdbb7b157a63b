/**
 * When the primary starts the next batch, and how large it is (TOCS section 6.1): at once while
 * fewer than W batches are under way, otherwise requests gather; then from the head of the queue
 * up to the limits in requests and bytes.
 *
 * Outside the specification: when a batch is begun, and how large it is. `SendPrePrepare` may take
 * there any prefix of the queue up to MaxBatch, at any moment.
 */
import type { Seq } from "../core/ids.ts"
import * as Window from "../core/window.ts"
import type { Kinds, ReplicaMachine } from "./protocol.ts"

export interface ProposalLimits {
  /** W: batches that may be under way. */
  readonly pipeline: number
  /** Bytes of operations and authenticators in one batch. */
  readonly batchBytes: number
}

/**
 * How many requests the next batch has; 0 when there is to be none now. `durable`: the last number
 * whose batch is on disk.
 */
export const nextBatch = <K extends Kinds>(
  machine: ReplicaMachine<K>,
  limits: ProposalLimits,
  state: K["State"],
  durable: Seq,
): number => {
  const { queue, log } = state
  if (!machine.isProposer(state)) return 0
  const last = machine.lastAssigned(state)
  if (last - machine.settled(state, durable) >= limits.pipeline) return 0
  if (!Window.covers(log, last + 1)) return 0
  let bytes = 0
  let count = 0
  for (const { operation, authenticator } of queue) {
    bytes += 32 + operation.length + authenticator.length
    if (count === machine.maxBatch || (count > 0 && bytes > limits.batchBytes)) break
    count++
  }
  return count
}
