/**
 * The universes of spec/tla/MCPbft.tla with liars of two times, under the same names: replica 0
 * lies and is recovered, and then replica 2 lies.
 */
import type { ClientEntry } from "../core/client-table.ts"
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { DurableRecord } from "../core/pbft/state.ts"
import type { Request } from "../core/request.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import * as Build from "./byzantine-messages.ts"
import { int, seq as seqText, str } from "./canonical.ts"
import { modelDigests, valueText } from "./pbft-text.ts"
import { answer } from "./recovery-universe.ts"
import { tableAfter, takenBack, toAll, viewChange } from "./rejoin-universe.ts"
import { told } from "./told-universe.ts"

// Only since the receiver has heard that `replica` asked to be taken back.
const since = (replica: ReplicaId, messages: ReadonlyArray<Envelope>): ReadonlyArray<Envelope> =>
  messages.map((m) => ({ ...m, since: replica }))

const resultAt = (operation: string, place: number): string => seqText([str(operation), int(place)])

const invented = { seq: 1, service: Build.digestX, table: tableAfter(undefined) }
const plainX = Build.batchX.map(({ client, timestamp, operation }) => ({
  client,
  timestamp,
  operation,
}))

const falseStart = (n: number, replica: ReplicaId): Envelope => {
  const digest = modelDigests.checkpointDigest(1, invented.service, invented.table)
  return toAll(n, viewChange(replica, 2, { low: 1, checkpoints: [{ seq: 1, digest }] }))
}

const inTurn = (n: number, second: ReadonlyArray<Envelope>): ReadonlyArray<Envelope> => {
  const r = Build.digestOf(takenBack(0, []))
  return [
    ...Build.prePrepares(0, [[0], [1]], [takenBack(0, everyone(n))], [[3]]),
    ...Build.votes(Build.both, 2, [[0], [1], [r]], [[3]]),
    ...Build.votes(["Commit"], 0, [[0], [1], [r]], [[3]]),
    ...Build.requestsTo(everyone(n), [2, 1, "recover"], [everyone(n)]),
    falseStart(n, 0),
    { ...toAll(n, { _tag: "State", ...invented }), snapshot: plainX },
    ...second,
  ]
}

/** What the disk of a replica holds that lied until it is recovered. */
export interface FalseDisk {
  readonly replica: ReplicaId
  readonly records: ReadonlyArray<DurableRecord>
  /** The service's states at the checkpoints. */
  readonly snapshots: ReadonlyArray<{ readonly seq: Seq; readonly value: ReadonlyArray<Request> }>
}

const falseTable = tableAfter(undefined)
  .with(0, { timestamp: 1, result: Build.resultOf("x") })
  .with(3, { timestamp: 1, result: resultAt("recover", 2) })

export const backupLied: FalseDisk = {
  replica: 1,
  records: [
    {
      _tag: "CheckpointTaken",
      seq: 1,
      digest: modelDigests.checkpointDigest(1, Build.digestX, falseTable),
      service: Build.digestX,
      table: falseTable,
    },
    { _tag: "PrePrepared", view: 0, seq: 1, digest: Build.digestX, batch: Build.batchX },
    { _tag: "Prepared", view: 0, seq: 1, digest: Build.digestX },
  ],
  snapshots: [{ seq: 1, value: plainX }],
}

const forLiar = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  const plain = [...Build.batchB([]), Build.signed(3, "recover", [], 2)].map(
    ({ client, timestamp, operation }) => ({ client, timestamp, operation }),
  )
  const before = tableAfter(undefined).with(1, { timestamp: 1, result: Build.resultOf("b") })
  const after = before.with(3, { timestamp: 2, result: resultAt("recover", 2) })
  const vouched = (
    seq: Seq,
    requests: ReadonlyArray<Request>,
    table: ReadonlyArray<ClientEntry>,
  ): ReadonlyArray<Envelope> => {
    const service = valueText(requests)
    const digest = modelDigests.checkpointDigest(seq, service, table)
    return [
      { ...toAll(n, { _tag: "State", seq, service, table }), snapshot: requests },
      ...[0, 2].flatMap((b) => Build.checkpointVotes(b, [seq], all, digest)),
    ]
  }
  return [
    ...[1, 2].flatMap((k) => [answer(n, 0, [0, 0], [1, k]), answer(n, 2, [0, 1], [1, k])]),
    ...Build.prePrepares(0, [[0], [2]], [Build.batchB(everyone(n))], all),
    ...Build.votes(["Prepare"], 2, [[0], [2], [Build.digestB]], all),
    ...[0, 2].flatMap((b) => Build.votes(["Commit"], b, [[0], [2], [Build.digestB]], all)),
    ...told(0, [[2], [Build.digestB]], all),
    ...vouched(5, plain.slice(0, 1), before),
    ...vouched(8, plain, after),
    ...vouched(10, plain, after),
  ]
}

export const turnUniverses = {
  LiarsInTurn: (n: number) => inTurn(n, since(0, [falseStart(n, 2)])),
  ForLiar: forLiar,
  LiarsAtOnce: (n: number) => inTurn(n, [falseStart(n, 2)]),
} as const
