/** The configurations of Zyzzyva's machines in a scenario. */
import { type Group, groupOf, weakQuorum } from "../core/quorum.ts"
import type { ClientConfig } from "../core/zyzzyva/client.ts"
import type { Config, Needs } from "../core/zyzzyva/state.ts"
import type { Hashing } from "./host.ts"
import type { Signatures } from "./zyzzyva-messages.ts"
import type { Scenario } from "./scenario.ts"

/** How many of a kind are enough; a scenario may say another quorum, to show what breaks. */
const needsOf = ({ n, quorum }: { n: number; quorum: number | undefined }): Needs => {
  const group: Group = groupOf(n)
  const strong = quorum ?? group.quorum
  return { fast: n, commit: strong, change: strong, vote: weakQuorum(group) }
}

/** Digests and signatures of a run. */
export interface Making {
  readonly hashing: Hashing
  readonly signatures: Signatures
}

export const zyzzyvaConfig = ({ cluster }: Scenario, id: number, making: Making): Config => {
  const { n, quorum, checkpointInterval, logSize, maxBatch, clients, hostileClients } = cluster
  const { hashing, signatures } = making
  return {
    group: groupOf(n),
    needs: needsOf({ n, quorum }),
    id,
    clients: clients + hostileClients,
    checkpointInterval,
    logSize,
    maxBatch,
    rule: cluster.rule ?? "corrected",
    canFetch: true,
    confirmViews: cluster.confirmViews ?? cluster.rule === "published",
    batchDigest: hashing.batchDigest,
    historyDigest: (before, batch) => hashing.hash(`${before} ${batch}`),
    checkpointDigest: (history, service, table) =>
      hashing.hash(JSON.stringify([history, service, table])),
    sign: (content) => signatures.sign(id, content),
  }
}

/** A client that asks in vain waits twice as long each time, up to so many times as long. */
const longestWait = 16

export const zyzzyvaClientConfig = ({ cluster }: Scenario, id: number): ClientConfig => {
  const { n, quorum, retransmitMs } = cluster
  return {
    group: groupOf(n),
    needs: needsOf({ n, quorum }),
    id,
    firstTimestamp: 0,
    commitMs: cluster.commitMs ?? Math.ceil(retransmitMs / 4),
    retransmitMs,
    maxRetransmitMs: longestWait * retransmitMs,
  }
}
