/**
 * What runs Zyzzyva in a replica's process.
 *
 * Outside the specification: nothing; it puts the parts together.
 */
import { Redacted } from "effect"
import type { ReplicaId } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { limitsOf } from "./core-config.ts"
import { overheard } from "./fast-read.ts"
import { storeFingerprint } from "./handshake.ts"
import { signingSeedOf } from "./keys.ts"
import { OwnStates } from "./own-states.ts"
import type { ReplicaKit } from "./replica-kit.ts"
import { ZyzzyvaAuthenticator } from "./zyzzyva-authenticate.ts"
import { zyzzyvaCoreConfig } from "./zyzzyva-config.ts"
import { type ZyzzyvaKinds, zyzzyvaProtocol, zyzzyvaWire } from "./zyzzyva-protocol.ts"
import { ZyzzyvaSigner, ZyzzyvaVerifier } from "./zyzzyva-signature.ts"

/** Requests gather while the batch before is written to disk. */
const pipeline = 1

/** Zyzzyva for a replica of a cluster. */
export const zyzzyvaKit = (config: ClusterConfig, id: ReplicaId): ReplicaKit<ZyzzyvaKinds> => {
  const cluster = storeFingerprint(config)
  const signer = new ZyzzyvaSigner(cluster, Redacted.value(signingSeedOf(config, id)))
  const core = zyzzyvaCoreConfig(config, id, signer.sign)
  return {
    protocol: zyzzyvaProtocol(core),
    wire: (keys) => {
      const publicKeys = config.replicas.map((r) => r.publicKey)
      const judging = {
        group: groupOf(config.replicas.length),
        id,
        clients: config.clients,
        goodForClient: keys.goodForClient,
        verifier: new ZyzzyvaVerifier(cluster, publicKeys),
      }
      return zyzzyvaWire(limitsOf(config), new ZyzzyvaAuthenticator(judging))
    },
    execution: { undoable: 0 },
    pipeline,
    attach: ({ executor: service, misbehaviour }) => {
      const executor = overheard(service, misbehaviour)
      return {
        executor,
        completeReply: undefined,
        states: () => new OwnStates(executor),
        sketchRead: () => () => undefined,
      }
    },
    recovery: () => null,
    whenMissed: "this replica cannot follow any more: states are not transferred in Zyzzyva yet",
  }
}
