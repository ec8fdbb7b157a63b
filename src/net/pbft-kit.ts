/**
 * What runs PBFT in a replica's process.
 *
 * Outside the specification: nothing; it puts the parts together.
 */
import { join } from "node:path"
import type { ReplicaId } from "../core/ids.ts"
import { mostUndoable } from "../core/pbft/execution.ts"
import { isMute } from "../core/pbft/rejoin.ts"
import type { State } from "../core/pbft/state.ts"
import { Authenticator } from "./authenticate.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { clockOf, limitsOf, replicaCoreConfig } from "./core-config.ts"
import { overheard } from "./fast-read.ts"
import { openFetchedNodes } from "./fetched-nodes.ts"
import type { FileSystem } from "./file-system.ts"
import { askingOrigin, completing, readerOf } from "./origin-answers.ts"
import { type PbftKinds, pbftProtocol, pbftWire } from "./pbft-protocol.ts"
import type { ReplicaKit } from "./replica-kit.ts"
import { sketchesOf, sketchReadsOf } from "./sketches.ts"
import { StateExchange } from "./state-exchange.ts"
import type { RecoveryStatus } from "./status.ts"

const recoveryStatus = (state: State): RecoveryStatus | null => {
  const { recovery, log } = state
  if (recovery === undefined) return null
  const { incarnation, point, estimate } = recovery
  return {
    incarnation,
    votesFrom: point ?? null,
    votes: !isMute(state),
    bound: estimate?.bound ?? null,
    recovered: point !== undefined && log.low >= point,
  }
}

/** PBFT for a replica of a cluster; `files`: what fetched states are kept on. */
export const pbftKit = (
  config: ClusterConfig,
  id: ReplicaId,
  files: FileSystem,
): ReplicaKit<PbftKinds> => {
  const core = replicaCoreConfig(config, id)
  const limits = limitsOf(config)
  const { recoverers } = clockOf(config)
  return {
    protocol: pbftProtocol(core),
    wire: (keys) => {
      const { clients, agreedTimeMs, recoveryPeriodMs } = config
      const n = config.replicas.length
      const times = { agreedTimeMs, recoveryPeriodMs }
      const authenticator = new Authenticator({ keys, id, n, clients, recoverers, ...times })
      return pbftWire({ limits, signer: keys.signer, authenticator })
    },
    execution: { recoverers, undoable: mostUndoable(core) },
    pipeline: config.pipeline,
    attach: ({ executor: service, origin, misbehaviour, schedule }) => {
      const sketches = sketchesOf(config, id, misbehaviour)
      const watched = sketches?.watching(service) ?? service
      const executor =
        origin === undefined ? overheard(watched, misbehaviour) : askingOrigin(service, origin)
      return {
        executor,
        completeReply: origin && completing(origin, schedule),
        states: (hands) =>
          new StateExchange({
            config: core,
            limits,
            executor,
            fetched: openFetchedNodes(files, join(config.dataDirectory, `replica-${id}`)),
            ...hands,
          }),
        sketchRead: (loop) =>
          sketchReadsOf(sketches, { loop, read: readerOf(executor, undefined, schedule) }),
      }
    },
    recovery: recoveryStatus,
    whenMissed: "this replica fetches its state",
  }
}
