/**
 * The universes of Byzantine messages of spec/tla/MCPbft.tla, under the same names: every
 * well-formed message from declared parts. `outside` parts are just beyond each bound. The
 * equality of state graphs checks that both sides mean the same.
 */
import type { Digest } from "../core/ids.ts"
import { isSigned } from "../core/request.ts"
import { authenticator, type Envelope, everyone } from "../sim/world.ts"
import {
  batchA,
  batchB,
  batchC,
  batchX,
  both,
  checkpointB,
  checkpointVotes,
  digestA,
  digestB,
  digestC,
  digestCTwice,
  digestX,
  prePrepares,
  replies,
  requestsTo,
  signed,
  unknownDigest,
  votes,
} from "./byzantine-messages.ts"
import { fastPathUniverses } from "./fast-path-universe.ts"
import { bigRequestUniverses } from "./big-request-universe.ts"
import { keyUniverses } from "./key-universe.ts"
import { pairUniverses } from "./pair-universe.ts"
import { proposalUniverses } from "./proposal-universe.ts"
import { recoveryUniverses } from "./recovery-universe.ts"
import { rejoinUniverses } from "./rejoin-universe.ts"
import { stateTransferUniverses } from "./state-transfer-universe.ts"
import { turnUniverses } from "./turn-universe.ts"
import { toldUniverses } from "./told-universe.ts"
import { viewChangeUniverses } from "./view-change-universe.ts"

const equivocation = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchA(everyone(n))], [[1, 2]]),
  ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], [[3]]),
  ...votes(both, 0, [[0], [1], [digestA, digestB]], [everyone(n)]),
]

const equivocationToAll = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchA(everyone(n)), batchB(everyone(n))], [everyone(n)]),
  ...votes(["Commit"], 0, [[0], [1], [digestA, digestB, unknownDigest]], [everyone(n)]),
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

const forgedReply = (): ReadonlyArray<Envelope> => replies(3, 1, ["forged"])

const backupUniverse = (n: number): ReadonlyArray<Envelope> => [
  ...votes(["Prepare"], 3, [[0, 1], [0, 1, 3], [digestA]], [[1]]),
  ...votes(["Commit"], 3, [[0, 1], [0, 1, 3], [unknownDigest]], [everyone(n), [1]]),
  ...checkpointVotes(3, [0, 1, 3], [everyone(n), [1]]),
  ...prePrepares(3, [[0, 1], [1]], [batchX], [everyone(n)]),
  ...forgedReply(),
]

const clientUniverse = (n: number): ReadonlyArray<Envelope> =>
  requestsTo(everyone(n), [1, 1, "b"], [everyone(n), [0]])

const without =
  (universe: (n: number) => ReadonlyArray<Envelope>, drop: (e: Envelope, n: number) => boolean) =>
  (n: number): ReadonlyArray<Envelope> =>
    universe(n).filter((e) => !drop(e, n))

const digestIn = ({ message: m }: Envelope): Digest =>
  m._tag !== "Reply" && "digest" in m ? m.digest : ""

const primaryBase = without(
  primaryUniverse,
  (e) => e.message._tag !== "PrePrepare" && digestIn(e) === unknownDigest,
)

const inventedRequests = (n: number): ReadonlyArray<Envelope> => {
  const mixed = [...batchB(everyone(n)), ...batchX]
  const signedByIt = [signed(0, "x", everyone(n))]
  return prePrepares(0, [[0], [1]], [mixed, signedByIt], [everyone(n)])
}

const secondStory = (n: number): ReadonlyArray<Envelope> => [
  ...prePrepares(0, [[0], [1]], [batchA(everyone(n))], [[1, 2]]),
  ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], [[1]]),
]

const falsePrimary = (n: number): ReadonlyArray<Envelope> => [
  ...requestsTo([0], [0, 1, "a"], [everyone(n)]),
  ...prePrepares(3, [[0], [1]], [batchB(everyone(n))], [[1]]),
  ...votes(["Prepare"], 3, [[0], [1], [digestA]], [[0]]),
  ...votes(["Prepare"], 3, [[0], [1], [digestB]], [[0, 1]]),
]

