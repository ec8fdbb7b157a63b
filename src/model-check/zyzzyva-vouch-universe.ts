/**
 * What Byzantine processes say in models of orders that a replica cannot verify: sets of
 * spec/tla/MCZyzzyva.tla, under the same names.
 */
import { everyone } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import {
  a,
  b,
  batchA,
  batchB,
  batchC,
  bc,
  change,
  fillHole,
  header,
  historyOf,
  newView,
  orderTo,
  requestTo,
  sig,
  type Size,
} from "./zyzzyva-byzantine.ts"
import { batchDigest } from "./zyzzyva-process.ts"

type Universe = (size: Size) => ReadonlyArray<ZyzzyvaEnvelope>

const failsAtOne: Universe = ({ n }) => [requestTo(everyone(n), sig(1, 1, "b", [0, 1]))]

const forHeaders = ({ message: m, to }: ZyzzyvaEnvelope): ZyzzyvaEnvelope =>
  m._tag === "FillHole" ? { message: { ...m, headers: true }, to } : { message: m, to }

const forVouched: Universe = ({ n }) => {
  const all = everyone(n)
  return [
    orderTo(all, 0, b, batchB([0, 2])),
    orderTo(all, 0, a, batchA([])),
    orderTo(all, 0, bc, batchC([2])),
    header(0, 0, b),
    header(2, 0, b),
    header(3, 0, a),
    header(3, 1, a),
    header(3, 0, bc),
    header(2, 0, bc),
    forHeaders(fillHole(2, 0, 1, 1)),
    forHeaders(fillHole(2, 0, 1, 2)),
    fillHole(3, 0, 2, 2),
  ]
}

const forVouchedLater: Universe = (size) => [
  ...[0, 2].map((view) => orderTo(everyone(size.n), view, b, batchB([0, 2]))),
  header(0, 0, b),
  header(2, 0, b),
  header(0, 2, b),
  header(3, 2, b),
  forHeaders(fillHole(2, 2, 1, 1)),
  newView(
    2,
    [0, 2, 3].map((i) => change(size, i, 2, {})),
  ),
]

const invents: Universe = () => {
  const batch = [sig(0, 1, "x", [])]
  const x = historyOf(batchDigest(batch))
  return [orderTo([1, 2, 3], 0, x, batch), header(0, 0, x)]
}

export const zyzzyvaVouchUniverses = {
  FailsAtOne: failsAtOne,
  ForVouched: forVouched,
  ForVouchedLater: forVouchedLater,
  Invents: invents,
} as const satisfies Record<string, Universe>
