/** The configurations of the machines of a scenario. */
import type { ClientConfig } from "../core/pbft/client.ts"
import type { Config } from "../core/pbft/state.ts"
import { type Group, groupOf } from "../core/quorum.ts"
import type { Hashing } from "./host.ts"
import type { RunHeader } from "./recorder.ts"
import type { NodeName, Scenario } from "./scenario.ts"

const quorumOf = ({ cluster }: Scenario): Group => {
  const { n, quorum } = cluster
  return quorum === undefined ? groupOf(n) : { ...groupOf(n), quorum }
}

export const replicaConfig = (scenario: Scenario, id: number, hashing: Hashing): Config => {
  const { checkpointInterval, logSize, maxBatch, clients, hostileClients } = scenario.cluster
  const { batchDigest, checkpointDigest } = hashing
  return {
    group: quorumOf(scenario),
    id,
    clients: clients + hostileClients,
    checkpointInterval,
    logSize,
    maxBatch,
    canFetch: true,
    batchDigest,
    checkpointDigest,
  }
}

export const clientConfig = (scenario: Scenario, id: number): ClientConfig => {
  const { retransmitMs } = scenario.cluster
  return { group: quorumOf(scenario), id, firstTimestamp: 0, retransmitMs }
}

/** What all traces of the run say of it; `spec` is the specification's SHA-256. */
export const runHeader = (scenario: Scenario, spec: string): RunHeader => {
  const { cluster, seed } = scenario
  const { checkpointInterval, logSize, maxBatch, clients, hostileClients } = cluster
  return {
    run: `simulation-${seed}`,
    protocol: "pbft",
    ...quorumOf(scenario),
    checkpointInterval,
    logSize,
    maxBatch,
    clients: clients + hostileClients,
    spec,
    startedAt: "1970-01-01T00:00:00.000Z",
  }
}

/** Local milliseconds for each millisecond of virtual time. */
export const clockRate = ({ clocks }: Scenario, name: NodeName): number =>
  clocks.find(({ node }) => node === name)?.rate ?? 1
