/**
 * What Byzantine processes say in models of Zyzzyva where replicas lose their disks: sets of
 * spec/tla/MCZyzzyva.tla, under the same names. Replica i asks to be taken back in the name of
 * client 2 + i.
 */
import * as ClientTable from "../core/client-table.ts"
import type { Digest } from "../core/ids.ts"
import { recoverOperation } from "../core/recovery-request.ts"
import type { Stable, ViewChange } from "../core/zyzzyva/message.ts"
import { everyone } from "../sim/world.ts"
import type { ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { valueText } from "./pbft-text.ts"
import {
  a,
  accusation,
  b,
  batchA,
  batchB,
  batchC,
  bc,
  certificate,
  change,
  commit,
  digestA,
  digestC,
  historyOf,
  lengthOf,
  newView,
  orderTo,
  sig,
  signersOf,
  type Size,
  toAll,
} from "./zyzzyva-byzantine.ts"
import { outcome } from "./zyzzyva-client-properties.ts"
import { batchDigest } from "./zyzzyva-process.ts"
import { modelDigests } from "./zyzzyva-text.ts"

type Universe = (size: Size) => ReadonlyArray<ZyzzyvaEnvelope>

const recoverers = 2

const takenBack = (replica: number, auth: ReadonlyArray<number>) => [
  sig(recoverers + replica, 1, recoverOperation, auth),
]
const backDigest = (replica: number): Digest => batchDigest(takenBack(replica, []))
const back = (replica: number): Digest => historyOf(backDigest(replica))

// The state of a history, with who vouches for it in view 0.
const stateAt = (
  { allClients }: Size,
  history: Digest,
): { readonly stable: Stable; readonly envelope: ZyzzyvaEnvelope } => {
  const { value, table: all } = outcome(allClients, history)
  const table = ClientTable.entries(all)
  const service = valueText(value)
  const digest = modelDigests.checkpointDigest(history, service, table)
  const signers = signersOf([0, 2, 3])
  const stable: Stable = { view: 0, seq: lengthOf(history), digest, signers }
  const message = { _tag: "State" as const, stable, history, service, table }
  return { stable, envelope: { ...toAll(message), snapshot: value } }
}

const forRejoinerInView: Universe = (size) => {
  const all = everyone(size.n)
  const rac = historyOf(backDigest(1), digestA, digestC)
  return [
    orderTo(all, 0, b, batchB(all)),
    orderTo(all, 0, bc, batchC(all)),
    commit(1, 0, b, [0, 2, 3]),
    orderTo(all, 0, rac, batchC(all)),
    orderTo(all, 0, historyOf(backDigest(1), digestC), batchC(all)),
    stateAt(size, back(1)).envelope,
    stateAt(size, historyOf(backDigest(1), digestA)).envelope,
  ]
}

const forRejoiner: Universe = (size) => {
  const all = everyone(size.n)
  const { stable, envelope } = stateAt(size, back(1))
  return [
    orderTo(all, 0, b, batchB(all)),
    orderTo(all, 0, a, batchA(all)),
    envelope,
    stateAt(size, historyOf(backDigest(1), digestA)).envelope,
    accusation(2, 0),
    toAll(change(size, 2, 1, {})),
    newView(
      2,
      [0, 2, 3].map((i) => change(size, i, 2, { stable })),
    ),
    newView(
      3,
      [0, 2].map((i) => change(size, i, 3, {})),
    ),
  ]
}

const again = (m: ViewChange): ViewChange => ({ ...m, incarnation: 1 })

const forChangerAfterRejoin: Universe = (size) => {
  const r = back(3)
  const { stable, envelope } = stateAt(size, r)
  const said = (view: number): ViewChange => change(size, 3, view, {})
  const by = (first: ViewChange, last: ViewChange): ZyzzyvaEnvelope =>
    newView(2, [first, change(size, 2, 2, {}), last])
  const late = change(size, 0, 2, { stable })
  const certain = change(size, 0, 2, { certificates: [certificate(0, r, [0, 2, 3])] })
  return [
    orderTo(everyone(size.n), 0, r, takenBack(3, everyone(size.n))),
    envelope,
    ...[change(size, 2, 1, {}), said(1), again(said(1)), said(2)].map(toAll),
    by(late, said(2)),
    by(late, again(said(2))),
    by(certain, said(2)),
    by(certain, again(said(2))),
    by(change(size, 0, 2, {}), said(2)),
  ]
}

export const zyzzyvaRejoinUniverses = {
  ForRejoinerInView: forRejoinerInView,
  ForRejoiner: forRejoiner,
  ForChangerAfterRejoin: forChangerAfterRejoin,
} as const satisfies Record<string, Universe>
