import type { Timestamp } from "../core/ids.ts"
import type { ClientState } from "../core/pbft/client.ts"

/**
 * A client's timestamps by rank: order is all that the specification looks at, and a client's next
 * one is its last one plus one, which no other mentioned one can lie between. The timestamp that a
 * traced client starts from is no request's; below all others it becomes 0, as in the
 * specification.
 */
export const timestampRanks = (
  requested: ReadonlySet<Timestamp>,
  start: Pick<ClientState, "timestamp"> | undefined,
): ReadonlyMap<Timestamp, number> => {
  const own = start === undefined ? 0 : start.timestamp
  const all = new Set([...requested, own])
  all.delete(0)
  const ascending = [...all].sort((a, b) => a - b)
  const unused = own > 0 && ascending[0] === own && !requested.has(own)
  const ranks = new Map<Timestamp, number>([[0, 0]])
  ascending.forEach((timestamp, k) => ranks.set(timestamp, unused ? k : k + 1))
  return ranks
}

/** What each timestamp stands for, from rank 1 on. */
export const byRank = (
  ranks: ReadonlyMap<Timestamp, number> | undefined,
  text: (timestamp: Timestamp) => string,
): ReadonlyArray<string> => {
  const all: Array<string> = []
  // order-free: each has its own place
  for (const [timestamp, rank] of ranks ?? []) if (rank > 0) all[rank - 1] = text(timestamp)
  return all
}
