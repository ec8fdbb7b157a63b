/**
 * The universes of Byzantine messages of spec/tla/MCPbft.tla, under the same names: every
 * well-formed message from declared parts. `outside` parts are just beyond each bound. The
 * equality of state graphs checks that both sides mean the same.
 */
import type { Digest, ReplicaId } from "../core/ids.ts"
import type { SignedRequest } from "../core/request.ts"
import { authenticator, type Envelope, everyone } from "../sim/world.ts"
import { plainText, valueText } from "./pbft-text.ts"
import { seq as seqText, str } from "./canonical.ts"

/** As in Pbft.tla: a request, the replicas at which its authenticator verifies. */
const signed = (
  client: number,
  operation: string,
  auth: ReadonlyArray<ReplicaId>,
): SignedRequest => ({ client, timestamp: 1, operation, authenticator: authenticator(auth) })

type Batch = ReadonlyArray<SignedRequest>
type Auths = ReadonlyArray<ReadonlyArray<ReplicaId>>
type Numbers = ReadonlyArray<number>

const unknownDigest: Digest = valueText([{ client: 0, timestamp: 9, operation: "unknown" }])
const digestOf = (batch: Batch): Digest => seqText(batch.map(plainText))

const prePrepares = (
  replica: ReplicaId,
  [views, seqs]: readonly [Numbers, Numbers],
  batches: ReadonlyArray<Batch>,
  auths: Auths,
): ReadonlyArray<Envelope> =>
  auths.flatMap((auth) =>
    views.flatMap((view) =>
      seqs.flatMap((seq) =>
        batches.map((batch) => {
          const digest = digestOf(batch)
          const message = { _tag: "PrePrepare" as const, view, seq, digest, batch, replica }
          return { message, to: undefined, auth }
        }),
      ),
    ),
  )

const votes = (
  tags: ReadonlyArray<"Prepare" | "Commit">,
  replica: ReplicaId,
  [views, seqs, digests]: readonly [Numbers, Numbers, ReadonlyArray<Digest>],
  auths: Auths,
): ReadonlyArray<Envelope> =>
  auths.flatMap((auth) =>
    views.flatMap((view) =>
      seqs.flatMap((seq) =>
        digests.flatMap((digest) =>
          tags.map((_tag) => ({
            message: { _tag, view, seq, digest, replica },
            to: undefined,
            auth,
          })),
        ),
      ),
    ),
  )

const both = ["Prepare", "Commit"] as const

const checkpointVotes = (
  replica: ReplicaId,
  seqs: Numbers,
  auths: Auths,
): ReadonlyArray<Envelope> =>
  auths.flatMap((auth) =>
    seqs.map((seq) => ({
      message: { _tag: "Checkpoint" as const, seq, digest: unknownDigest, replica },
      to: undefined,
      auth,
    })),
  )

const forgedReply = (replica: ReplicaId): Envelope => ({
  message: {
    _tag: "Reply",
    view: 0,
    client: 0,
    timestamp: 1,
    replica,
    result: seqText([str("forged"), "1"]),
  },
  to: undefined,
  auth: [],
})

const requests = (n: number, client: number, op: string, auths: Auths): ReadonlyArray<Envelope> =>
  auths.map((auth) => ({
    message: { _tag: "Request", ...signed(client, op, auth) },
    to: everyone(n),
    auth,
  }))

const batchA = (auth: Numbers): Batch => [signed(0, "a", auth)]
const batchB = (auth: Numbers): Batch => [signed(1, "b", auth)]
const batchX: Batch = [signed(0, "x", [])]
const digestA = digestOf(batchA([]))
const digestB = digestOf(batchB([]))

const equivocation = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchA(everyone(n))], [[1, 2]]),
  ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], [[3]]),
  ...votes(["Commit"], 0, [[0], [1], [digestA, digestB]], [everyone(n)]),
]

const equivocationAmongThree = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchA(everyone(n)), batchB(everyone(n))], [everyone(n)]),
  ...votes(both, 0, [[0], [1], [digestA, digestB]], [everyone(n)]),
]

const primaryUniverse = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(
    0,
    [
      [0, 1],
      [0, 1, 3],
    ],
    [batchA(everyone(n)), batchB([1]), batchX],
    [everyone(n), [1]],
  ),
  ...votes(
    both,
    0,
    [
      [0, 1],
      [0, 1, 3],
      [digestA, unknownDigest],
    ],
    [everyone(n)],
  ),
  ...checkpointVotes(0, [0, 1, 2, 4], [everyone(n)]),
]

const backupUniverse = (n: number): ReadonlyArray<Envelope> => [
  ...votes(["Prepare"], 3, [[0, 1], [0, 1, 3], [digestA]], [[1]]),
  ...votes(["Commit"], 3, [[0, 1], [0, 1, 3], [unknownDigest]], [everyone(n), [1]]),
  ...checkpointVotes(3, [0, 1, 3], [everyone(n), [1]]),
  ...prePrepares(3, [[0, 1], [1]], [batchX], [everyone(n)]),
  forgedReply(3),
]

const clientUniverse = (n: number): ReadonlyArray<Envelope> =>
  requests(n, 1, "b", [everyone(n), [0]])

const without =
  (universe: (n: number) => ReadonlyArray<Envelope>, drop: (e: Envelope, n: number) => boolean) =>
  (n: number): ReadonlyArray<Envelope> =>
    universe(n).filter((e) => !drop(e, n))

const digestIn = (e: Envelope): Digest => ("digest" in e.message ? e.message.digest : "")

const primaryBase = without(
  primaryUniverse,
  (e) => e.message._tag !== "PrePrepare" && digestIn(e) === unknownDigest,
)

/** Every universe by its name in MCPbft.tla, for `n` replicas. */
export const universes = {
  NothingInjected: (): ReadonlyArray<Envelope> => [],
  Equivocation: equivocation,
  EquivocationAmongThree: equivocationAmongThree,
  PrimaryUniverse: primaryUniverse,
  PrimaryBase: primaryBase,
  BackupUniverse: backupUniverse,
  ClientUniverse: clientUniverse,
  PrimaryWithoutViews: without(primaryBase, (e) => "view" in e.message && e.message.view !== 0),
  PrimaryWithoutSeqs: without(
    primaryBase,
    (e) => "seq" in e.message && e.message.seq !== 1 && e.message.seq !== 2,
  ),
  PrimaryWithoutPartialAuthenticators: without(primaryBase, (e, n) => e.auth.length < n),
  PrimaryWithoutBadRequests: without(
    primaryBase,
    (e, n) =>
      e.message._tag === "PrePrepare" &&
      e.message.batch.some((r) => r.authenticator !== authenticator(everyone(n))),
  ),
  BackupWithoutUnknownDigests: without(backupUniverse, (e) => digestIn(e) === unknownDigest),
} as const

export type UniverseName = keyof typeof universes
