/**
 * The universes of spec/tla/MCPbft.tla that are about state transfer, under the same names: what is
 * vouched for, and states, true ones and such as nobody ever had.
 */
import type { ClientEntry } from "../core/client-table.ts"
import type { Digest, ReplicaId, Seq } from "../core/ids.ts"
import type { Request } from "../core/request.ts"
import { type Envelope, everyone } from "../sim/world.ts"
import * as Build from "./byzantine-messages.ts"
import { modelDigests, valueText } from "./pbft-text.ts"

type Value = ReadonlyArray<Request>
type Table = ReadonlyArray<ClientEntry>

const noEntry: ClientEntry = { timestamp: 0, result: "" }
const emptyTable: Table = [noEntry, noEntry]
const tableB: Table = [noEntry, { timestamp: 1, result: Build.resultOf("b") }]

const valueOf = (batch: ReadonlyArray<Request>): Value =>
  batch.map(({ client, timestamp, operation }) => ({ client, timestamp, operation }))
const valueB = valueOf(Build.batchB([]))
const valueX = valueOf(Build.batchX)

const digestOf = (value: Value, table: Table): Digest =>
  modelDigests.checkpointDigest(0, valueText(value), table)
const digestAt3 = digestOf(valueB, tableB)
const genesis = digestOf([], emptyTable)

const stateOf = (n: number, seq: Seq, [value, table]: readonly [Value, Table]): Envelope => ({
  message: { _tag: "State", seq, service: valueText(value), table },
  to: undefined,
  auth: everyone(n),
  snapshot: value,
})

const forgetful = (n: number, seq: Seq): Envelope => stateOf(n, seq, [valueB, emptyTable])
const falseState = (n: number, seq: Seq): Envelope => stateOf(n, seq, [valueX, emptyTable])

const fetchState = (n: number, replica: ReplicaId, [seq, digest]: readonly [Seq, Digest]) => ({
  message: { _tag: "FetchState" as const, seq, digest, replica },
  to: undefined,
  auth: everyone(n),
})

const forFetcher = (n: number): ReadonlyArray<Envelope> => {
  const all = [everyone(n)]
  return [
    ...[0, 2].flatMap((b) => Build.checkpointVotes(b, [4], all, digestAt3)),
    ...Build.checkpointVotes(3, [4, 6], all),
    ...Build.checkpointVotes(0, [2], all, digestAt3),
    ...Build.checkpointVotes(3, [2], all, digestAt3),
    ...Build.checkpointVotes(2, [5], all, digestAt3),
    ...[2, 4, 5, 6].map((seq) => stateOf(n, seq, [valueB, tableB])),
    forgetful(n, 4),
    falseState(n, 4),
    falseState(n, 6),
    fetchState(n, 3, [4, digestAt3]),
    fetchState(n, 3, [4, Build.unknownDigest]),
    fetchState(n, 3, [2, digestAt3]),
    fetchState(n, 2, [0, genesis]),
    ...Build.requestsTo(everyone(n), [1, 1, "b"], all),
  ]
}

const forStarter = (n: number): ReadonlyArray<Envelope> => {
  const newView = (seq: Seq): Envelope => {
    const start = { seq, digest: digestAt3 }
    const changes = [0, 2, 3].map((replica) => ({
      _tag: "ViewChange" as const,
      view: 2,
      low: seq,
      checkpoints: [start],
      prepared: [],
      prePrepared: [],
      replica,
      signature: "",
    }))
    const message = {
      _tag: "NewView" as const,
      view: 2,
      changes,
      start,
      chosen: [],
      replica: 2,
      signature: "",
    }
    return { message, to: undefined, auth: everyone(n) }
  }
  return [
    ...[1, 2, 4].map(newView),
    ...[1, 2, 4].map((seq) => stateOf(n, seq, [valueB, tableB])),
    forgetful(n, 2),
    falseState(n, 4),
    ...Build.checkpointVotes(2, [2], [everyone(n)], digestAt3),
  ]
}

const falseStates = (n: number): ReadonlyArray<Envelope> => [
  ...Build.checkpointVotes(3, [1], [everyone(n)]),
  ...Build.checkpointVotes(3, [1], [everyone(n)], digestOf(valueX, emptyTable)),
  falseState(n, 1),
  forgetful(n, 1),
]

const startUnheld = (n: number): ReadonlyArray<Envelope> => [
  ...Build.prePrepares(0, [[0], [1]], [Build.batchB(everyone(n))], [[1, 2]]),
  ...Build.votes(["Commit"], 0, [[0], [1], [Build.digestB]], [[1, 2]]),
  ...Build.checkpointVotes(0, [1], [[1]], Build.checkpointB),
]

export const stateTransferUniverses = {
  ForFetcher: forFetcher,
  ForStarter: forStarter,
  FalseStates: falseStates,
  StartUnheld: startUnheld,
} as const
