/** The configurations of the machines of a scenario. */
import type { ClientConfig } from "../core/pbft/client.ts"
import type { Config } from "../core/pbft/state.ts"
import { type Group, groupOf, weakQuorum } from "../core/quorum.ts"
import type { Hashing } from "./host.ts"
import type { RunHeader } from "./recorder.ts"
import type { Cluster, NodeName, Scenario } from "./scenario.ts"

const quorumOf = ({ cluster }: Scenario): Group => {
  const { n, quorum } = cluster
  return quorum === undefined ? groupOf(n) : { ...groupOf(n), quorum }
}

export const replicaConfig = (scenario: Scenario, id: number, hashing: Hashing): Config => {
  const { checkpointInterval, logSize, maxBatch } = scenario.cluster
  const { batchDigest, checkpointDigest, hash: resultDigest } = hashing
  const { readOnly, maxTentative, fetchDecisions, tellCommitted } = fastPaths(scenario)
  const { hastyReads, newKeys, keepVotes } = scenario.cluster
  return {
    group: quorumOf(scenario),
    id,
    clock: undefined,
    ...idsOf(scenario),
    ...bigRequests(scenario),
    checkpointInterval,
    logSize,
    maxBatch,
    readOnly,
    hastyReads,
    newKeys,
    keepVotes,
    maxTentative,
    fetchDecisions,
    tellCommitted,
    resultDigest,
    canFetch: true,
    batchDigest,
    checkpointDigest,
  }
}

// How many clients there are; after those that ask the one that proposed times are of, and those in
// whose name replicas ask to be taken back.
export const idsOf = ({ cluster }: Pick<Scenario, "cluster">): Ids => {
  const asking = cluster.clients + cluster.hostileClients
  const clock = cluster.agreedTimeMs === undefined ? {} : { clock: asking }
  const clients = cluster.agreedTimeMs === undefined ? asking : asking + 1
  if (cluster.recovery !== true) return { clients, ...clock }
  return { clients: clients + cluster.n, ...clock, recoverers: clients, nullRequests: true }
}

interface Ids {
  readonly clients: number
  readonly clock?: number
  readonly recoverers?: number
  readonly nullRequests?: boolean
}

// From what size on requests go past the primary, where any do.
const bigRequests = ({ cluster: { bigRequestBytes } }: Scenario) =>
  bigRequestBytes === undefined ? {} : { bigRequestBytes }

// What is answered before the end of agreement or without one.
const fastPaths = (scenario: Scenario) => {
  const { cluster } = scenario
  const group = quorumOf(scenario)
  const readOnly = cluster.readOnly === true
  return {
    readOnly,
    replyQuorum: cluster.replyQuorum ?? (readOnly ? group.quorum : weakQuorum(group)),
    maxTentative: cluster.maxTentative ?? (cluster.tentative === true ? 1 : 0),
    fetchDecisions: cluster.fetchDecisions !== false,
    tellCommitted: cluster.tellCommitted !== false,
  }
}

/** A client that asks in vain waits twice as long each time, up to so many times as long. */
const longestWait = 16

export const clientConfig = (scenario: Scenario, id: number, hashing: Hashing): ClientConfig => {
  const { retransmitMs } = scenario.cluster
  return {
    group: quorumOf(scenario),
    id,
    firstTimestamp: 0,
    retransmitMs,
    maxRetransmitMs: longestWait * retransmitMs,
    replyQuorum: fastPaths(scenario).replyQuorum,
    resultDigest: hashing.hash,
    ...bigRequests(scenario),
  }
}

/** What all traces of the run say of it; `spec` is the specification's SHA-256. */
export const runHeader = (scenario: Scenario, spec: string): RunHeader => {
  const { cluster, seed } = scenario
  const { checkpointInterval, logSize, maxBatch } = cluster
  return {
    run: `simulation-${seed}`,
    protocol: "pbft",
    ...quorumOf(scenario),
    checkpointInterval,
    logSize,
    maxBatch,
    ...fastPaths(scenario),
    ...(scenario.cluster.hastyReads === true ? { hastyReads: true as const } : {}),
    ...(scenario.cluster.newKeys === true ? { newKeys: true } : {}),
    ...(scenario.cluster.keepVotes === true ? { keepVotes: true as const } : {}),
    ...idsOf(scenario),
    ...bigRequests(scenario),
    spec,
    startedAt: "1970-01-01T00:00:00.000Z",
  }
}

/** What the driver of a replica is told beside its machine's configuration. */
export const driverOptions = (cluster: Cluster) => {
  const { pipeline, progressMs, viewChangeMs, agreedTimeMs = 0, recoveryPeriodMs = 0 } = cluster
  return { pipeline, progressMs, viewChangeMs, agreedTimeMs, recoveryPeriodMs }
}

/** Local milliseconds for each millisecond of virtual time. */
export const clockRate = ({ clocks }: Scenario, name: NodeName): number =>
  clocks.find(({ node }) => node === name)?.rate ?? 1
