/**
 * What Byzantine processes say in models of Zyzzyva: the sets of spec/tla/MCZyzzyva.tla, under the
 * same names. The equality of state graphs checks that both sides mean the same.
 */
import type { ViewChange } from "../core/zyzzyva/message.ts"
import { everyone } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { int, seq, str } from "./canonical.ts"
import {
  a,
  ac,
  accusation,
  acknowledged,
  b,
  batchA,
  batchB,
  batchC,
  bbc,
  bc,
  certificate,
  change,
  checkpointAt,
  commit,
  contradiction,
  digestA,
  digestB,
  digestC,
  entriesOf,
  fillHole,
  header,
  historyOf,
  initialStable,
  lastOrder,
  newView,
  orderTo,
  requestTo,
  response,
  sig,
  toAll,
  viewConfirm,
  type Said,
  type Size,
} from "./zyzzyva-byzantine.ts"
import { forFetcher } from "./zyzzyva-fetch-universe.ts"
import { zyzzyvaFastUniverses } from "./zyzzyva-fast-universe.ts"
import { zyzzyvaWitnessUniverses } from "./zyzzyva-witness-universe.ts"
import { zyzzyvaRejoinUniverses } from "./zyzzyva-rejoin-universe.ts"
import { zyzzyvaVouchUniverses } from "./zyzzyva-vouch-universe.ts"
import { batchDigest, historyDigest, nullDigest } from "./zyzzyva-process.ts"
import { modelDigests } from "./zyzzyva-text.ts"

type Universe = (size: Size) => ReadonlyArray<ZyzzyvaEnvelope>

const clientUniverse: Universe = ({ n }) =>
  [everyone(n), [0]].map((auth) => requestTo(everyone(n), sig(1, 1, "b", auth)))

const twoStories: Universe = (size) => [
  orderTo([1, 2], 0, a, batchA(everyone(size.n))),
  orderTo([3], 0, b, batchB(everyone(size.n))),
  commit(1, 0, a, [0, 1, 2]),
  accusation(0, 0),
  toAll(change(size, 0, 1, { orders: [lastOrder(0, b)], accusers: [0, 1] })),
]

const split: Universe = (size) => [
  orderTo([1, 2], 0, a, batchA(everyone(size.n))),
  orderTo([3], 0, b, batchB(everyone(size.n))),
  accusation(0, 0),
  toAll(change(size, 0, 1, { orders: [lastOrder(0, b)], accusers: [0, 1] })),
]

const halfTold: Universe = ({ n }) => [orderTo([1, 2], 0, b, batchB(everyone(n)))]

const holes: Universe = ({ n }) => [
  orderTo([1], 0, b, batchB(everyone(n))),
  orderTo([1, 2], 0, bc, batchC(everyone(n))),
  orderTo([2], 0, ac, batchC(everyone(n))),
]

const forClient: Universe = ({ n }) => {
  const first = { view: 0, history: a, ordered: true, client: 0, timestamp: 1 }
  const said: Said = { ...first, result: ["a", 1] }
  const second: Said = { ...said, history: ac, ordered: false, timestamp: 2, result: ["b", 2] }
  return [
    ...[0, 1, 2].map((i) => response(i, said)),
    response(3, { ...said, result: ["x", 1] }),
    response(3, { ...said, history: b }),
    response(2, { ...said, view: 1, ordered: false }),
    response(1, { ...said, client: 1 }),
    response(1, { ...said, timestamp: 2 }),
    ...[0, 1, 2].map((i) => acknowledged(i, 0, a, 0)),
    acknowledged(3, 0, b, 0),
    acknowledged(3, 1, a, 0),
    acknowledged(3, 0, a, 1),
    ...everyone(n).map((i) => response(i, second)),
  ]
}

const forBackup: Universe = ({ n }) => {
  const all = everyone(n)
  const unknown = [sig(2, 1, "a", all)]
  return [
    orderTo([1], 0, b, batchB(all)),
    orderTo(all, 0, bc, batchC(all)),
    orderTo(all, 0, a, batchA(all)),
    orderTo(all, 0, ac, batchC(all)),
    orderTo(all, 1, b, batchB(all)),
    orderTo(all, 0, historyOf(digestA, digestB, digestC), batchC(all)),
    orderTo(all, 0, "", batchC(all)),
    orderTo(all, 0, historyOf(digestC), batchC([0, 2])),
    orderTo(all, 0, historyOf(nullDigest), []),
    orderTo(all, 0, historyOf(batchDigest([...batchA([]), ...batchC([])])), [
      ...batchA(all),
      ...batchC(all),
    ]),
    orderTo(all, 0, historyOf(batchDigest(unknown)), unknown),
    fillHole(2, 0, 1, 1),
    fillHole(2, 1, 1, 2),
    fillHole(2, 0, 3, 4),
    commit(1, 0, b, [0, 1, 2]),
    commit(1, 0, bc, [0, 2, 3]),
    commit(1, 0, b, [0, 2]),
    commit(1, 1, b, [0, 2, 3]),
    commit(2, 0, b, [0, 2, 3]),
  ]
}

