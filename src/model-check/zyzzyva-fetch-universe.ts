/** What Byzantine processes say to a replica that fetches states: of spec/tla/MCZyzzyva.tla. */
import type { Digest } from "../core/ids.ts"
import type { Stable } from "../core/zyzzyva/message.ts"
import type { Entry } from "../core/zyzzyva/state.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { int, seq, str } from "./canonical.ts"
import {
  a,
  ac,
  b,
  change,
  digestA,
  digestB,
  digestC,
  entriesOf,
  lengthOf,
  newView,
  signersOf,
  type Size,
  toAll,
  unsigned,
} from "./zyzzyva-byzantine.ts"
import { batchDigest, batchOfDigest } from "./zyzzyva-process.ts"
import { modelDigests } from "./zyzzyva-text.ts"

// A checkpoint as a State and a VIEW-CHANGE show it.
interface Held {
  readonly history: Digest
  readonly value: Digest
  readonly table: ReadonlyArray<Entry>
}

const stableOf = (view: number, held: Held, who: ReadonlyArray<number>): Stable => ({
  view,
  seq: lengthOf(held.history),
  digest: modelDigests.checkpointDigest(held.history, held.value, held.table),
  signers: signersOf(who),
})

const stateOf = (stable: Stable, { history, value, table }: Held): ZyzzyvaEnvelope => ({
  ...toAll({ _tag: "State", stable, history, service: value, table }),
  snapshot: batchOfDigest(value).map(({ client, timestamp, operation }) => {
    return { client, timestamp, operation }
  }),
})

/** For replica 1, which fetches. */
export const forFetcher = (size: Size): ReadonlyArray<ZyzzyvaEnvelope> => {
  const entry = (timestamp: number, result: readonly [string, number], history: Digest): Entry => ({
    timestamp,
    result: seq([str(result[0]), int(result[1])]),
    seq: lengthOf(history),
    history,
  })
  const [none] = entriesOf(size)
  const entryA = entry(1, ["a", 1], a)
  const inB: Held = { history: b, value: digestB, table: [none as Entry, entry(1, ["b", 1], b)] }
  const inA: Held = { history: a, value: digestA, table: [entryA, none as Entry] }
  const both = batchDigest([...unsigned(digestA), ...unsigned(digestC)])
  const inAc: Held = { history: ac, value: both, table: [entryA, entry(2, ["c", 2], ac)] }
  const who = [0, 2, 3]
  const began = who.map((i) => change(size, i, 2, { stable: stableOf(0, inB, who) }))
  return [
    ...[inA, inB, inAc].map((held) => stateOf(stableOf(0, held, who), held)),
    stateOf(stableOf(0, inB, [0, 2]), inB),
    stateOf(stableOf(1, inB, who), inB),
    stateOf(stableOf(0, inA, who), inB),
    stateOf(stableOf(2, inAc, who), inAc),
    toAll({ _tag: "FetchState", seq: 0, replica: 2 }),
    newView(2, began),
  ]
}
