/** What the replicas' answers and acknowledgements of one view amount to. */
import type { ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { acknowledged, answered, type ZyzzyvaReplica } from "./zyzzyva-core-replica.ts"

/** What one replica said in a view. */
export interface SaidInView {
  /** What it answered for; `noLog` for nothing. */
  readonly log: number
  readonly acknowledged: number
}

export const saidIn = (r: ZyzzyvaReplica, view: number): SaidInView => ({
  log: answered(r, view),
  acknowledged: acknowledged(r, view),
})

/** Sets of logs, as bits. */
export interface ViewFacts {
  /** Those for which a client may hold a commit certificate. */
  readonly certified: number
  /** Those that equal answers of all complete. */
  readonly fast: number
  /** Those that acknowledgements complete. */
  readonly slow: number
}

export const viewFacts = (w: ZyzzyvaWorld, said: ReadonlyArray<SaidInView>): ViewFacts => {
  let [certified, fast, slow] = [0, 0, 0]
  for (const h of w.logs.heard) {
    const saying = said.filter(({ log }) => w.logs.extends(log, h))
    const length = w.logs.length(h)
    const acknowledging = saying.filter((s) => s.acknowledged >= length)
    if (saying.length + w.liars >= w.fastNeeds) fast |= 1 << h
    if (saying.length + w.liars < w.commitNeeds) continue
    certified |= 1 << h
    if (acknowledging.length + w.liars >= w.localNeeds) slow |= 1 << h
  }
  return { certified, fast, slow }
}
