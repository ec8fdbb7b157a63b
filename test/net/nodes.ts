/** Configurations and keys of small clusters for tests; nothing is written or listened on. */
import {
  type ClusterConfig,
  type ClusterConfigFile,
  freshClusterConfig,
  toClusterConfig,
} from "../../src/net/cluster-config.ts"

const ports = [10_001, 10_002, 10_003, 10_004]

/** Four replicas, eight clients, null service, K = 4 and L = 8, as loaded from `/nowhere`. */
export const configOf = (
  changes: Partial<ClusterConfigFile> = {},
  at: ReadonlyArray<number> = ports,
): ClusterConfig =>
  toClusterConfig(
    "/nowhere/cluster.json",
    freshClusterConfig(at, {
      clients: 8,
      service: "null",
      checkpointInterval: 4,
      logSize: 8,
      ...changes,
    }),
    { _tag: "Masters", masters: [] },
  )
