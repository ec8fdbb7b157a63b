/**
 * The core's configuration of one replica or client, with this shell's digests.
 *
 * Outside the specification: hashes. A digest there is what was digested.
 */
import type { ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import type { ClientConfig } from "../core/pbft/client.ts"
import type { Config } from "../core/pbft/state.ts"
import { groupOf, weakQuorum } from "../core/quorum.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { codecLimits } from "./codec.ts"
import { batchDigest, bytesDigest, checkpointDigest } from "./digests.ts"

/**
 * After the clients that ask: the one in whose name primaries propose the time, and those in whose
 * names replicas ask to be taken back; and how many all these are.
 */
export const clockOf = ({
  clients,
  agreedTimeMs,
  replicas,
}: Pick<ClusterConfig, "clients" | "agreedTimeMs" | "replicas">) => {
  const recoverers = agreedTimeMs === 0 ? clients : clients + 1
  const all = { clients: recoverers + replicas.length, recoverers, nullRequests: true }
  return agreedTimeMs === 0 ? all : { ...all, clock: clients }
}

/** From what size on requests go past the primary, where any do. */
export const bigRequests = ({ bigRequestBytes }: Pick<ClusterConfig, "bigRequestBytes">) =>
  bigRequestBytes === 0 ? {} : { bigRequestBytes }

/** Whether the keys under which replicas hear each other change; all agree on it. */
export const keyChanges = ({ keyRefreshMs }: Pick<ClusterConfig, "keyRefreshMs">) =>
  keyRefreshMs > 0 ? { newKeys: true } : {}

export const replicaCoreConfig = (config: ClusterConfig, id: ReplicaId): Config => ({
  group: groupOf(config.replicas.length),
  id,
  clock: undefined,
  ...clockOf(config),
  ...bigRequests(config),
  ...keyChanges(config),
  checkpointInterval: config.checkpointInterval,
  logSize: config.logSize,
  maxBatch: config.maxBatch,
  readOnly: fastPaths(config).readOnly,
  maxTentative: fastPaths(config).maxTentative,
  fetchDecisions: fastPaths(config).fetchDecisions,
  tellCommitted: fastPaths(config).tellCommitted,
  resultDigest: bytesDigest,
  canFetch: true,
  batchDigest,
  checkpointDigest,
})

/** What is answered before the end of agreement or without one; all agree on it. */
export const fastPaths = (config: Pick<ClusterConfig, "replicas" | "readOnly" | "tentative">) => {
  const group = groupOf(config.replicas.length)
  const { readOnly } = config
  return {
    replyQuorum: readOnly ? group.quorum : weakQuorum(group),
    readOnly,
    maxTentative: config.tentative ? 1 : 0,
    fetchDecisions: true,
    tellCommitted: true,
  }
}

/** A client that asks in vain waits twice as long each time, up to so many times as long. */
export const longestWait = 16

export const clientCoreConfig = (
  config: ClusterConfig,
  id: ClientId,
  firstTimestamp: Timestamp,
): ClientConfig => ({
  group: groupOf(config.replicas.length),
  id,
  firstTimestamp,
  retransmitMs: config.retransmitMs,
  maxRetransmitMs: longestWait * config.retransmitMs,
  replyQuorum: fastPaths(config).replyQuorum,
  resultDigest: bytesDigest,
  ...bigRequests(config),
})

export const limitsOf = (config: ClusterConfig): CodecLimits =>
  codecLimits({
    frameBytes: config.limits.frameBytes,
    operationBytes: config.limits.operationBytes,
    maxBatch: config.maxBatch + (config.agreedTimeMs === 0 ? 0 : 1),
    replicas: config.replicas.length,
    clients: clockOf(config).clients,
    logSize: config.logSize,
  })
