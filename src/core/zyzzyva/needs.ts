/**
 * How many of a kind are enough: TOCS 27(4) 2009, section 3; of Zyzzyva5, with n = 5f + 1 replicas,
 * section 4.3. docs/adr/0009-zyzzyva-view-change.md has the proof for both.
 *
 * Outside the specification: which numbers they are, and which replicas do not execute. They are
 * its constants, and models have others to show what breaks.
 */
import type { ReplicaId } from "../ids.ts"
import { type Group, weakQuorum } from "../quorum.ts"
import type { Needs } from "./state.ts"

/** Whether a replica only orders, where execution is apart: f of them do, the last ones. */
export const isWitness = ({ n, f }: Group, replica: ReplicaId): boolean => replica >= n - f

/** The same of a run that says whether execution is apart. */
export const isWitnessIn = (
  run: Group & { readonly separateExecution?: boolean | undefined },
  replica: ReplicaId,
): boolean => run.separateExecution === true && isWitness(run, replica)

/** For n = 3f + 1. */
export const needsOf = (group: Group): Needs => ({
  fast: group.n,
  commit: group.quorum,
  change: group.quorum,
  vote: weakQuorum(group),
})

/** The group of n = 5f + 1 replicas: f of them may be silent, and requests complete at once. */
export const groupOfFive = (n: number): Group => {
  const f = Math.floor((n - 1) / 5)
  return { n, f, quorum: 3 * f + 1 }
}

/** For n = 5f + 1. */
export const needsOfFive = ({ f }: Group): Needs => ({
  fast: 4 * f + 1,
  commit: 3 * f + 1,
  change: 4 * f + 1,
  vote: 2 * f + 1,
})
