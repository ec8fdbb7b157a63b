/**
 * Which lanes of a sketcher call somebody who is gone, or who is the primary no more as other lanes
 * have heard: they would wait in vain until their timers fire.
 *
 * Outside the specification: when a timer fires. SketcherRetransmit may happen at any moment there.
 */
import type { ReplicaId, View } from "../core/ids.ts"
import type { Lane } from "../core/prophecy/sketcher-state.ts"

/** The view that f + 1 replicas have answered in, or a later one. */
const viewOf = (views: ReadonlyArray<View>, f: number): View =>
  views.toSorted((a, b) => b - a)[f] ?? 0

/** By replica the last view in which it answered any of the lanes. */
const heard = (lanes: ReadonlyArray<Lane>, n: number): ReadonlyArray<View> =>
  Array.from({ length: n }, (_, r) => Math.max(...lanes.map(({ client }) => client.views[r] ?? 0)))

export interface Group {
  readonly n: number
  readonly f: number
  /** Replicas that were connected and are not. */
  readonly lost: ReadonlySet<ReplicaId>
}

/** Their numbers. `sentTo`: by lane whom its request went to. */
export const calledInVain = (
  lanes: ReadonlyArray<Lane>,
  sentTo: ReadonlyArray<ReadonlyArray<ReplicaId>>,
  { n, f, lost }: Group,
): ReadonlyArray<number> => {
  const view = viewOf(heard(lanes, n), f)
  return lanes.flatMap(({ call, client }, lane) => {
    if (call === undefined || client.operation === undefined || client.toAll) return []
    const isGone = (sentTo[lane] ?? []).every((replica) => lost.has(replica))
    return isGone || viewOf(client.views, f) < view ? [lane] : []
  })
}
