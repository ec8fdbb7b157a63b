/**
 * What replicas found wrong in what came over their connections. Between correct processes that
 * hold the same secrets all of it is 0: anything else is a defect of ours, which reconnecting and
 * sending again would hide.
 */
import { Effect } from "effect"
import type { RunningCluster } from "../net/cluster.ts"
import type { Counters } from "../net/status.ts"

const faults = ["BadFrame", "BadMac", "BadMessage", "Refused", "StaleKey"] as const

/** Of all replicas together, by name; those that were seen. */
export const faultsIn = (counted: ReadonlyArray<Counters>): Counters =>
  Object.fromEntries(
    faults.flatMap((name) => {
      const sum = counted.reduce((all, counters) => all + (counters[name] ?? 0), 0)
      return sum === 0 ? [] : [[name, sum]]
    }),
  )

/** Asks every replica; undefined when one does not say. */
export const networkFaults = (cluster: RunningCluster): Effect.Effect<Counters | undefined> =>
  Effect.forEach(cluster.running(), (replica) => cluster.status(replica)).pipe(
    Effect.map((all) => faultsIn(all.map(({ network }) => network))),
    Effect.catch(() => Effect.succeed(undefined)),
  )