const forBackup = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const a = batchA(everyone(n))
  const malformed = [[], [...batchA([]), ...batchA([])], [signed(2, "a", everyone(n))]]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n)), batchX], all),
    ...votes(["Prepare"], 2, [[0], [1], [digestB]], all),
    ...votes(["Prepare"], 3, [[0], [1], [digestX]], all),
    ...[0, 2, 3].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestB]], all)),
    ...checkpointVotes(3, [1], all),
    ...[0, 2, 3].flatMap((b) => checkpointVotes(b, [1], all, checkpointB)),
    ...prePrepares(0, [[1], [1]], [a], all),
    ...prePrepares(0, [[0], [0, 4]], [a], all),
    ...prePrepares(0, [[0], [1]], [a], [[0, 2, 3]]),
    ...prePrepares(0, [[0], [1]], malformed, all),
    ...prePrepares(2, [[0], [1]], [a], all),
    ...votes(["Prepare"], 0, [[0], [1], [digestB]], all),
    ...votes(both, 3, [[1], [1], [digestA]], all),
    ...votes(both, 3, [[0], [0, 4], [digestA]], all),
    ...votes(both, 3, [[0], [1], [digestA]], [[0]]),
    ...checkpointVotes(3, [0, 4], all),
    ...checkpointVotes(3, [1], [[0]]),
  ]
}

const forPrimary = (n: number): ReadonlyArray<Envelope> => [
  ...requestsTo(everyone(n), [0, 1, "a"], [everyone(n)]),
  ...requestsTo(everyone(n), [1, 1, "b"], [everyone(n), [1]]),
  ...requestsTo(everyone(n), [1, 2, "c"], [everyone(n)]),
  ...requestsTo(everyone(n), [2, 1, "b"], [everyone(n)]),
  ...prePrepares(1, [[0], [1]], [batchA(everyone(n))], [everyone(n)]),
  ...[1, 2].flatMap((b) => votes(both, b, [[0], [1], [digestC]], [everyone(n)])),
]

const forClient = (): ReadonlyArray<Envelope> => [
  ...[0, 1].flatMap((b) => replies(b, 1, ["r", "s"])),
  ...[0, 1].flatMap((b) => replies(b, 2, ["t"])),
  ...[2, 3].flatMap((b) => replies(b, 3, ["u"])),
]

const twoNumbers = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const c = batchC(everyone(n))
  return [
    ...requestsTo(everyone(n), [1, 1, "b"], all),
    ...prePrepares(0, [[0], [1]], [[...c, ...c]], all),
    ...prePrepares(0, [[0], [2]], [c], all),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestCTwice]], all)),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [2], [digestC]], all)),
    ...votes(["Prepare"], 2, [[0], [1], [digestCTwice]], all),
    ...votes(["Prepare"], 2, [[0], [2], [digestC]], all),
    ...checkpointVotes(2, [1], all),
  ]
}

const twoBatches = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...prePrepares(0, [[0], [1]], [batchB(everyone(n))], all),
    ...prePrepares(0, [[0], [2]], [batchC(everyone(n))], all),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [1], [digestB]], all)),
    ...[0, 2].flatMap((b) => votes(["Commit"], b, [[0], [2], [digestC]], all)),
    ...votes(["Prepare"], 2, [[0], [1], [digestB]], all),
    ...votes(["Prepare"], 2, [[0], [2], [digestC]], all),
  ]
}

/** Every universe by its name in MCPbft.tla, for `n` replicas. */
export const universes = {
  NothingInjected: (): ReadonlyArray<Envelope> => [],
  Equivocation: equivocation,
  EquivocationToAll: equivocationToAll,
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
      e.message.batch.some((r) => isSigned(r) && r.authenticator !== authenticator(everyone(n))),
  ),
  BackupWithoutUnknownDigests: without(backupUniverse, (e) => digestIn(e) === unknownDigest),
  InventedRequests: inventedRequests,
  SecondStory: secondStory,
  FalsePrimary: falsePrimary,
  ForgedReply: forgedReply,
  ForBackup: forBackup,
  ForPrimary: forPrimary,
  ForClient: forClient,
  TwoNumbers: twoNumbers,
  TwoBatches: twoBatches,
  ...viewChangeUniverses,
  ...fastPathUniverses,
  ...stateTransferUniverses,
  ...proposalUniverses,
  ...rejoinUniverses,
  ...recoveryUniverses,
  ...bigRequestUniverses,
  ...toldUniverses,
  ...keyUniverses,
  ...turnUniverses,
  ...pairUniverses,
} as const

export type UniverseName = keyof typeof universes
