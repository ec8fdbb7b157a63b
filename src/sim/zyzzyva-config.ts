/** The configurations of Zyzzyva's machines in a scenario. */
import { type Group, groupOf } from "../core/quorum.ts"
import type { ClientConfig } from "../core/zyzzyva/client.ts"
import { groupOfFive, isWitness, needsOf, needsOfFive } from "../core/zyzzyva/needs.ts"
import type { Config, Needs } from "../core/zyzzyva/state.ts"
import type { Hashing } from "./host.ts"
import { idsOf } from "./run-config.ts"
import type { Signatures } from "./zyzzyva-messages.ts"
import type { Cluster, Scenario } from "./scenario.ts"

/** The group of a cluster: of n = 3f + 1 replicas, or of Zyzzyva5's n = 5f + 1. */
export const groupIn = ({ n, zyzzyva5 }: Pick<Cluster, "n" | "zyzzyva5">): Group =>
  zyzzyva5 === true ? groupOfFive(n) : groupOf(n)

// How many of a kind are enough; a scenario may say another quorum, to show what breaks.
const needsIn = (cluster: Cluster): Needs => {
  const { quorum, zyzzyva5 } = cluster
  const group = groupIn(cluster)
  const needs = zyzzyva5 === true ? needsOfFive(group) : needsOf(group)
  return quorum === undefined ? needs : { ...needs, commit: quorum, change: quorum }
}

/** Digests and signatures of a run. */
export interface Making {
  readonly hashing: Hashing
  readonly signatures: Signatures
}

export const zyzzyvaConfig = (scenario: Scenario, id: number, making: Making): Config => {
  const { cluster } = scenario
  const { checkpointInterval, logSize, maxBatch } = cluster
  const { clients, recoverers } = idsOf(scenario)
  const { hashing, signatures } = making
  return {
    group: groupIn(cluster),
    needs: needsIn(cluster),
    id,
    clients,
    recoverers,
    checkpointInterval,
    logSize,
    maxBatch,
    rule: cluster.rule ?? "corrected",
    canFetch: true,
    readOnly: cluster.readOnly === true,
    commitFirst: cluster.commitFirst === true,
    preferredQuorums: cluster.preferredQuorums === true,
    witness: cluster.separateExecution === true && isWitness(groupIn(cluster), id),
    hastyReads: cluster.hastyReads,
    vouchOrders: cluster.vouchOrders !== false,
    confirmViews: cluster.confirmViews ?? cluster.rule === "published",
    batchDigest: hashing.batchDigest,
    historyDigest: (before, batch) => hashing.hash(`${before} ${batch}`),
    checkpointDigest: (history, service, table) =>
      hashing.hash(JSON.stringify([history, service, table])),
    resultDigest: hashing.hash,
    sign: (content) => signatures.sign(id, content),
  }
}

/** A client that asks in vain waits twice as long each time, up to so many times as long. */
const longestWait = 16

export const zyzzyvaClientConfig = (
  { cluster }: Scenario,
  id: number,
  { hashing }: Pick<Making, "hashing">,
): ClientConfig => {
  const { retransmitMs } = cluster
  return {
    group: groupIn(cluster),
    needs: needsIn(cluster),
    id,
    firstTimestamp: 0,
    commitMs: cluster.commitMs ?? Math.ceil(retransmitMs / 4),
    retransmitMs,
    maxRetransmitMs: longestWait * retransmitMs,
    preferredQuorums: cluster.preferredQuorums === true,
    resultDigest: hashing.hash,
  }
}
