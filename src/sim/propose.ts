/** When a primary starts the next batch, as src/net/propose.ts: fewer than W are under way. */
import { isProposer } from "../core/pbft/proposal.ts"
import type { Config, State } from "../core/pbft/state.ts"
import * as Window from "../core/window.ts"

/** How many requests the next batch has; 0 when there is to be none now. */
export const nextBatch = (config: Config, pipeline: number, state: State): number => {
  const { queue, seqno, executed, log } = state
  if (!isProposer(config, state)) return 0
  if (seqno - executed >= pipeline || !Window.covers(log, seqno + 1)) return 0
  return Math.min(config.maxBatch, queue.length)
}
