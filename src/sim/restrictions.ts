/**
 * What a run cannot be asked for yet. Safety holds in every run; the liveness phase demands that
 * every request completes, except where one of these rows applies. A row goes when its feature
 * is in.
 */
import { groupOf, primaryOf, weakQuorum } from "../core/quorum.ts"
import { faultyReplicas } from "./faulty.ts"
import type { Scenario } from "./scenario.ts"

export interface Restriction {
  /** What must exist before the row can go. */
  readonly until: string
  readonly why: string
  readonly applies: (scenario: Scenario) => boolean
}

const firstPrimary = ({ cluster }: Scenario): number => primaryOf(groupOf(cluster.n), 0)

/** A hostile client's request that the primary takes and too few backups can vouch for. */
const halfValid = (scenario: Scenario): boolean => {
  const group = groupOf(scenario.cluster.n)
  const primary = firstPrimary(scenario)
  const faulty = faultyReplicas(scenario)
  return scenario.faults.some((fault) => {
    if (fault._tag !== "Say" || fault.message._tag !== "Request") return false
    const { verifiesAt } = fault.message
    const backups = verifiesAt.filter((r) => r !== primary && !faulty.includes(r))
    return verifiesAt.includes(primary) && 1 + backups.length < weakQuorum(group)
  })
}

export const restrictions: ReadonlyArray<Restriction> = [
  {
    until: "the view change",
    why: "the primary of view 0 is faulty, and nobody takes its place",
    applies: (scenario) => faultyReplicas(scenario).includes(firstPrimary(scenario)),
  },
  {
    until: "the view change",
    why: "a request verifies at the primary and at too few backups: its number is never agreed on",
    applies: halfValid,
  },
]

/** Why the run need not complete its requests; undefined when it must. */
export const excuse = (scenario: Scenario): Restriction | undefined =>
  restrictions.find(({ applies }) => applies(scenario))

/**
 * Whether a replica's own messages below its log outlive its process, as if the network delivered
 * them late: without state transfer a replica that was away long needs them from all others. False
 * when state transfer is in.
 */
export const historyOutlivesCrash = true
