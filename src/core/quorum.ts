import type { ReplicaId, View } from "./ids.ts"

/** The group's size, how many of its members may be Byzantine, and its strong quorum. */
export interface Group {
  readonly n: number
  readonly f: number
  /** Size of a strong quorum: any two intersect in a correct replica. 2f + 1 when n = 3f + 1. */
  readonly quorum: number
}

/** The largest number of Byzantine replicas that `n` replicas tolerate (TOCS section 2). */
export const faultsOf = (n: number): number => Math.floor((n - 1) / 3)

/** The group of `n` replicas with the largest f and the smallest safe quorum. */
export const groupOf = (n: number): Group => {
  const f = faultsOf(n)
  return { n, f, quorum: Math.ceil((n + f + 1) / 2) }
}

/** f + 1: at least one of them is correct. */
export const weakQuorum = (group: Group): number => group.f + 1

/** The primary of a view (OSDI '99 section 4). */
export const primaryOf = (group: Group, view: View): ReplicaId => view % group.n
