/**
 * The universes of Byzantine messages for answers before the end of agreement and without one,
 * under their names in spec/tla/MCPbft.tla.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { Message, Reply } from "../core/pbft/message.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import {
  batchA,
  batchB,
  batchC,
  digestB,
  digestC,
  prePrepares,
  replies,
  requestsTo,
  signed,
  votes,
} from "./byzantine-messages.ts"
import { modelDigests } from "./pbft-text.ts"

export const readsOf = (
  [client, timestamp, op]: readonly [number, number, string],
  auths: ReadonlyArray<ReadonlyArray<ReplicaId>>,
): ReadonlyArray<Envelope> =>
  auths.map((auth) => ({
    message: { _tag: "Read", ...signed(client, op, auth, timestamp) },
    to: undefined,
    auth,
  }))

const repliesOf = (
  replicas: ReadonlyArray<ReplicaId>,
  timestamp: number,
  ops: ReadonlyArray<string>,
): ReadonlyArray<Envelope> => replicas.flatMap((b) => replies(b, timestamp, ops))

const marked = (
  all: ReadonlyArray<Envelope>,
  mark: (reply: Reply) => Message,
): ReadonlyArray<Envelope> =>
  all.map((e) => (e.message._tag === "Reply" ? { ...e, message: mark(e.message) } : e))

const digested = (m: Reply): Reply => ({
  ...m,
  result: modelDigests.resultDigest(m.result),
  digest: true,
})
const tentative = (m: Reply): Reply => ({ ...m, tentative: true })
const ofRead = (m: Reply): Reply => ({ ...m, readOnly: true })

const forReader = (): ReadonlyArray<Envelope> => [
  ...repliesOf([0, 1], 1, ["r"]),
  ...marked(repliesOf([1, 3], 1, ["r"]), digested),
  ...marked(repliesOf([0, 1, 2], 1, ["r"]), tentative),
  ...marked(repliesOf([2], 1, ["r"]), (m) => ({ ...tentative(m), view: 1 })),
  ...marked([...repliesOf([0, 1, 2], 2, ["t"]), ...repliesOf([3], 2, ["u"])], ofRead),
  ...repliesOf([0, 1, 3], 2, ["t"]),
]

const forTentative = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], all),
    ...prePrepares(0, [[0], [2]], [batchC(everyone(n))], all),
    ...votes(["Prepare"], 2, [[0], [1], [digestB]], all),
    ...votes(["Prepare"], 2, [[0], [2], [digestC]], all),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestB]], all)),
    ...requestsTo(everyone(n), [1, 1, "b"], all),
    ...readsOf([0, 1, "r"], [everyone(n), [0]]),
    ...readsOf([0, 2, "w"], all),
    ...readsOf([2, 1, "r"], all),
  ]
}

const batchOf = (batch: ReturnType<typeof batchA>, n: number): Envelope => ({
  message: { _tag: "Batch", batch },
  to: undefined,
  auth: everyone(n),
})

const forDecided = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...prePrepares(0, [[0], [1]], [batchB([0])], all),
    ...[0, 2, 3].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestB]], all)),
    ...[0, 2, 3].flatMap((b) => votes(["Commit"], b, [[0], [2], [digestC]], all)),
    ...[batchB([]), batchA([]), batchC([])].map((batch) => batchOf(batch, n)),
    {
      message: { _tag: "FetchBatch", digest: digestB, replica: 2 },
      to: undefined,
      auth: everyone(n),
    },
  ]
}

const oneStory = (n: number): ReadonlyArray<Envelope> =>
  prePrepares(0, [[0], [1]], [batchB(everyone(n))], [everyone(n), [1, 2]])

const hiddenStory = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], [[1, 2]]),
  ...votes(["Commit"], 0, [[0], [1], [digestB]], [everyone(n)]),
]

const flattersClient = (): ReadonlyArray<Envelope> => [
  ...replies(3, 1, ["a"]),
  ...marked(replies(3, 2, ["r"]), ofRead),
]

const secondFirst = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], [[1, 2]]),
  ...prePrepares(0, [[0], [2]], [batchC(everyone(n))], [[1, 2]]),
  ...votes(["Commit"], 0, [[0], [2], [digestC]], [everyone(n)]),
]

export const fastPathUniverses = {
  ForReader: forReader,
  ForTentative: forTentative,
  ForDecided: forDecided,
  OneStory: oneStory,
  HiddenStory: hiddenStory,
  FlattersClient: flattersClient,
  SecondFirst: secondFirst,
} as const
