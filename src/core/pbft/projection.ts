/**
 * The state of a replica and of a client as plain JSON data, and back. The fields are the
 * variables of spec/tla/Pbft.tla under their names there. What the specification derives (the
 * highest assigned timestamps) and what no projection shows (authenticators) is left out.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import * as ClientTable from "../client-table.ts"
import type { Bytes, ClientId, Digest, ReplicaId, Seq, Timestamp, View } from "../ids.ts"
import { type Request, replierOf, type SignedRequest } from "../request.ts"
import * as Votes from "../votes.ts"
import type { WaitingRead } from "../waiting-reads.ts"
import * as Window from "../window.ts"
import {
  entryData,
  type FetchedBatchData,
  type HeldEntryData,
  type NewViewData,
  newViewData,
  newViewOf,
  type ViewChangeData,
  viewChangeData,
  viewChangeOf,
} from "./change-data.ts"
import type { Answer } from "./answers.ts"
import { type ClientConfig, type ClientState, initClient } from "./client.ts"
import type { Entry, Heard } from "./message.ts"
import { assignedIn } from "./restart.ts"
import {
  type Config,
  emptySlot,
  noCheckpointVotes,
  type Phase,
  noEstimate,
  type Recovery,
  type Slot,
  type State,
  type Told,
} from "./state.ts"
import { primaryOf } from "../quorum.ts"
import { toldData, type ToldExecutionsData, toldOf } from "./told-data.ts"

/** One replica's vote. */
export interface VoteData {
  readonly replica: ReplicaId
  readonly digest: Digest
}

/** A request that waits or is in a batch; who answers it in full, where one was named. */
export interface RequestData extends Request {
  readonly replier?: ReplicaId
}

/** `slot[i][seq]`: one that is not empty, or has votes. */
export interface SlotData {
  readonly seq: Seq
  readonly phase: Phase
  readonly digest: Digest
  readonly batch: ReadonlyArray<RequestData>
  readonly prepares: ReadonlyArray<VoteData>
  readonly commits: ReadonlyArray<VoteData>
}

/** `table[i][client]`: a client that has had a request executed. */
export interface EntryData {
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly result: Bytes
}

/** `checkpoints[i][seq]`; the service's state stands for itself by the digest. */
export interface CheckpointData {
  readonly seq: Seq
  readonly digest: Digest
  /** The digest of the service's state. */
  readonly service: Digest
  readonly table: ReadonlyArray<EntryData>
}

/** `checkpointVotes[i][seq]`: a checkpoint number that someone voted for. */
export interface CheckpointVotesData {
  readonly seq: Seq
  readonly votes: ReadonlyArray<VoteData>
}

/** Every variable of one replica. Lists are in ascending order of their key. */
export interface ReplicaData {
  readonly view: View
  readonly active: boolean
  readonly seqno: Seq
  readonly queue: ReadonlyArray<RequestData>
  readonly slot: ReadonlyArray<SlotData>
  readonly executed: Seq
  readonly table: ReadonlyArray<EntryData>
  readonly low: Seq
  readonly checkpoints: ReadonlyArray<CheckpointData>
  readonly checkpointVotes: ReadonlyArray<CheckpointVotesData>
  readonly pset: ReadonlyArray<Entry>
  readonly qset: ReadonlyArray<HeldEntryData>
  readonly viewChanges: ReadonlyArray<ViewChangeData>
  /** null: there is none for the view. */
  readonly newView: NewViewData | null
  readonly fetched: ReadonlyArray<FetchedBatchData>
  /** null: nothing is executed tentatively. */
  readonly undo: UndoData | null
  readonly reads: ReadonlyArray<WaitingRead>
  /** Only where the replica once lost its disk or was recovered. */
  readonly recovery?: RecoveryData
  /** Only where others have asked to be taken back. */
  readonly heard?: ReadonlyArray<Heard>
  /** Only where it executed something above its low watermark, or others say that they did. */
  readonly told?: ToldExecutionsData
}

/** `recovery[i]`. */
export interface RecoveryData {
  readonly incarnation: number
  /** null: it is not known yet from where on the replica is recovered. */
  readonly point: Seq | null
  /** Only where it has its disk; null: it has not been estimated yet. */
  readonly bound?: Seq | null
  /** Only there, and only before the bound is known: who has answered what. */
  readonly told?: ReadonlyArray<ToldData>
}

