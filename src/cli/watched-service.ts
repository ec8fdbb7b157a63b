/** A service as whoever watches a run needs it (trace-check/group-watch.ts). */
import type { ClusterConfig } from "../net/cluster-config.ts"
import { makeExecutor, makeService } from "../net/executor.ts"
import type { NewService } from "../trace-check/group-watch.ts"

/** By the kind of the run's service; of origins the agreed results are empty. */
export const watchedService =
  (kind: Exclude<ClusterConfig["service"], "origin">): NewService =>
  ({ recoverers }) => {
    const service = makeService(kind)
    const executor = makeExecutor(service, recoverers === undefined ? {} : { recoverers })
    const { read, isRead } = executor
    const { snapshot, restore } = service
    return {
      execute: (effect) => {
        const executed = executor.execute(effect)
        if (effect.checkpoint) executor.takeSnapshot(effect.seq)
        return executed
      },
      read,
      isRead,
      snapshot,
      restore,
    }
  }
