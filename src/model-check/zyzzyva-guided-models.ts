/**
 * Instances of Zyzzyva that are not explored but searched along a counterexample of the
 * abstraction: what the Byzantine replica 0 says in it, message by message. The rule of the view
 * change is the caller's, so that the same lies meet either.
 */
import type { Config } from "../core/zyzzyva/state.ts"
import { everyone } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import {
  a,
  ac,
  accusation,
  b,
  batchA,
  batchB,
  batchC,
  certificate,
  change,
  commit,
  digestB,
  historyOf,
  lastOrder,
  orderTo,
  toAll,
  viewConfirm,
} from "./zyzzyva-byzantine.ts"
import { zyzzyvaBase } from "./zyzzyva-model-spec.ts"
import { nullDigest, type ZyzzyvaConstants } from "./zyzzyva-process.ts"

const size = { n: 4, allClients: 2 }
const all = everyone(size.n)

// Two stories in view 0; view 1 begins with the second; in view 2 the liar shows the certificate
// that it had kept of the first.
const kept = (first: string, second: string): ReadonlyArray<ZyzzyvaEnvelope> => [
  accusation(0, 0),
  accusation(0, 1),
  toAll(change(size, 0, 1, { orders: [lastOrder(0, b)], accusers: [0, 1] })),
  viewConfirm(0, 1, second),
  toAll(
    change(size, 0, 2, {
      certificates: [certificate(0, first, [0, 1, 2])],
      accusers: [0, 1],
    }),
  ),
  viewConfirm(0, 2, first),
  commit(1, 1, b, [0, 1, 2]),
  commit(1, 2, first, [0, 1, 2]),
]

const universes = {
  /** The first violation published in 2017: a certificate of view 0 against equal answers of 1. */
  Published: [orderTo([1, 2], 0, a, batchA(all)), orderTo([3], 0, b, batchB(all)), ...kept(a, b)],
  /** The second: a longer certificate of view 0 against one of view 1. */
  PublishedLongest: [
    orderTo([1, 2], 0, a, batchA(all)),
    orderTo([1, 2], 0, ac, batchC(all)),
    orderTo([3], 0, b, batchB(all)),
    ...kept(ac, historyOf(digestB, nullDigest)),
  ],
} as const
export type GuidedName = keyof typeof universes
export const guidedNames = Object.keys(universes) as ReadonlyArray<GuidedName>

/** The instance for the abstraction's counterexample of that name, under a rule. */
export const guidedConstants = (name: GuidedName, rule: Config["rule"]): ZyzzyvaConstants => ({
  ...zyzzyvaBase,
  rule,
  confirmViews: true,
  byzantine: [0],
  allClients: size.allClients,
  clientOps: [],
  rejoins: [],
  canTimeout: [1, 2, 3],
  maxView: 2,
  injected: universes[name],
})
