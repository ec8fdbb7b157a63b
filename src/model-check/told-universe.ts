/**
 * The universes of Byzantine messages about what others executed, under their names in
 * spec/tla/MCPbft.tla.
 */
import type { Digest, ReplicaId } from "../core/ids.ts"
import { recoverOperation } from "../core/recovery-request.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import {
  batchA,
  batchB,
  batchC,
  checkpointVotes,
  digestA,
  digestB,
  digestC,
  digestOf,
  prePrepares,
  resultOf,
  signed,
  votes,
} from "./byzantine-messages.ts"
import { modelDigests } from "./pbft-text.ts"

type Numbers = ReadonlyArray<number>
type Auths = ReadonlyArray<ReadonlyArray<ReplicaId>>

export const told = (
  replica: ReplicaId,
  [seqs, digests]: readonly [Numbers, ReadonlyArray<Digest>],
  auths: Auths,
): ReadonlyArray<Envelope> =>
  auths.flatMap((auth) =>
    seqs.flatMap((seq) =>
      digests.map((digest) => ({
        message: { _tag: "Committed" as const, seq, digest, replica },
        to: undefined,
        auth,
      })),
    ),
  )

const toAll = (n: number, message: Envelope["message"]): Envelope => ({
  message,
  to: undefined,
  auth: everyone(n),
})

const forTold = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], all),
    ...told(0, [[1], [digestA]], all),
    ...told(2, [[1], [digestA, digestB]], all),
    ...told(3, [[1], [digestB]], all),
    ...[0, 3].flatMap((b) => told(b, [[2], [digestC]], all)),
    ...told(1, [[1], [digestA]], all),
    ...told(2, [[0, 3], [digestC]], all),
    ...told(2, [[2], [digestC]], [[0]]),
    toAll(n, { _tag: "Batch", batch: batchA([]) }),
    toAll(n, { _tag: "Batch", batch: batchC([]) }),
    toAll(n, { _tag: "FetchBatch", digest: digestB, replica: 3 }),
  ]
}

const afterBAndC = modelDigests.checkpointDigest(2, digestOf([...batchB([]), ...batchC([])]), [
  { timestamp: 0, result: "" },
  { timestamp: 2, result: resultOf("c").replace("1", "2") },
])

const forToldAndMore = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], all),
    ...[2, 3].flatMap((b) => told(b, [[1], [digestB]], all)),
    ...[0, 3].flatMap((b) => told(b, [[2], [digestC]], all)),
    toAll(n, { _tag: "Batch", batch: batchC([]) }),
    ...[0, 2].flatMap((b) => checkpointVotes(b, [2], all, afterBAndC)),
    ...votes(["Prepare"], 2, [[0], [1], [digestB]], all),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestB]], all)),
  ]
}

const forToldAhead = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], all),
    ...votes(["Prepare"], 2, [[0], [1], [digestB]], all),
    ...told(0, [[1], [digestA]], all),
    ...told(2, [[1], [digestA, digestB]], all),
    ...told(3, [[1], [digestB]], all),
    toAll(n, { _tag: "Batch", batch: batchA([]) }),
  ]
}

const hiddenCommit = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], [[1, 2]]),
  ...prePrepares(0, [[0], [1]], [batchA(everyone(n))], [[3]]),
  ...votes(["Commit"], 0, [[0], [1], [digestB]], [[1, 2]]),
  ...told(0, [[1, 2], [digestA]], [[3]]),
]

// As in rejoin-universe.ts: replica i asks to be taken back in the name of client 2 + i.
const forToldRejoiner = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const request = [signed(3, recoverOperation, [])]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], all),
    ...[0, 2].flatMap((b) => told(b, [[1], [digestOf(request)]], all)),
    toAll(n, { _tag: "Batch", batch: request }),
  ]
}

export const toldUniverses = {
  ForTold: forTold,
  ForToldAndMore: forToldAndMore,
  ForToldAhead: forToldAhead,
  HiddenCommit: hiddenCommit,
  ForToldRejoiner: forToldRejoiner,
} as const
