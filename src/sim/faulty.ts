/** Which processes of a scenario are not correct, and whether they are too many. */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import { idOf, isReplicaName, type Scenario } from "./scenario.ts"
import { groupIn } from "./zyzzyva-config.ts"

/** Replicas that may say anything. */
export const byzantineReplicas = (scenario: Scenario): ReadonlyArray<ReplicaId> => {
  const said = scenario.faults.flatMap((fault) =>
    fault._tag === "Say" && isReplicaName(fault.from) ? [idOf(fault.from)] : [],
  )
  const all = [...scenario.byzantine.map(({ replica }) => replica), ...said]
  return [...new Set(all)].sort((a, b) => a - b)
}

/** Those and the replicas that stop for ever. */
export const faultyReplicas = (scenario: Scenario): ReadonlyArray<ReplicaId> => {
  const gone = scenario.faults.flatMap((fault) =>
    fault._tag === "Crash" && fault.forMs === null ? [fault.replica] : [],
  )
  return [...new Set([...byzantineReplicas(scenario), ...gone])].sort((a, b) => a - b)
}

export const correctClients = ({ cluster }: Scenario): ReadonlyArray<ClientId> =>
  Array.from({ length: cluster.clients }, (_, client) => client)

/**
 * Whether more replicas are faulty at a time than the group tolerates: then nothing is promised.
 * Who lies since another is back takes that one's place.
 */
export const tooManyFaulty = (scenario: Scenario): boolean => {
  const later = scenario.byzantine.filter(({ since }) => since !== undefined)
  return faultyReplicas(scenario).length - later.length > groupIn(scenario.cluster).f
}
