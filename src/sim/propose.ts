/** When a primary starts the next batch, as src/net/propose.ts: fewer than W are under way. */
import { mayPropose } from "../core/pbft/proposal.ts"
import type { Config, State } from "../core/pbft/state.ts"

/** How many requests the next batch has; 0 when there is to be none now. */
export const nextBatch = (config: Config, pipeline: number, state: State): number =>
  mayPropose(config, pipeline, state) ? Math.min(config.maxBatch, state.queue.length) : 0
