/**
 * What a replica keeps through steps that nobody saw: everything that a message of its may depend
 * on is durable (spec/tla/Pbft.tla, `SentIsDurable`), so it must still be there.
 */
import type { Phase, State } from "../core/pbft/state.ts"
import * as Window from "../core/window.ts"

export interface Lost {
  readonly field: string
  readonly expected: unknown
  readonly found: unknown
  readonly message: string
}

const rank: Readonly<Record<Phase, number>> = {
  empty: 0,
  held: 0,
  prePrepared: 1,
  prepared: 2,
  // Others' votes are not durable: a committed slot may come back as prepared.
  committed: 2,
}

/** The first thing that was durable in `before` and is not in `after`. */
export const lostDurable = (before: State, after: State): Lost | undefined => {
  const { low } = after.log
  if (after.view < before.view) return lost("view", before.view, after.view)
  if (low < before.log.low) return lost("low", before.log.low, low)
  for (const { seq, digest } of before.checkpoints) {
    if (seq < low) continue
    const found = after.checkpoints.find((c) => c.seq === seq)?.digest
    if (found !== digest) return lost(`checkpoints at ${seq}`, digest, found)
  }
  for (const seq of Window.occupied(before.log)) {
    const { phase, digest } = Window.get(before.log, seq)
    if (rank[phase] === 0 || seq <= low) continue
    const found = Window.get(after.log, seq)
    const at = `slot at ${seq}`
    if (found.digest !== digest) return lost(`${at}, digest`, digest, found.digest)
    if (rank[found.phase] < rank[phase]) return lost(`${at}, phase`, phase, found.phase)
  }
  return undefined
}

const lost = (field: string, expected: unknown, found: unknown): Lost => ({
  field,
  expected,
  found,
  message: "what was durable before is gone: messages that the replica sent depend on it",
})
