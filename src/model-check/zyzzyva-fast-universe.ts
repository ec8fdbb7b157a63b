/**
 * What Byzantine processes say in models of what makes Zyzzyva's answers cheaper or quicker: sets
 * of spec/tla/MCZyzzyva.tla, under the same names.
 */
import type { SignedRequest } from "../core/request.ts"
import { everyone } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import {
  a,
  accusation,
  acknowledged,
  b,
  batchA,
  batchB,
  batchC,
  bc,
  change,
  commit,
  digestA,
  digestB,
  header,
  historyOf,
  lastOrder,
  newView,
  orderTo,
  readOf,
  requestTo,
  response,
  sig,
  toAll,
  type Said,
  type Size,
} from "./zyzzyva-byzantine.ts"
import { forFetcher } from "./zyzzyva-fetch-universe.ts"
import { modelDigests } from "./zyzzyva-text.ts"

type Universe = (size: Size) => ReadonlyArray<ZyzzyvaEnvelope>

const digested = ({ message: m, to }: ZyzzyvaEnvelope): ZyzzyvaEnvelope => {
  if (m._tag !== "SpecResponse") return { message: m, to }
  const result = modelDigests.resultDigest(m.result)
  return { message: { ...m, result, digest: true }, to }
}

const askingOf = (replier: number, batch: ReadonlyArray<SignedRequest>) =>
  batch.map((r) => ({ ...r, replier }))

const forDigestClient: Universe = ({ n }) => {
  const place = { view: 0, history: a, ordered: true, client: 0, timestamp: 1 }
  const said: Said = { ...place, result: ["a", 1] }
  return [
    ...[0, 1].map((i) => response(i, said)),
    ...everyone(n).map((i) => digested(response(i, said))),
    digested(response(3, { ...said, result: ["x", 1] })),
    digested(response(1, { ...said, view: 1, ordered: false })),
    ...[0, 1, 2].map((i) => acknowledged(i, 0, a, 0)),
  ]
}

const forDigestBackup: Universe = (size) => {
  const all = everyone(size.n)
  const said = [0, 2, 3].map((i) => change(size, i, 2, { orders: [lastOrder(0, b)] }))
  return [
    orderTo(all, 0, b, askingOf(2, batchB(all))),
    orderTo(all, 0, bc, aloneOf(askingOf(1, batchC(all)))),
    requestTo(all, { ...sig(1, 1, "b", all), replier: 2 }),
    requestTo(all, sig(1, 2, "c", all)),
    newView(2, said),
  ]
}

const committed = ({ message: m, to }: ZyzzyvaEnvelope): ZyzzyvaEnvelope =>
  m._tag === "ReadResponse" || m._tag === "SpecResponse"
    ? { message: { ...m, committed: true }, to }
    : { message: m, to }

const firstOf = (batch: ReadonlyArray<SignedRequest>): ReadonlyArray<SignedRequest> =>
  batch.map((r) => ({ ...r, commitFirst: true }))

const forFirstClient: Universe = () => {
  const place = { view: 0, history: a, ordered: true, client: 0, timestamp: 1 }
  const said: Said = { ...place, result: ["a", 1] }
  return [
    ...[0, 1].map((i) => response(i, said)),
    ...[0, 2, 3].map((i) => committed(response(i, said))),
    committed(digested(response(1, said))),
    committed(response(3, { ...said, result: ["x", 1] })),
    committed(response(2, { ...said, view: 1, ordered: false })),
    ...[0, 1, 2].map((i) => acknowledged(i, 0, a, 0)),
  ]
}

const forFirstBackup: Universe = ({ n }) => {
  const all = everyone(n)
  const ba = historyOf(digestB, digestA)
  return [
    orderTo(all, 0, b, firstOf(askingOf(2, batchB(all)))),
    orderTo(all, 0, ba, batchA(all)),
    header(0, 0, b),
    header(2, 0, b),
    header(3, 0, a),
    header(2, 0, ba),
    commit(1, 0, ba, [0, 2, 3]),
    requestTo(all, sig(1, 1, "b", all)),
  ]
}

const forFirstLeaver: Universe = (size) => {
  const all = everyone(size.n)
  const said = [0, 2, 3].map((i) => change(size, i, 2, { orders: [lastOrder(0, b)] }))
  return [
    orderTo(all, 0, b, firstOf(batchB(all))),
    header(0, 0, b),
    header(2, 0, b),
    header(2, 2, b),
    newView(2, said),
  ]
}

const firstHalfTold: Universe = ({ n }) => [orderTo([1, 2], 0, b, firstOf(batchB(everyone(n))))]

const clientOnly = ({ message: m, to }: ZyzzyvaEnvelope): ZyzzyvaEnvelope =>
  m._tag === "SpecResponse" ? { message: { ...m, clientOnly: true }, to } : { message: m, to }

const aloneOf = (batch: ReadonlyArray<SignedRequest>): ReadonlyArray<SignedRequest> =>
  batch.map((r) => ({ ...r, clientOnly: true }))

const forPreferredClient: Universe = ({ n }) => {
  const place = { view: 0, history: a, ordered: true, client: 0, timestamp: 1 }
  const said: Said = { ...place, result: ["a", 1] }
  return [
    ...everyone(n).map((i) => clientOnly(response(i, said))),
    ...[0, 1, 2].map((i) => response(i, said)),
    response(3, { ...said, result: ["x", 1] }),
    response(2, { ...said, view: 1, ordered: false }),
    ...[0, 1, 2].map((i) => acknowledged(i, 0, a, 0)),
  ]
}

