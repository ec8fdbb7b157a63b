/**
 * What replicas and their clients found wrong in what came over their connections. Between correct
 * processes that hold the same secrets all of it is 0: anything else is a defect of ours, which
 * reconnecting and sending again would hide.
 */
import { Effect } from "effect"
import type { RunningCluster } from "../net/cluster.ts"
import type { Dropped } from "../net/protocol.ts"
import type { Counters } from "../net/status.ts"

/** Of frames, each of which ends a connection. */
const unreadable = ["BadFrame", "BadMac", "BadMessage", "Refused", "StaleKey"]
/** Of messages: the rest of the connection goes on. What comes too soon may come. */
const unbelieved: ReadonlyArray<Exclude<Dropped, "TooSoon">> = [
  "BadDigest",
  "BadMac",
  "BadSignature",
  "WrongReceiver",
  "WrongSender",
]
const faults = [...unreadable, ...unbelieved.map((why) => `Dropped:${why}`)]

/** Of all processes together, by name; those that were seen. */
export const faultsIn = (counted: ReadonlyArray<Counters>): Counters =>
  Object.fromEntries(
    faults.flatMap((name) => {
      const sum = counted.reduce((all, counters) => all + (counters[name] ?? 0), 0)
      return sum === 0 ? [] : [[name, sum]]
    }),
  )

/** Whoever talks with the replicas: a pool of clients, a sketcher. */
interface Endpoint {
  readonly status: Effect.Effect<{ readonly network: Counters }>
}

/** Asks every replica, and who talked with them; undefined when one does not say. */
export const networkFaults = (
  cluster: RunningCluster,
  endpoint: Endpoint,
): Effect.Effect<Counters | undefined> =>
  Effect.gen(function* () {
    const own = yield* endpoint.status
    const all = yield* Effect.forEach(cluster.running(), (replica) => cluster.status(replica))
    return faultsIn([own, ...all].map(({ network }) => network))
  }).pipe(Effect.catch(() => Effect.succeed(undefined)))
