/**
 * What Byzantine processes say in models of what makes Zyzzyva's answers cheaper or quicker: sets of
 * spec/tla/MCZyzzyva.tla, under the same names.
 */
import type { SignedRequest } from "../core/request.ts"
import { everyone } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import {
  a,
  acknowledged,
  b,
  batchB,
  batchC,
  bc,
  change,
  lastOrder,
  newView,
  orderTo,
  requestTo,
  response,
  sig,
  type Said,
  type Size,
} from "./zyzzyva-byzantine.ts"
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
    orderTo(all, 0, bc, askingOf(1, batchC(all))),
    requestTo(all, { ...sig(1, 1, "b", all), replier: 2 }),
    requestTo(all, sig(1, 2, "c", all)),
    newView(2, said),
  ]
}

export const zyzzyvaFastUniverses = {
  ForDigestClient: forDigestClient,
  ForDigestBackup: forDigestBackup,
} as const satisfies Record<string, Universe>
