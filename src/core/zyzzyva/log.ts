/** What a replica ordered in its view: spec/tla/Zyzzyva.tla `InLog`, `MaxN` and `HistoryAt`. */
import { assert } from "../assert.ts"
import { type Digest, noDigest, type Seq } from "../ids.ts"
import * as Window from "../window.ts"
import type { Slot, State } from "./state.ts"

/** The order of its view at `seq`; undefined where it took none. */
export const orderAt = ({ log, view }: State, seq: Seq): Slot | undefined => {
  if (!Window.covers(log, seq)) return undefined
  const slot = Window.get(log, seq)
  return slot.history !== noDigest && slot.view === view ? slot : undefined
}

/** The last number that it ordered in its view; the orders below it are without a hole. */
export const lastOrdered = (state: State): Seq => {
  let seq = Math.max(state.log.low, state.stage === "active" ? state.executed : 0)
  while (orderAt(state, seq + 1) !== undefined) seq++
  return seq
}

/** The digest of the history up to `seq`, which is its stable checkpoint or in its log. */
export const historyAt = (state: State, seq: Seq): Digest => {
  if (seq === state.log.low) return state.checkpoints[0]?.history ?? noDigest
  const slot = Window.get(state.log, seq)
  assert(slot.history !== noDigest, "the log has the number whose history is asked for")
  return slot.history
}
