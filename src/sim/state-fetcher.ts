/**
 * When a replica asks for the state of a checkpoint that it lacks, as src/net/state-transfer.ts
 * does: at once for one that it cannot come to by itself, otherwise when it stalls; again and again
 * until it has one, each time the last one that it knows of.
 */
import type { Seq } from "../core/ids.ts"
import type { Numbered } from "../core/pbft/message.ts"
import { type Config, type State, settledSeq } from "../core/pbft/state.ts"
import { wantedStates } from "../core/pbft/state-transfer.ts"

/** Ticks without progress before a checkpoint in the window is fetched: its messages may come. */
const patience = 3

export class StateFetcher {
  readonly #config: Config
  #executed: Seq = -1
  #stalled = 0

  constructor(config: Config) {
    this.#config = config
  }

  /** Now and then: what is to be asked for now, if anything. */
  tick(state: State): Numbered | undefined {
    const executed = settledSeq(state)
    this.#stalled = executed === this.#executed ? this.#stalled + 1 : 0
    this.#executed = executed
    const last = wantedStates(this.#config, state).at(-1)
    if (last === undefined) return undefined
    const outOfReach = last.seq > state.log.low + this.#config.logSize
    return outOfReach || this.#stalled >= patience ? last : undefined
  }
}
