/**
 * The universes of Byzantine messages about values that primaries propose, under their names in
 * spec/tla/MCPbft.tla.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { SignedRequest } from "../core/request.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import {
  batchA,
  digestOf,
  prePrepares,
  proposed,
  requestsTo,
  signed,
  votes,
} from "./byzantine-messages.ts"

type Batch = ReadonlyArray<SignedRequest>

const withValue = (value: number, at: ReadonlyArray<ReplicaId>, asked: Batch): Batch => [
  proposed(value, at),
  ...asked,
]

const falseProposals = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const a = batchA(everyone(n))
  const batches = [withValue(2, [], a), withValue(1, [1], a)]
  return [
    ...prePrepares(0, [[0], [1]], batches, all),
    ...votes(["Commit"], 0, [[0], [1], batches.map(digestOf)], all),
  ]
}

const halfProposed = (n: number): ReadonlyArray<Envelope> => {
  const batch = withValue(1, everyone(n), batchA(everyone(n)))
  return prePrepares(0, [[0], [1]], [batch], [[1, 2]])
}

const forProposer = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const first = digestOf(withValue(1, [], batchA([])))
  return [
    ...requestsTo(everyone(n), [0, 1, "a"], all),
    ...requestsTo(everyone(n), [0, 2, "a"], all),
    ...[1, 2].flatMap((b) => votes(["Prepare", "Commit"], b, [[0], [1], [first]], all)),
  ]
}

const forJudge = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const a = batchA(everyone(n))
  const later = [signed(0, "a", everyone(n), 2)]
  const first = withValue(2, everyone(n), a)
  const low = withValue(1, everyone(n), later)
  const unaccepted = withValue(3, [], later)
  const malformed = [
    a,
    withValue(1, everyone(n), []),
    [...a, ...later],
    [...a, proposed(1, everyone(n))],
    withValue(1, everyone(n), [proposed(2, everyone(n))]),
    withValue(1, everyone(n), [...a, ...later]),
  ]
  const of = (seq: number, batches: ReadonlyArray<Batch>) =>
    [0, 2].flatMap((b) => votes(["Commit"], b, [[0], [seq], batches.map(digestOf)], all))
  return [
    ...prePrepares(0, [[0], [1]], [first, ...malformed], all),
    ...prePrepares(0, [[0], [2]], [low, unaccepted], all),
    ...votes(["Prepare"], 2, [[0], [1], [digestOf(first)]], all),
    ...votes(["Prepare"], 2, [[0], [2], [digestOf(low)]], all),
    ...of(1, [first]),
    ...of(2, [low]),
    ...requestsTo(everyone(n), [1, 1, "t"], all),
    {
      message: { _tag: "Read", ...signed(1, "r", everyone(n)) },
      to: undefined,
      auth: everyone(n),
    },
  ]
}

export const proposalUniverses = {
  FalseProposals: falseProposals,
  HalfProposed: halfProposed,
  ForProposer: forProposer,
  ForJudge: forJudge,
} as const
