/**
 * What runs Zyzzyva in a replica's process.
 *
 * Outside the specification: nothing; it puts the parts together.
 */
import { join } from "node:path"
import { Redacted } from "effect"
import type { ReplicaId } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import { isMute, recoversFrom } from "../core/zyzzyva/rejoin.ts"
import type { Config, State } from "../core/zyzzyva/state.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { clockOf, limitsOf } from "./core-config.ts"
import { overheard } from "./fast-read.ts"
import { openFetchedNodes } from "./fetched-nodes.ts"
import type { FileSystem } from "./file-system.ts"
import { storeFingerprint } from "./handshake.ts"
import { signingSeedOf } from "./keys.ts"
import { RecoveryRequests } from "./recovery-requests.ts"
import type { ReplicaKit } from "./replica-kit.ts"
import type { RecoveryStatus } from "./status.ts"
import { ZyzzyvaAuthenticator } from "./zyzzyva-authenticate.ts"
import { zyzzyvaCoreConfig } from "./zyzzyva-config.ts"
import { type ZyzzyvaKinds, zyzzyvaProtocol, zyzzyvaWire } from "./zyzzyva-protocol.ts"
import { ZyzzyvaSigner, ZyzzyvaVerifier } from "./zyzzyva-signature.ts"
import { ZyzzyvaStates } from "./zyzzyva-states.ts"

/** Requests gather while the batch before is written to disk. */
const pipeline = 1

const recoveryStatus = (config: Config, state: State): RecoveryStatus | null => {
  const { incarnation } = state
  if (incarnation === 0) return null
  const takesPart = !isMute(config, state)
  const votesFrom = recoversFrom(config, state) ?? null
  return { incarnation, votesFrom, votes: takesPart, bound: null, recovered: takesPart }
}

/** Zyzzyva for a replica of a cluster; `files`: what fetched states are kept on. */
export const zyzzyvaKit = (
  config: ClusterConfig,
  id: ReplicaId,
  files: FileSystem,
): ReplicaKit<ZyzzyvaKinds> => {
  const cluster = storeFingerprint(config)
  const limits = limitsOf(config)
  const { recoverers } = clockOf(config)
  const publicKeys = config.replicas.map((r) => r.publicKey)
  const verifier = new ZyzzyvaVerifier(cluster, publicKeys)
  const signer = new ZyzzyvaSigner(cluster, Redacted.value(signingSeedOf(config, id)))
  const core = zyzzyvaCoreConfig(config, id, signer.sign)
  return {
    protocol: zyzzyvaProtocol(core),
    wire: (keys) => {
      const judging = {
        group: groupOf(config.replicas.length),
        id,
        clients: config.clients,
        goodForClient: keys.goodForClient,
        verifier,
        recoveries: new RecoveryRequests({
          n: config.replicas.length,
          recoverers,
          recoveryPeriodMs: config.recoveryPeriodMs,
          verifier: keys.verifier,
        }),
      }
      return zyzzyvaWire(limits, keys.signer, new ZyzzyvaAuthenticator(judging))
    },
    execution: { recoverers, undoable: 0, witness: core.witness },
    pipeline,
    attach: ({ executor: service, misbehaviour, later }) => {
      const executor = overheard(service, misbehaviour)
      return {
        executor,
        completeReply: undefined,
        states: (hands) =>
          new ZyzzyvaStates({
            config: core,
            limits,
            executor,
            fetched: openFetchedNodes(files, join(config.dataDirectory, `replica-${id}`)),
            verifier,
            later,
            ...hands,
          }),
        sketchRead: () => () => undefined,
      }
    },
    recovery: (state) => recoveryStatus(core, state),
    whenMissed: "this replica fetches its state",
  }
}
