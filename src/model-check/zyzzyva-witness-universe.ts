/**
 * What Byzantine processes say in models in which some replicas only order: sets of
 * spec/tla/MCZyzzyva.tla, under the same names.
 */
import type { Entry } from "../core/zyzzyva/state.ts"
import { noEntry } from "../core/zyzzyva/state.ts"
import { everyone } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { int, seq, str } from "./canonical.ts"
import {
  a,
  acknowledged,
  b,
  batchA,
  batchB,
  change,
  checkpointAt,
  entriesOf,
  header,
  newView,
  orderTo,
  requestTo,
  response,
  sig,
  signersOf,
  toAll,
  type Said,
  type Size,
} from "./zyzzyva-byzantine.ts"
import { valueText } from "./pbft-text.ts"
import { modelDigests } from "./zyzzyva-text.ts"

type Universe = (size: Size) => ReadonlyArray<ZyzzyvaEnvelope>

type Marks = { readonly clientOnly?: true; readonly committed?: true; readonly digest?: true }

const marked = ({ message: m, to }: ZyzzyvaEnvelope, marks: Marks): ZyzzyvaEnvelope =>
  m._tag === "SpecResponse" ? { message: { ...m, ...marks }, to } : { message: m, to }

const witnessed = ({ message: m, to }: ZyzzyvaEnvelope): ZyzzyvaEnvelope =>
  m._tag === "SpecResponse"
    ? { message: { ...m, result: "", witness: true }, to }
    : { message: m, to }

const digested = ({ message: m, to }: ZyzzyvaEnvelope): ZyzzyvaEnvelope => {
  if (m._tag !== "SpecResponse") return { message: m, to }
  const result = modelDigests.resultDigest(m.result)
  return { message: { ...m, result, digest: true }, to }
}

const place = { view: 0, history: a, ordered: true, client: 0, timestamp: 1 }
const said: Said = { ...place, result: ["a", 1] }
const wrong: Said = { ...place, result: ["x", 1] }

const forWitnessClient: Universe = () => [
  ...[0, 1, 2].map((i) => response(i, said)),
  ...[0, 1, 2].map((i) => digested(response(i, said))),
  response(2, wrong),
  witnessed(response(3, said)),
  marked(witnessed(response(3, said)), { clientOnly: true }),
  marked(witnessed(response(3, said)), { committed: true }),
  witnessed(response(3, { ...said, view: 1, ordered: false })),
  ...[0, 1, 2].map((i) => acknowledged(i, 0, a, 0)),
]

const forWitness: Universe = (size) => {
  const all = everyone(size.n)
  const entry: Entry = {
    timestamp: 1,
    result: seq([str("b"), int(1)]),
    seq: 1,
    history: b,
  }
  const tableB = entriesOf(size).map((_, client) => (client === 1 ? entry : noEntry))
  const valueOf = (batch: ReturnType<typeof batchB>) => valueText(batch)
  const digest = modelDigests.checkpointDigest(b, valueOf(batchB([])), tableB)
  const other = modelDigests.checkpointDigest(a, valueOf(batchA([])), entriesOf(size))
  const stable = { view: 0, seq: 1, digest, signers: signersOf([0, 2, 3]) }
  return [
    orderTo(all, 0, b, batchB(all)),
    requestTo(all, sig(1, 1, "b", all)),
    toAll({ _tag: "FetchState", seq: 0, replica: 2 }),
    newView(
      2,
      [0, 2, 3].map((i) => change(size, i, 2, { stable })),
    ),
    header(0, 0, b),
    header(2, 0, b),
    checkpointAt(0, 0, 1, digest),
    checkpointAt(2, 0, 1, digest),
    checkpointAt(3, 0, 1, other),
  ]
}

const wrongResult: Universe = ({ n }) => [
  orderTo(everyone(n), 0, a, batchA(everyone(n))),
  response(0, wrong),
  acknowledged(0, 0, a, 0),
]

export const zyzzyvaWitnessUniverses = {
  ForWitnessClient: forWitnessClient,
  ForWitness: forWitness,
  WrongResult: wrongResult,
} as const satisfies Record<string, Universe>
