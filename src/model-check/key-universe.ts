/**
 * The universes of spec/tla/MCPbft.tla that are about keys which change, under the same names.
 */
import type { ReplicaId } from "../core/ids.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import {
  batchA,
  batchB,
  batchC,
  both,
  checkpointB,
  checkpointVotes,
  digestA,
  digestB,
  digestC,
  prePrepares,
  resultOf,
  votes,
} from "./byzantine-messages.ts"
import { modelDigests } from "./pbft-text.ts"
import { answer } from "./recovery-universe.ts"
import { toAll, viewChange } from "./rejoin-universe.ts"
import { told } from "./told-universe.ts"

// Only before the receiver replaced the key of `of`, or only since.
const under = (
  of: ReplicaId,
  replaced: boolean,
  messages: ReadonlyArray<Envelope>,
): ReadonlyArray<Envelope> => messages.map((m) => ({ ...m, keys: { of, replaced } }))

// The truth for some, and lies for replica 1 in the name of 0, and then of 2.
const thieves = (n: number, heard: ReadonlyArray<ReplicaId>): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchA(everyone(n))], [heard]),
  ...votes(both, 2, [[0], [1], [digestA]], [heard]),
  ...votes(["Commit"], 0, [[0], [1], [digestA]], [heard]),
  ...under(0, false, [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], [[1]]),
    ...votes(["Commit"], 0, [[0], [1], [digestB]], [[1]]),
  ]),
  ...under(0, true, votes(both, 2, [[0], [1], [digestB]], [[1]])),
]

const forRekeyer = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n)), batchC([0])], all),
    ...votes(["Prepare"], 2, [[0], [1], [digestB]], all),
    ...votes(["Prepare"], 3, [[0], [1], [digestC]], all),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestB]], all)),
    ...[0, 2].flatMap((b) => checkpointVotes(b, [1], all, checkpointB)),
  ]
}

const atFirst = {
  seq: 0,
  digest: modelDigests.checkpointDigest(0, "<<>>", [
    { timestamp: 0, result: "" },
    { timestamp: 0, result: "" },
  ]),
}

const forRekeyerInNewView = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const entries = [{ seq: 1, digest: digestB, view: 0 }]
  const changes = [0, 2, 3].map((b) =>
    viewChange(b, 2, { low: 0, checkpoints: [atFirst], entries }),
  )
  const chosen = [{ seq: 1, digest: digestB }]
  const [start, replica] = [atFirst, 2]
  return [
    toAll(n, { _tag: "NewView", view: 2, changes, start, chosen, replica, signature: "" }),
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], all),
    ...prePrepares(2, [[2], [2]], [batchC(everyone(n))], all),
    ...votes(["Prepare"], 0, [[2], [1, 2], [digestB]], all),
    ...votes(["Commit"], 2, [[2], [1], [digestB]], all),
  ]
}

// The state after batch B, as of a later number.
const plainB = batchB([]).map(({ client, timestamp, operation }) => ({
  client,
  timestamp,
  operation,
}))
const stateB = {
  seq: 4,
  service: digestB,
  table: [
    { timestamp: 0, result: "" },
    { timestamp: 1, result: resultOf("b") },
  ],
}

const forRekeyerTold = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...[0, 2].flatMap((b) => told(b, [[1], [digestA]], all)),
    toAll(n, { _tag: "Batch", batch: batchA([]) }),
    ...[0, 2, 3].flatMap((b) => votes(["Commit"], b, [[0], [2], [digestB]], all)),
    toAll(n, { _tag: "Batch", batch: batchB([]) }),
    ...[0, 2].flatMap((b) => checkpointVotes(b, [4], all, checkpointB)),
    { ...toAll(n, { _tag: "State", ...stateB }), snapshot: plainB },
  ]
}

const forRekeyerRecovering = (n: number): ReadonlyArray<Envelope> => [
  answer(n, 0, [0, 0]),
  answer(n, 0, [0, 9]),
  answer(n, 2, [0, 1]),
  answer(n, 3, [1, 1]),
]

export const keyUniverses = {
  TwoThieves: (n: number) => thieves(n, [3]),
  TwoThievesAndTruth: (n: number) => thieves(n, [1, 3]),
  ForRekeyer: forRekeyer,
  ForRekeyerInNewView: forRekeyerInNewView,
  ForRekeyerTold: forRekeyerTold,
  ForRekeyerRecovering: forRekeyerRecovering,
} as const
