/**
 * The universes of spec/tla/MCPbft.tla in which several features meet, under the same names. Client
 * 1 stands for the clock, operations of four characters are big, and replica i asks to be taken
 * back in the name of client 2 + i.
 */
import type { ClientEntry } from "../core/client-table.ts"
import type { ReplicaId } from "../core/ids.ts"
import { recoverOperation } from "../core/recovery-request.ts"
import type { SignedRequest } from "../core/request.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import { short } from "./big-request-universe.ts"
import * as Build from "./byzantine-messages.ts"
import { int, seq as seqText, str } from "./canonical.ts"
import { readsOf } from "./fast-path-universe.ts"
import { modelDigests, nullDigest, valueText } from "./pbft-text.ts"
import { answer } from "./recovery-universe.ts"
import { toAll } from "./rejoin-universe.ts"
import { told } from "./told-universe.ts"

type Batch = ReadonlyArray<SignedRequest>
type Replicas = ReadonlyArray<ReplicaId>

// The time, and one request.
const mixed = (at: Replicas): Batch => [Build.proposed(1, at), Build.signed(0, "aaaa", at)]
const later = (at: Replicas): Batch => [Build.proposed(2, at), Build.signed(0, "aaaa", at, 2)]
const returning = (at: Replicas): Batch => [
  Build.proposed(1, at),
  Build.signed(3, recoverOperation, at),
]

// The clients' table after one batch of two requests.
const tableAfter = (clients: number, batch: Batch): ReadonlyArray<ClientEntry> =>
  Array.from({ length: clients }, (_, client) => {
    const at = batch.findIndex((r) => r.client === client)
    const request = batch[at]
    if (request === undefined) return { timestamp: 0, result: "" }
    const result = seqText([str(request.operation), int(at + 1)])
    return { timestamp: request.timestamp, result }
  })

const plain = (batch: Batch) =>
  batch.map(({ client, timestamp, operation }) => ({ client, timestamp, operation }))

// The state after a batch, as given for a number, and votes of replicas 0 and 2 for it.
const stateAfter = (
  n: number,
  batch: Batch,
  [clients, seq]: readonly [clients: number, seq: number],
): ReadonlyArray<Envelope> => {
  const [service, table] = [valueText(plain(batch)), tableAfter(clients, batch)]
  const digest = modelDigests.checkpointDigest(seq, service, table)
  return [
    ...[0, 2].flatMap((b) => Build.checkpointVotes(b, [seq], [everyone(n)], digest)),
    { ...toAll(n, { _tag: "State", seq, service, table }), snapshot: plain(batch) },
  ]
}

// A pre-prepare, named and whole, and what makes certificates of it.
const agreed = (n: number, batch: Batch, seq = 1): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const whole = Build.prePrepares(0, [[0], [seq]], [batch], all)
  const of = [[0], [seq], [Build.digestOf(batch)]] as const
  return [
    ...short(whole),
    ...whole,
    ...Build.votes(["Prepare"], 2, of, all),
    ...[0, 2].flatMap((b) => Build.votes(["Commit"], b, of, all)),
  ]
}

// The client's request, which replica 0 is to answer in full.
const asked = (n: number): ReadonlyArray<Envelope> =>
  Build.requestsTo(everyone(n), [0, 1, "aaaa"], [everyone(n)]).map((e) => ({
    ...e,
    message: { ...e.message, replier: 0 } as Envelope["message"],
  }))

const forMixed = (n: number): ReadonlyArray<Envelope> => [
  ...asked(n),
  ...agreed(n, mixed(everyone(n))),
  ...stateAfter(n, mixed([]), [2, 1]),
  ...readsOf([0, 2, "r"], [everyone(n)]),
]

const forMixedTold = (n: number): ReadonlyArray<Envelope> => [
  ...asked(n),
  ...[0, 2].flatMap((b) => told(b, [[1], [Build.digestOf(mixed([]))]], [everyone(n)])),
  ...[0, 2, 3].flatMap((b) =>
    Build.votes(["Commit"], b, [[0], [2], [Build.digestOf(later([]))]], [everyone(n)]),
  ),
  ...[mixed([]), later([])].map((batch) => toAll(n, { _tag: "Batch", batch })),
  ...readsOf([0, 3, "r"], [everyone(n)]),
]

const forMixedRekeyer = (n: number): ReadonlyArray<Envelope> => [
  ...asked(n),
  ...agreed(n, mixed(everyone(n))),
  ...Build.nullPrePrepares(0, 2, [everyone(n)]),
  ...readsOf([0, 2, "r"], [everyone(n)]),
]

const forNull = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const of = [[0], [1], [nullDigest]] as const
  return [
    ...Build.nullPrePrepares(0, 1, all),
    ...Build.votes(["Prepare"], 2, of, all),
    ...[0, 2, 3].flatMap((b) => Build.votes(["Commit"], b, of, all)),
    toAll(n, { _tag: "Batch", batch: [] }),
    ...[0, 2].flatMap((b) => told(b, [[1], [nullDigest]], all)),
    ...readsOf([0, 1, "r"], all),
    ...stateAfter(n, [], [2, 1]),
  ]
}

const forRecovererAhead = (n: number): ReadonlyArray<Envelope> => [
  answer(n, 0, [0, 0]),
  answer(n, 2, [0, 1]),
  ...agreed(n, returning(everyone(n))),
  ...Build.nullPrePrepares(0, 2, [everyone(n)]),
  ...readsOf([0, 1, "r"], [everyone(n)]),
]

const forRecovererMixed = (n: number): ReadonlyArray<Envelope> => [
  ...forRecovererAhead(n),
  ...[0, 2].flatMap((b) => told(b, [[1], [Build.digestOf(returning([]))]], [everyone(n)])),
  toAll(n, { _tag: "Batch", batch: returning([]) }),
  ...stateAfter(n, returning([]), [6, 1]),
]

const forRejoinerMixed = (n: number): ReadonlyArray<Envelope> => [
  ...[0, 2, 3].flatMap((b) =>
    Build.votes(["Commit"], b, [[0], [1], [Build.digestOf(returning([]))]], [everyone(n)]),
  ),
  toAll(n, { _tag: "Batch", batch: returning([]) }),
  ...stateAfter(n, returning([]), [6, 3]),
  ...agreed(n, later(everyone(n)), 4),
  ...Build.nullPrePrepares(0, 4, [everyone(n)]),
  ...readsOf([0, 1, "r"], [everyone(n)]),
]

// Who lost its disk was taken back, and is recovered later with the one that it has.
const forReturner = (n: number): ReadonlyArray<Envelope> => [
  ...[0, 2, 3].flatMap((b) =>
    Build.votes(["Commit"], b, [[0], [1], [Build.digestOf(returning([]))]], [everyone(n)]),
  ),
  toAll(n, { _tag: "Batch", batch: returning([]) }),
  ...stateAfter(n, returning([]), [6, 3]),
  answer(n, 0, [3, 3], [1, 2]),
  answer(n, 2, [3, 4], [1, 2]),
]

export const pairUniverses = {
  ForMixed: forMixed,
  ForMixedTold: forMixedTold,
  ForMixedRekeyer: forMixedRekeyer,
  ForNull: forNull,
  ForRecovererAhead: forRecovererAhead,
  ForRecovererMixed: forRecovererMixed,
  ForRejoinerMixed: forRejoinerMixed,
  ForReturner: forReturner,
} as const