/** `recovery[i].told[replica]`. */
export interface ToldData extends Told {
  readonly replica: ReplicaId
}

/** `undo[i]`, as far as it is not the service's own. */
export interface UndoData {
  readonly executed: Seq
  readonly table: ReadonlyArray<EntryData>
}

/** An answer that a client keeps; the marks are there where they hold. */
export interface AnswerData {
  readonly replica: ReplicaId
  readonly result: Bytes
  readonly digest?: true
  /** The view of a tentative answer. */
  readonly tentative?: View
}

/** `client[c]`; `operation` is null when nothing is awaited (the spec's NoOp). */
export interface ClientData {
  /** By replica the last view in which it answered. */
  readonly views: ReadonlyArray<View>
  readonly timestamp: Timestamp
  readonly operation: Bytes | null
  readonly toAll: boolean
  readonly readOnly: boolean
  readonly replies: ReadonlyArray<AnswerData>
  /** The last accepted result; null before the first. */
  readonly result: Bytes | null
}

const plain = ({ client, timestamp, operation }: Request): Request => ({
  client,
  timestamp,
  operation,
})

const shown = (r: SignedRequest): RequestData => ({ ...plain(r), ...replierOf(r) })

const votesData = (votes: Votes.Votes): ReadonlyArray<VoteData> =>
  votes.flatMap((digest, replica) => (Votes.has(votes, replica) ? [{ replica, digest }] : []))

const tableData = (table: ClientTable.ClientTable): ReadonlyArray<EntryData> =>
  ClientTable.entries(table).flatMap(({ timestamp, result }, client) =>
    timestamp === 0 ? [] : [{ client, timestamp, result }],
  )

const slotData = (seq: Seq, slot: Slot): SlotData => ({
  seq,
  phase: slot.phase,
  digest: slot.digest,
  batch: slot.batch.map(shown),
  prepares: votesData(slot.prepares),
  commits: votesData(slot.commits),
})

/** All of a replica's state but the authenticators. */
export const fullProjection = (state: State): ReplicaData => ({
  view: state.view,
  active: state.active,
  seqno: state.seqno,
  queue: state.queue.map(shown),
  slot: Window.occupied(state.log).map((seq) => slotData(seq, Window.get(state.log, seq))),
  executed: state.executed,
  table: tableData(state.table),
  low: state.log.low,
  checkpoints: state.checkpoints.map(({ seq, digest, service, table }) => ({
    seq,
    digest,
    service,
    table: tableData(table),
  })),
  checkpointVotes: state.checkpointVotes.flatMap(({ seq, votes }) => {
    const data = votesData(votes)
    return data.length === 0 ? [] : [{ seq, votes: data }]
  }),
  pset: state.pset.map(entryData),
  qset: state.qset.map((e) => ({ ...entryData(e), batch: e.batch.map(plain) })),
  viewChanges: state.viewChanges.map(viewChangeData),
  newView: state.newView === undefined ? null : newViewData(state.newView),
  fetched: state.fetched.map(({ digest, batch }) => ({ digest, batch: batch.map(plain) })),
  undo:
    state.undo === undefined
      ? null
      : { executed: state.undo.executed, table: tableData(state.undo.table) },
  reads: state.reads,
  ...recoveryData(state),
  ...(state.heard.length === 0 ? {} : { heard: state.heard }),
  ...toldData(state),
})

/** The field `recovery`, where there is one. */
export const recoveryData = ({ recovery }: State): { readonly recovery?: RecoveryData } => {
  if (recovery === undefined) return {}
  const { incarnation, point, estimate } = recovery
  const data = { incarnation, point: point ?? null }
  if (estimate === undefined) return { recovery: data }
  const told = estimate.told.flatMap((t, replica) => (t === undefined ? [] : [{ replica, ...t }]))
  return { recovery: { ...data, bound: estimate.bound ?? null, told } }
}

const recoveryOf = (config: Config, { recovery }: ReplicaData): Recovery | undefined => {
  if (recovery === undefined) return undefined
  const { incarnation, bound, told = [] } = recovery
  const point = recovery.point ?? undefined
  if (bound === undefined) return { incarnation, point }
  const start = noEstimate(config.group)
  const answers = told.reduce(
    (all, { replica, ...answer }) => all.with(replica, answer),
    start.told.slice(),
  )
  return { incarnation, point, estimate: { bound: bound ?? undefined, told: answers } }
}

