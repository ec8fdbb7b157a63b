/** What Byzantine processes can build, and the requests and digests that the universes speak of. */
import type { Digest, ReplicaId } from "../core/ids.ts"
import type { SignedRequest } from "../core/request.ts"
import { authenticator, type Envelope } from "../sim/world.ts"
import { seq as seqText, str } from "./canonical.ts"
import { modelDigests, plainText, valueText } from "./pbft-text.ts"

/** As in Pbft.tla: a request, the replicas at which its authenticator verifies. */
export const signed = (
  client: number,
  operation: string,
  auth: ReadonlyArray<ReplicaId>,
  timestamp = 1,
): SignedRequest => ({ client, timestamp, operation, authenticator: authenticator(auth) })

/** A value that a primary proposes, where it is acceptable. Client 1 stands for the clock. */
export const proposed = (value: number, at: ReadonlyArray<ReplicaId>): SignedRequest =>
  signed(1, "t", at, value)

type Batch = ReadonlyArray<SignedRequest>
type Auths = ReadonlyArray<ReadonlyArray<ReplicaId>>
type Numbers = ReadonlyArray<number>

export const unknownDigest: Digest = valueText([{ client: 0, timestamp: 9, operation: "unknown" }])
export const digestOf = (batch: Batch): Digest => seqText(batch.map(plainText))

export const prePrepares = (
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

/** Of the null request. */
export const nullPrePrepares = (
  replica: ReplicaId,
  seq: number,
  auths: Auths,
): ReadonlyArray<Envelope> =>
  auths.map((auth) => {
    const digest = modelDigests.batchDigest([])
    const message = { _tag: "PrePrepare" as const, view: 0, seq, digest, batch: [], replica }
    return { message, to: undefined, auth }
  })

export const votes = (
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

export const both = ["Prepare", "Commit"] as const

export const checkpointVotes = (
  replica: ReplicaId,
  seqs: Numbers,
  auths: Auths,
  digest = unknownDigest,
): ReadonlyArray<Envelope> =>
  auths.flatMap((auth) =>
    seqs.map((seq) => ({
      message: { _tag: "Checkpoint" as const, seq, digest, replica },
      to: undefined,
      auth,
    })),
  )

export const resultOf = (operation: string): string => seqText([str(operation), "1"])

export const replies = (
  replica: ReplicaId,
  timestamp: number,
  operations: ReadonlyArray<string>,
): ReadonlyArray<Envelope> =>
  operations.map((op) => ({
    message: {
      _tag: "Reply",
      view: 0,
      client: 0,
      timestamp,
      replica,
      result: resultOf(op),
    },
    to: undefined,
    auth: [],
  }))

export const requestsTo = (
  to: ReadonlyArray<ReplicaId>,
  [client, timestamp, op]: readonly [number, number, string],
  auths: Auths,
): ReadonlyArray<Envelope> =>
  auths.map((auth) => ({
    message: { _tag: "Request", ...signed(client, op, auth, timestamp) },
    to,
    auth,
  }))

export const batchA = (auth: Numbers): Batch => [signed(0, "a", auth)]
export const batchB = (auth: Numbers): Batch => [signed(1, "b", auth)]
export const batchC = (auth: Numbers): Batch => [signed(1, "c", auth, 2)]
export const batchX: Batch = [signed(0, "x", [])]
export const digestA = digestOf(batchA([]))
export const digestB = digestOf(batchB([]))
export const digestC = digestOf(batchC([]))
export const digestX = digestOf(batchX)
export const digestCTwice = digestOf([...batchC([]), ...batchC([])])

export const checkpointB = modelDigests.checkpointDigest(1, digestB, [
  { timestamp: 0, result: "" },
  { timestamp: 1, result: resultOf("b") },
])