const forPairsClient: Universe = () => {
  const place = { view: 0, history: a, ordered: true, client: 0, timestamp: 1 }
  const said: Said = { ...place, result: ["a", 1] }
  return [
    response(0, said),
    committed(clientOnly(response(0, said))),
    response(1, said),
    clientOnly(digested(response(1, said))),
    digested(response(2, said)),
    committed(clientOnly(digested(response(2, said)))),
    committed(digested(response(3, said))),
    ...[0, 1, 2].map((i) => acknowledged(i, 0, a, 0)),
  ]
}

const forPreferredBackup: Universe = (size) => {
  const all = everyone(size.n)
  const said = [0, 2, 3].map((i) => change(size, i, 2, { orders: [lastOrder(0, b)] }))
  return [
    orderTo(all, 0, b, aloneOf(askingOf(2, batchB(all)))),
    orderTo(all, 0, bc, aloneOf(batchC(all))),
    requestTo(all, { ...sig(1, 1, "b", all), clientOnly: true }),
    newView(2, said),
  ]
}

const forFirstPreferredBackup: Universe = ({ n }) => {
  const all = everyone(n)
  const ba = historyOf(digestB, digestA)
  return [
    orderTo(all, 0, b, aloneOf(firstOf(batchB(all)))),
    orderTo(all, 0, ba, aloneOf(batchA(all))),
    header(0, 0, b),
    header(2, 0, b),
    commit(1, 0, ba, [0, 2, 3]),
    requestTo(all, sig(1, 1, "b", all)),
  ]
}

const preferredHalfTold: Universe = ({ n }) => [
  orderTo([1, 2], 0, b, aloneOf(batchB(everyone(n)))),
  commit(1, 0, b, [0, 1, 2]),
  requestTo([1, 2], sig(1, 1, "b", everyone(n))),
]

const forReadClient: Universe = ({ n }) => {
  const place = { view: 0, history: b, client: 0, timestamp: 1 }
  const said = { ...place, result: ["r", 2] } as const
  const asked: Said = { ...said, history: a, ordered: true, result: ["r", 1] }
  return [
    ...everyone(n).map((i) => readOf(i, said)),
    ...[0, 1, 2].map((i) => committed(readOf(i, said))),
    readOf(3, { ...said, history: bc }),
    readOf(3, { ...said, result: ["r", 1] }),
    readOf(2, { ...said, view: 1 }),
    readOf(0, { ...said, client: 1 }),
    readOf(0, { ...said, timestamp: 2 }),
    ...[0, 1, 2].map((i) => response(i, asked)),
    ...[0, 1, 2].map((i) => acknowledged(i, 0, a, 0)),
  ]
}

const readTo = (
  client: number,
  timestamp: number,
  operation: string,
  auth: ReadonlyArray<number>,
): ZyzzyvaEnvelope => toAll({ _tag: "Read", ...sig(client, timestamp, operation, auth) })

const forReader: Universe = ({ n }) => {
  const all = everyone(n)
  return [
    readTo(0, 1, "r", all),
    readTo(0, 1, "r", [0]),
    readTo(0, 2, "w", all),
    readTo(1, 1, "r", all),
    readTo(2, 1, "r", all),
    orderTo(all, 0, b, batchB(all)),
    commit(1, 0, b, [0, 2, 3]),
  ]
}

const forLeavingReader: Universe = (size) => {
  const all = everyone(size.n)
  const said = [0, 2, 3].map((i) => change(size, i, 2, { orders: [lastOrder(0, b)] }))
  return [
    readTo(0, 1, "r", all),
    accusation(2, 0),
    orderTo(all, 0, b, batchB(all)),
    orderTo(all, 0, bc, batchC(all)),
    newView(2, said),
  ]
}

const forFetchingReader: Universe = (size) => {
  const all = everyone(size.n)
  return [
    ...forFetcher(size).filter(({ message }) => message._tag === "State"),
    readTo(0, 2, "r", all),
    orderTo(all, 0, a, batchA(all)),
  ]
}

const forgets: Universe = ({ n }) => {
  const place = { view: 0, history: a, ordered: true, client: 0, timestamp: 1 }
  const nothing = { view: 0, history: "", client: 0, timestamp: 2, result: ["r", 1] } as const
  return [
    orderTo([1, 2, 3], 0, a, batchA(everyone(n))),
    response(0, { ...place, result: ["a", 1] }),
    committed(readOf(0, nothing)),
  ]
}

const readHalfTold: Universe = ({ n }) => [
  orderTo([1, 2], 0, b, batchB(everyone(n))),
  accusation(0, 0),
  readTo(0, 1, "r", everyone(n)),
]

export const zyzzyvaFastUniverses = {
  ForReadClient: forReadClient,
  ForReader: forReader,
  ForLeavingReader: forLeavingReader,
  ForFetchingReader: forFetchingReader,
  Forgets: forgets,
  ReadHalfTold: readHalfTold,
  ForFirstClient: forFirstClient,
  ForFirstBackup: forFirstBackup,
  ForFirstLeaver: forFirstLeaver,
  FirstHalfTold: firstHalfTold,
  ForPreferredClient: forPreferredClient,
  ForPairsClient: forPairsClient,
  ForPreferredBackup: forPreferredBackup,
  PreferredHalfTold: preferredHalfTold,
  ForFirstPreferredBackup: forFirstPreferredBackup,
  ForDigestClient: forDigestClient,
  ForDigestBackup: forDigestBackup,
} as const satisfies Record<string, Universe>
