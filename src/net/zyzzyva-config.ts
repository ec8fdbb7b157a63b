/**
 * Zyzzyva's core configuration of one replica or client, with this shell's digests and signatures.
 *
 * Outside the specification: hashes and signatures. A digest there is what was digested, and nobody
 * signs in another's name.
 */
import type { ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import type { ClientConfig } from "../core/zyzzyva/client.ts"
import { isWitnessIn, needsOf } from "../core/zyzzyva/needs.ts"
import type { Config } from "../core/zyzzyva/state.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { clockOf, longestWait } from "./core-config.ts"
import { batchDigest, resultDigest } from "./digests.ts"
import { historyDigest, zyzzyvaCheckpointDigest } from "./zyzzyva-digests.ts"

/** What a run of Zyzzyva is by; traces say it as well. Our rule needs no VIEW-CONFIRMs (ADR 9). */
const zyzzyvaRule = {
  rule: "corrected",
  confirmViews: false,
  canFetch: true,
  vouchOrders: true,
} as const

/** The same with what the configuration switches on. */
export const zyzzyvaHow = ({
  readOnly,
  commitFirst,
  preferredQuorums,
  separateExecution,
}: Pick<ClusterConfig, "readOnly" | "commitFirst" | "preferredQuorums" | "separateExecution">) => ({
  ...zyzzyvaRule,
  readOnly,
  commitFirst,
  preferredQuorums,
  separateExecution,
})

/** The digests of running replicas. */
export const zyzzyvaDigests = {
  batchDigest,
  historyDigest,
  checkpointDigest: zyzzyvaCheckpointDigest,
  resultDigest,
} as const

export const zyzzyvaCoreConfig = (
  config: ClusterConfig,
  id: ReplicaId,
  sign: Config["sign"],
): Config => {
  const group = groupOf(config.replicas.length)
  const { checkpointInterval, logSize, maxBatch } = config
  const { clients, recoverers } = clockOf(config)
  const sizes = { clients, recoverers, checkpointInterval, logSize, maxBatch }
  const { separateExecution, ...said } = zyzzyvaHow(config)
  const how = { ...said, witness: isWitnessIn({ ...group, separateExecution }, id) }
  return { group, needs: needsOf(group), id, ...sizes, ...how, ...zyzzyvaDigests, sign }
}

/** The share of the time until all are asked that the last answer is waited for. */
const commitShare = 1 / 20

export const zyzzyvaClientConfig = (
  config: ClusterConfig,
  id: ClientId,
  firstTimestamp: Timestamp,
): ClientConfig => {
  const group = groupOf(config.replicas.length)
  const { retransmitMs, preferredQuorums } = config
  return {
    group,
    needs: needsOf(group),
    id,
    firstTimestamp,
    commitMs: Math.ceil(retransmitMs * commitShare),
    retransmitMs,
    maxRetransmitMs: longestWait * retransmitMs,
    preferredQuorums,
    resultDigest,
  }
}
