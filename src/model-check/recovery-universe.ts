/**
 * The universes of spec/tla/MCPbft.tla that are about a replica which is recovered with its disk,
 * and about null requests of an idle log, under the same names.
 */
import type { ReplicaId } from "../core/ids.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import * as Build from "./byzantine-messages.ts"
import { modelDigests, valueText } from "./pbft-text.ts"
import {
  afterRecovery,
  atFirst,
  plainTakenBack,
  tableAfter,
  takenBack,
  toAll,
  viewChange,
} from "./rejoin-universe.ts"

type About = readonly [recovering: ReplicaId, incarnation: number]

export const answer = (
  n: number,
  replica: ReplicaId,
  [checkpoint, prepared]: readonly [number, number],
  [recovering, incarnation]: About = [1, 1],
): Envelope =>
  toAll(n, { _tag: "ReplyStable", recovering, incarnation, checkpoint, prepared, replica })

const forRecoverer = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const r = Build.digestOf(takenBack(1, []))
  const state = { seq: 2, service: valueText(plainTakenBack(1)), table: tableAfter(1) }
  return [
    answer(n, 0, [0, 0]),
    answer(n, 0, [9, 9]),
    answer(n, 2, [0, 1]),
    answer(n, 3, [1, 1]),
    answer(n, 2, [0, 0], [1, 2]),
    answer(n, 2, [0, 0], [0, 1]),
    ...Build.prePrepares(0, [[0], [1, 3]], [takenBack(1, everyone(n))], all),
    ...Build.votes(["Prepare"], 2, [[0], [1], [r]], all),
    ...[0, 2].flatMap((b) => Build.votes(["Commit"], b, [[0], [1], [r]], all)),
    { ...toAll(n, { _tag: "State", ...state }), snapshot: plainTakenBack(1) },
    ...[0, 2].flatMap((b) => Build.checkpointVotes(b, [1, 2], all, afterRecovery(1))),
  ]
}

const forRecovererInNewView = (n: number): ReadonlyArray<Envelope> => {
  const r = Build.digestOf(takenBack(1, []))
  const start = { seq: 1, digest: afterRecovery(1) }
  const entries = [2, 3].map((seq) => ({ seq, digest: r, view: 0 }))
  const changes = [0, 2, 3].map((b) => viewChange(b, 2, { low: 1, checkpoints: [start], entries }))
  const chosen = [2, 3].map((seq) => ({ seq, digest: r }))
  return [
    ...forRecoverer(n),
    toAll(n, { _tag: "NewView", view: 2, changes, start, chosen, replica: 2, signature: "" }),
    toAll(n, { _tag: "Batch", batch: takenBack(1, []) }),
  ]
}

const forRecovererPrimary = (n: number): ReadonlyArray<Envelope> => {
  const entries = [{ seq: 1, digest: Build.digestB, view: 0 }]
  const claims = { low: 0, checkpoints: [atFirst], entries }
  return [
    ...[2, 3].map((b) => toAll(n, viewChange(b, 1, claims))),
    toAll(n, { _tag: "Batch", batch: Build.batchB([]) }),
    answer(n, 0, [0, 0]),
    answer(n, 2, [0, 1]),
    ...Build.requestsTo(everyone(n), [0, 1, "a"], [everyone(n)]),
  ]
}

const forAnswerer = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    toAll(n, { _tag: "QueryStable", incarnation: 1, replica: 3 }),
    ...Build.prePrepares(0, [[0], [1]], [Build.batchB(everyone(n))], all),
    ...Build.votes(["Prepare"], 2, [[0], [1], [Build.digestB]], all),
    ...[0, 2].flatMap((b) => Build.votes(["Commit"], b, [[0], [1], [Build.digestB]], all)),
  ]
}

const falseAnswers = (n: number): ReadonlyArray<Envelope> => [
  answer(n, 3, [0, 0]),
  answer(n, 3, [9, 9]),
]

const nullVotes = (n: number): ReadonlyArray<Envelope> =>
  [2, 3].flatMap((b) =>
    Build.votes(Build.both, b, [[0], [1], [modelDigests.batchDigest([])]], [everyone(n)]),
  )

export const recoveryUniverses = {
  ForRecoverer: forRecoverer,
  ForRecovererInNewView: forRecovererInNewView,
  ForRecovererPrimary: forRecovererPrimary,
  ForAnswerer: forAnswerer,
  FalseAnswers: falseAnswers,
  NullVotes: nullVotes,
} as const
