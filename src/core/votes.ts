import { type Digest, noDigest, type ReplicaId } from "./ids.ts"

/**
 * What each replica voted for, by replica; `noDigest` where it has not voted. Votes are kept with
 * their digest: a set of voters alone would let votes for different batches add up.
 */
export type Votes = ReadonlyArray<Digest>

export const noVotes = (n: number): Votes => new Array<Digest>(n).fill(noDigest)

export const has = (votes: Votes, replica: ReplicaId): boolean => votes[replica] !== noDigest

export const add = (votes: Votes, replica: ReplicaId, digest: Digest): Votes => {
  const next = votes.slice()
  next[replica] = digest
  return next
}

/** Without this replica's vote; the same votes where it has none. */
export const remove = (votes: Votes, replica: ReplicaId): Votes =>
  has(votes, replica) ? add(votes, replica, noDigest) : votes

/** How many replicas voted for `digest`. */
export const count = (votes: Votes, digest: Digest): number => {
  let voters = 0
  for (const vote of votes) if (vote === digest) voters++
  return voters
}
