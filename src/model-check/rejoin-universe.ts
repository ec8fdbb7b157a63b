/**
 * The universes of spec/tla/MCPbft.tla that are about replicas which lost their disks, under the
 * same names. Replica i asks to be taken back in the name of client 2 + i.
 */
import type { ClientEntry } from "../core/client-table.ts"
import type { ReplicaId } from "../core/ids.ts"
import type { Entry, Message, ViewChange } from "../core/pbft/message.ts"
import type { SignedRequest } from "../core/request.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import * as Build from "./byzantine-messages.ts"
import { modelDigests, valueText } from "./pbft-text.ts"

type Replicas = ReadonlyArray<ReplicaId>

const clients = 6
const recoverers = 2

export const takenBack = (replica: ReplicaId, auth: Replicas): ReadonlyArray<SignedRequest> => [
  Build.signed(recoverers + replica, "recover", auth),
]

export const plainTakenBack = (replica: ReplicaId) =>
  takenBack(replica, []).map(({ client, timestamp, operation }) => ({
    client,
    timestamp,
    operation,
  }))

export const tableAfter = (replica: ReplicaId | undefined): ReadonlyArray<ClientEntry> =>
  Array.from({ length: clients }, (_, client) =>
    replica !== undefined && client === recoverers + replica
      ? { timestamp: 1, result: Build.resultOf("recover") }
      : { timestamp: 0, result: "" },
  )

export const afterRecovery = (replica: ReplicaId) =>
  modelDigests.checkpointDigest(0, valueText(plainTakenBack(replica)), tableAfter(replica))

export const atFirst = {
  seq: 0,
  digest: modelDigests.checkpointDigest(0, "<<>>", tableAfter(undefined)),
}

export const toAll = (n: number, message: Message): Envelope => ({
  message,
  to: undefined,
  auth: everyone(n),
})

type Claims = Pick<ViewChange, "low" | "checkpoints"> & { readonly entries?: ReadonlyArray<Entry> }

export const viewChange = (
  replica: ReplicaId,
  view: number,
  { low, checkpoints, entries = [] }: Claims,
): ViewChange => ({
  _tag: "ViewChange",
  view,
  low,
  checkpoints,
  prepared: entries,
  prePrepared: entries,
  replica,
  signature: "",
})

const forRejoinerInView = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const batches = [Build.batchB(everyone(n)), Build.batchC(everyone(n))]
  const state = { seq: 3, service: valueText(plainTakenBack(1)), table: tableAfter(1) }
  return [
    ...Build.prePrepares(0, [[0], [1]], batches, all),
    ...Build.prePrepares(0, [[0], [4]], [Build.batchB(everyone(n))], all),
    ...[0, 2, 3].flatMap((b) =>
      Build.votes(["Commit"], b, [[0], [1], [Build.digestOf(takenBack(1, []))]], all),
    ),
    toAll(n, { _tag: "Batch", batch: takenBack(1, []) }),
    { ...toAll(n, { _tag: "State", ...state }), snapshot: plainTakenBack(1) },
    ...[0, 2].flatMap((b) => Build.checkpointVotes(b, [3], all, afterRecovery(1))),
  ]
}

const forRejoiner = (n: number): ReadonlyArray<Envelope> => {
  const at0 = { low: 0, checkpoints: [atFirst] }
  const chosen = [{ seq: 1, digest: Build.digestB }]
  const claims = { ...at0, entries: [{ seq: 1, digest: Build.digestB, view: 0 }] }
  const changes = [0, 2, 3].map((replica) => viewChange(replica, 2, claims))
  return [
    ...forRejoinerInView(n),
    ...[2, 3].map((b) => toAll(n, viewChange(b, 1, at0))),
    toAll(n, {
      _tag: "NewView",
      view: 2,
      changes,
      start: atFirst,
      chosen,
      replica: 2,
      signature: "",
    }),
    toAll(n, { _tag: "Batch", batch: Build.batchB([]) }),
  ]
}

const forChangerAfterRecovery = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const start = { seq: 1, digest: afterRecovery(3) }
  const at1 = { low: 1, checkpoints: [start] }
  const digest = Build.digestOf(takenBack(3, []))
  const again = (view: number): ViewChange => ({ ...viewChange(3, view, at1), incarnation: 1 })
  const newView = (last: ViewChange): Envelope => {
    const changes = [viewChange(0, 2, at1), viewChange(2, 2, at1), last]
    return toAll(n, {
      _tag: "NewView",
      view: 2,
      changes,
      start,
      chosen: [],
      replica: 2,
      signature: "",
    })
  }
  return [
    ...Build.prePrepares(0, [[0], [1]], [takenBack(3, everyone(n))], all),
    ...Build.votes(["Prepare"], 2, [[0], [1], [digest]], all),
    ...[0, 2].flatMap((b) => Build.votes(["Commit"], b, [[0], [1], [digest]], all)),
    ...[viewChange(2, 1, at1), viewChange(3, 1, at1), again(1)].map((m) => toAll(n, m)),
    newView(viewChange(3, 2, at1)),
    newView(again(2)),
  ]
}

export const rejoinUniverses = {
  ForRejoinerInView: forRejoinerInView,
  ForRejoiner: forRejoiner,
  ForChangerAfterRecovery: forChangerAfterRecovery,
} as const
