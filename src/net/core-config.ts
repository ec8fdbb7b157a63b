/**
 * The core's configuration of one replica or client, with this shell's digests.
 *
 * Outside the specification: hashes. A digest there is what was digested.
 */
import type { ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import type { ClientConfig } from "../core/pbft/client.ts"
import type { Config } from "../core/pbft/state.ts"
import { groupOf } from "../core/quorum.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { codecLimits } from "./codec.ts"
import { batchDigest, checkpointDigest } from "./digests.ts"

export const replicaCoreConfig = (config: ClusterConfig, id: ReplicaId): Config => ({
  group: groupOf(config.replicas.length),
  id,
  clients: config.clients,
  checkpointInterval: config.checkpointInterval,
  logSize: config.logSize,
  maxBatch: config.maxBatch,
  canFetch: true,
  batchDigest,
  checkpointDigest,
})

export const clientCoreConfig = (
  config: ClusterConfig,
  id: ClientId,
  firstTimestamp: Timestamp,
): ClientConfig => ({
  group: groupOf(config.replicas.length),
  id,
  firstTimestamp,
  retransmitMs: config.retransmitMs,
})

export const limitsOf = (config: ClusterConfig): CodecLimits =>
  codecLimits({
    frameBytes: config.limits.frameBytes,
    operationBytes: config.limits.operationBytes,
    maxBatch: config.maxBatch,
    replicas: config.replicas.length,
    clients: config.clients,
    logSize: config.logSize,
  })
