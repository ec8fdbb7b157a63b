/**
 * The universes of Byzantine messages about big requests, under their names in
 * spec/tla/MCPbft.tla. Operations of four characters are big.
 */
import type { ReplicaId } from "../core/ids.ts"
import { isWhole, shortened } from "../core/pbft/big-requests.ts"
import type { SignedRequest } from "../core/request.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import {
  batchB,
  batchC,
  digestB,
  digestOf,
  prePrepares,
  requestsTo,
  signed,
  unknownDigest,
  votes,
} from "./byzantine-messages.ts"
import { entry, fromAll, viewChange } from "./view-change-universe.ts"

type Numbers = ReadonlyArray<number>

const bigA = (auth: Numbers): ReadonlyArray<SignedRequest> => [signed(0, "aaaa", auth)]
const bigB = (auth: Numbers): ReadonlyArray<SignedRequest> => [signed(1, "bbbb", auth)]

/** Pre-prepares that only name what is big. */
export const short = (all: ReadonlyArray<Envelope>): ReadonlyArray<Envelope> =>
  all.map((envelope) => {
    const { message: m } = envelope
    if (m._tag !== "PrePrepare" || !isWhole(m.batch)) return envelope
    return { ...envelope, message: { ...m, batch: shortened({ bigRequestBytes: 4 }, m.batch) } }
  })

const asks = (
  replica: ReplicaId,
  [views, seqs]: readonly [Numbers, Numbers],
  auths: ReadonlyArray<Numbers>,
): ReadonlyArray<Envelope> =>
  auths.flatMap((auth) =>
    views.flatMap((view) =>
      seqs.map((seq) => ({
        message: { _tag: "FetchPrePrepare" as const, view, seq, replica },
        to: undefined,
        auth,
      })),
    ),
  )

const forNamed = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const a = bigA(everyone(n))
  const mixed = [...a, ...batchC(everyone(n))]
  const named = short(prePrepares(0, [[0], [1]], [mixed], all))
  return [
    ...requestsTo(everyone(n), [0, 1, "aaaa"], all),
    ...requestsTo(everyone(n), [0, 1, "xxxx"], all),
    ...named,
    ...named.map((e) => ({ ...e, message: { ...e.message, digest: unknownDigest } as never })),
    ...short(prePrepares(0, [[0], [1]], [[...a, ...a, ...a]], all)),
    ...short(prePrepares(0, [[0], [2]], [bigB(everyone(n))], all)),
    ...prePrepares(0, [[0], [1]], [mixed], all),
    ...votes(["Prepare"], 2, [[0], [1], [digestOf(mixed)]], all),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestOf(mixed)]], all)),
    ...asks(2, [[0], [1]], all),
  ]
}

const forGiver = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const b = [entry(1, digestB, 0)]
  return [
    ...requestsTo(everyone(n), [0, 1, "aaaa"], all),
    ...fromAll(n, [
      viewChange(0, 1, [[], []]),
      viewChange(2, 1, [b, b]),
      viewChange(3, 1, [b, b]),
      { _tag: "Batch", batch: batchB([]) },
    ]),
    ...asks(
      2,
      [
        [0, 1],
        [1, 2, 3],
      ],
      all,
    ),
    ...asks(3, [[1], [2]], [[0]]),
  ]
}

const halfNamed = (n: number): ReadonlyArray<Envelope> => [
  ...requestsTo([1], [1, 1, "bbbb"], [everyone(n)]),
  ...short(prePrepares(0, [[0], [1]], [bigB(everyone(n))], [[1, 2]])),
  ...prePrepares(0, [[0], [1]], [bigB(everyone(n))], [[2]]),
  ...asks(0, [[1], [1]], [everyone(n)]),
]

export const bigRequestUniverses = {
  ForNamed: forNamed,
  ForGiver: forGiver,
  HalfNamed: halfNamed,
} as const