const signed = (request: RequestData): SignedRequest => ({ ...request, authenticator: "" })

const votesOf = (n: number, votes: ReadonlyArray<VoteData>): Votes.Votes =>
  votes.reduce((all, { replica, digest }) => Votes.add(all, replica, digest), Votes.noVotes(n))

const tableOf = (config: Config, entries: ReadonlyArray<EntryData>): ClientTable.ClientTable =>
  entries.reduce(
    (all, { client, timestamp, result }) => ClientTable.set(all, client, { timestamp, result }),
    ClientTable.make(config.clients),
  )

const logOf = (config: Config, data: ReplicaData): Window.Window<Slot> => {
  const { n } = config.group
  return data.slot.reduce(
    (log, { seq, phase, digest, batch, prepares, commits }) =>
      Window.set(log, seq, {
        phase,
        digest,
        batch: batch.map(signed),
        prepares: votesOf(n, prepares),
        commits: votesOf(n, commits),
      }),
    Window.make(emptySlot(n), config.logSize, data.low),
  )
}

// Those of the window, and those above it that someone voted for.
const checkpointSeqs = (config: Config, data: ReplicaData): ReadonlyArray<Seq> => {
  const { low, checkpointVotes } = data
  const above = checkpointVotes.map((v) => v.seq).filter((seq) => seq > low + config.logSize)
  return [...noCheckpointVotes(config, low).map((v) => v.seq), ...above]
}

/** The state that `fullProjection` showed, with empty authenticators. */
export const fromFullProjection = (config: Config, data: ReplicaData): State => {
  const votes = new Map(data.checkpointVotes.map((v) => [v.seq, v.votes]))
  const state: State = {
    view: data.view,
    active: data.active,
    seqno: data.seqno,
    queue: data.queue.map(signed),
    log: logOf(config, data),
    executed: data.executed,
    table: tableOf(config, data.table),
    assigned: new Array<number>(config.clients).fill(0),
    checkpoints: data.checkpoints.map(({ seq, digest, service, table }) => ({
      seq,
      digest,
      service,
      table: tableOf(config, table),
    })),
    checkpointVotes: checkpointSeqs(config, data).map((seq) => ({
      seq,
      votes: votesOf(config.group.n, votes.get(seq) ?? []),
    })),
    pset: data.pset.map(entryData),
    qset: data.qset.map((e) => ({ ...entryData(e), batch: e.batch.map(signed) })),
    viewChanges: data.viewChanges.map(viewChangeOf),
    newView: data.newView === null ? undefined : newViewOf(data.newView),
    fetched: data.fetched.map(({ digest, batch }) => ({ digest, batch: batch.map(signed) })),
    undo:
      data.undo === null
        ? undefined
        : { executed: data.undo.executed, table: tableOf(config, data.undo.table) },
    reads: data.reads,
    recovery: recoveryOf(config, data),
    heard: data.heard ?? [],
    told: toldOf(data),
  }
  const primary = primaryOf(config.group, state.view) === config.id
  return primary ? { ...state, assigned: assignedIn(state) } : state
}

const answerData = (replica: ReplicaId, { result, digest, tentative }: Answer): AnswerData => ({
  replica,
  result,
  ...(digest ? { digest: true } : {}),
  ...(tentative === undefined ? {} : { tentative }),
})

/** All of a client's state. */
export const fullClientProjection = (state: ClientState): ClientData => ({
  views: state.views,
  timestamp: state.timestamp,
  operation: state.operation ?? null,
  toAll: state.toAll,
  readOnly: state.readOnly,
  replies: state.replies.flatMap((answer, replica) =>
    answer === undefined ? [] : [answerData(replica, answer)],
  ),
  result: state.result ?? null,
})

/** The state that `fullClientProjection` showed. */
export const fromFullClientProjection = (config: ClientConfig, data: ClientData): ClientState => {
  const replies = initClient(config).replies.slice()
  for (const { replica, result, digest, tentative } of data.replies) {
    replies[replica] = { result, digest: digest === true, tentative }
  }
  return {
    views: data.views,
    timestamp: data.timestamp,
    operation: data.operation ?? undefined,
    toAll: data.toAll,
    readOnly: data.readOnly,
    replies,
    result: data.result ?? undefined,
  }
}