const forCheckpoints: Universe = (size) => {
  const all = everyone(size.n)
  const none = entriesOf(size)
  const entry = { timestamp: 1, result: seq([str("b"), int(1)]), seq: 1, history: b }
  const d = modelDigests.checkpointDigest(
    b,
    digestB,
    none.map((e, k) => (k === 1 ? entry : e)),
  )
  return [
    orderTo(all, 0, b, batchB(all)),
    orderTo(all, 0, bc, batchC(all)),
    requestTo(all, sig(1, 1, "b", all)),
    ...[0, 2].map((i) => header(i, 0, b)),
    header(3, 0, a),
    header(3, 1, b),
    header(3, 0, bbc),
    ...[0, 2].map((i) => checkpointAt(i, 0, 1, d)),
    checkpointAt(3, 0, 1, modelDigests.checkpointDigest(a, digestA, none)),
    checkpointAt(3, 1, 1, d),
    checkpointAt(3, 0, 4, d),
    commit(1, 0, b, [0, 2, 3]),
    commit(1, 0, a, [0, 2, 3]),
  ]
}

const badChanges = (size: Size): ReadonlyArray<ViewChange> => {
  const ordered = [lastOrder(0, b)]
  return [
    change(size, 0, 0, {}),
    change(size, 0, 1, { accusers: [2] }),
    change(size, 0, 1, { orders: [lastOrder(1, b)] }),
    change(size, 0, 1, { orders: [lastOrder(0, bbc)] }),
    change(size, 0, 1, { orders: [...ordered, lastOrder(0, a)] }),
    change(size, 0, 1, { certificates: [certificate(0, b, [0, 2])] }),
    change(size, 0, 1, { certificates: [certificate(1, b, [0, 2, 3])] }),
    change(size, 0, 1, { certificates: [certificate(0, bbc, [0, 2, 3])] }),
    change(size, 0, 1, { stable: { ...initialStable(size), seq: 1 } }),
  ]
}

const forChanger: Universe = (size) => {
  const all = everyone(size.n)
  const ordered = [lastOrder(0, b)]
  const certificates = [certificate(0, b, [0, 2, 3])]
  const two = [
    change(size, 0, 2, { certificates }),
    change(size, 2, 2, { orders: [lastOrder(1, a)] }),
    change(size, 3, 2, { orders: [lastOrder(1, a)] }),
  ]
  const one = [
    change(size, 0, 1, {}),
    change(size, 2, 1, { orders: ordered }),
    change(size, 3, 1, { orders: [lastOrder(0, a)], certificates }),
  ]
  const few = [change(size, 0, 2, {}), change(size, 2, 2, { orders: ordered })]
  return [
    orderTo(all, 0, bc, batchC(all)),
    orderTo(all, 0, b, batchB(all)),
    accusation(2, 0),
    accusation(3, 1),
    contradiction(0, a, b),
    contradiction(1, a, b),
    contradiction(0, a, bc),
    ...[...one, ...badChanges(size)].map(toAll),
    newView(2, two),
    newView(2, few),
    newView(2, one),
    newView(0, two),
  ]
}

const forConfirmer: Universe = (size) => {
  const all = everyone(size.n)
  const said = [0, 2, 3].map((i) => change(size, i, 2, { orders: [lastOrder(0, b)] }))
  return [
    newView(2, said),
    viewConfirm(0, 2, b),
    viewConfirm(2, 2, b),
    viewConfirm(3, 2, a),
    viewConfirm(3, 1, b),
    orderTo(all, 2, bc, batchC(all)),
    accusation(3, 2),
  ]
}

const forLateFetcher: Universe = (size) => {
  const all = everyone(size.n)
  return [
    ...forFetcher(size),
    orderTo(all, 0, b, batchB(all)),
    orderTo(all, 0, bc, batchC(all)),
    orderTo(all, 0, historyDigest(ac, digestB), batchB(all)),
    commit(1, 0, bc, [0, 2, 3]),
  ]
}

const forPrimary: Universe = ({ n }) => {
  const all = everyone(n)
  return [
    requestTo(all, sig(0, 1, "a", all)),
    requestTo(all, sig(1, 1, "b", all)),
    requestTo(all, sig(1, 2, "c", all)),
    requestTo(all, sig(1, 1, "b", [1])),
    requestTo([1], sig(1, 2, "d", all)),
    requestTo(all, sig(2, 1, "b", all)),
    orderTo(all, 0, a, batchA(all)),
    fillHole(2, 0, 1, 2),
    commit(1, 0, b, [1, 2, 3]),
  ]
}

/** The universes by their names in MCZyzzyva.tla. */
export const zyzzyvaUniverses = {
  NothingInjected: (): ReadonlyArray<ZyzzyvaEnvelope> => [],
  ClientUniverse: clientUniverse,
  TwoStories: twoStories,
  Split: split,
  HalfTold: halfTold,
  Holes: holes,
  ForClient: forClient,
  ForBackup: forBackup,
  ForCheckpoints: forCheckpoints,
  ForChanger: forChanger,
  ForConfirmer: forConfirmer,
  ForFetcher: forFetcher,
  ForLateFetcher: forLateFetcher,
  ForPrimary: forPrimary,
  ...zyzzyvaFastUniverses,
  ...zyzzyvaWitnessUniverses,
  ...zyzzyvaVouchUniverses,
  ...zyzzyvaRejoinUniverses,
} as const satisfies Record<string, Universe>
export type ZyzzyvaUniverseName = keyof typeof zyzzyvaUniverses
