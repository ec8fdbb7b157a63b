/**
 * The state of a replica and of a client as plain JSON data, and back. The fields are the variables
 * of spec/tla/Zyzzyva.tla under their names there; authenticators and signatures are left out.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import * as ClientTable from "../client-table.ts"
import type { ClientId, Digest, ReplicaId, Seq, View } from "../ids.ts"
import type { WaitingRead } from "../waiting-reads.ts"
import * as Window from "../window.ts"
import type { Response } from "./answers.ts"
import type { ClientConfig, ClientState, Done } from "./client.ts"
import {
  type Config,
  type Entry,
  emptySlot,
  noEntry,
  noHeaders,
  nothingVouched,
  type Slot,
  type Stage,
  type State,
  type Vouched,
} from "./state.ts"
import {
  type BatchData,
  batchData,
  batchOfData,
  type CertificateData,
  certificateData,
  certificateOf,
  type NewViewData,
  newViewData,
  newViewOf,
  requestData,
  type ShownData,
  shownData,
  shownOf,
  signersOf,
  type StableData,
  stableData,
  stableOf,
  type ViewChangeData,
  viewChangeData,
  viewChangeOf,
  whoData,
} from "./trace-data.ts"

/** What one replica says at a checkpoint's number, or with what it begins a view. */
export interface SaidData {
  readonly replica: ReplicaId
  readonly digest: Digest
}

/** `slot[i][seq]`, where it is not empty. */
export interface SlotData {
  readonly seq: Seq
  readonly view: View
  readonly digest: Digest
  readonly history: Digest
  readonly batch: BatchData
  /** Whether there is the primary's signed order. */
  readonly ordered: boolean
}

/** `table[i][client]`: a client that has had a request executed. */
export interface EntryData extends Entry {
  readonly client: ClientId
}

/** `checkpoints[i][seq]`; the service's state stands for itself by its digest. */
export interface CheckpointData {
  readonly seq: Seq
  readonly history: Digest
  readonly digest: Digest
  readonly service: Digest
  readonly table: ReadonlyArray<EntryData>
}

/** `headers[i][seq]` and `checkpointVotes[i][seq]`: a number at which somebody said something. */
export interface VouchedData {
  readonly seq: Seq
  readonly said: ReadonlyArray<SaidData>
}

/** Every variable of one replica. Lists are in ascending order of their key. */
export interface ReplicaData {
  readonly view: View
  readonly stage: Stage
  readonly queue: BatchData
  readonly pendingReads: ReadonlyArray<WaitingRead>
  readonly slot: ReadonlyArray<SlotData>
  readonly executed: Seq
  readonly table: ReadonlyArray<EntryData>
  readonly stable: StableData
  readonly checkpoints: ReadonlyArray<CheckpointData>
  readonly headers: ReadonlyArray<VouchedData>
  readonly checkpointVotes: ReadonlyArray<VouchedData>
  readonly certificates: ReadonlyArray<ShownData>
  readonly accusers: ReadonlyArray<ReplicaId>
  readonly viewChanges: ReadonlyArray<ViewChangeData>
  /** null: there is none for the view. */
  readonly newView: NewViewData | null
  readonly confirms: ReadonlyArray<SaidData>
  /** Left out where its disk was never lost. */
  readonly incarnation?: number
}

/** An answer that a client keeps. */
export interface ResponseData {
  readonly replica: ReplicaId
  readonly view: View
  readonly seq: Seq
  readonly history: Digest
  readonly result: string
  /** Marks that are left out where they are false. */
  readonly digest?: true
  readonly committed?: true
  readonly clientOnly?: true
  readonly witness?: true
  readonly ordered: boolean
}

/** `client[c]`; `operation` is null when nothing is awaited (the spec's NoOp). */
export interface ClientData {
  readonly views: ReadonlyArray<View>
  readonly timestamp: number
  readonly operation: string | null
  readonly toAll: boolean
  readonly readOnly: boolean
  readonly responses: ReadonlyArray<ResponseData>
  /** null: none was shown. */
  readonly certificate: (CertificateData & { readonly result: string }) | null
  readonly commits: ReadonlyArray<ReplicaId>
  /** null before the first. */
  readonly result: string | null
  readonly done: Done | null
}

export const tableData = (table: State["table"]): ReadonlyArray<EntryData> =>
  ClientTable.entries(table).flatMap((entry, client) =>
    entry.timestamp === 0 ? [] : [{ client, ...entry }],
  )

const slotData = (seq: Seq, slot: Slot): SlotData => ({
  seq,
  view: slot.view,
  digest: slot.digest,
  history: slot.history,
  batch: batchData(slot.batch),
  ordered: slot.order !== undefined,
})

export const saidData = ({ said }: Vouched): ReadonlyArray<SaidData> =>
  said.flatMap((s, replica) => (s === undefined ? [] : [{ replica, digest: s.digest }]))

const vouchedData = (all: ReadonlyArray<Vouched>): ReadonlyArray<VouchedData> =>
  all.flatMap((v) => {
    const said = saidData(v)
    return said.length === 0 ? [] : [{ seq: v.seq, said }]
  })

export const confirmsData = ({ confirms }: State): ReadonlyArray<SaidData> =>
  confirms.flatMap((digest, replica) => (digest === undefined ? [] : [{ replica, digest }]))

/** All of a replica's state but authenticators and signatures. */
export const fullProjection = (state: State): ReplicaData => ({
  view: state.view,
  stage: state.stage,
  queue: state.queue.map(requestData),
  pendingReads: state.pendingReads,
  slot: Window.occupied(state.log).map((seq) => slotData(seq, Window.get(state.log, seq))),
  executed: state.executed,
  table: tableData(state.table),
  stable: stableData(state.stable),
  checkpoints: state.checkpoints.map(({ seq, history, digest, service, table }) => ({
    seq,
    history,
    digest,
    service,
    table: tableData(table),
  })),
  headers: vouchedData(state.headers),
  checkpointVotes: vouchedData(state.checkpointVotes),
  certificates: state.certificates.map(shownData),
  accusers: whoData(state.accusers),
  viewChanges: state.viewChanges.map(viewChangeData),
  newView: state.newView === undefined ? null : newViewData(state.newView),
  confirms: confirmsData(state),
  ...(state.incarnation === 0 ? {} : { incarnation: state.incarnation }),
})

const tableOf = (config: Config, entries: ReadonlyArray<EntryData>): State["table"] =>
  entries.reduce(
    (all, { client, ...entry }) => ClientTable.set(all, client, entry),
    ClientTable.makeOf(config.clients, noEntry),
  )

const slotOf = ({ view, digest, history, batch, ordered }: SlotData): Slot => ({
  view,
  batch: batchOfData(batch),
  digest,
  history,
  order: ordered ? "" : undefined,
})

const vouchedOf = (
  nothing: ReadonlyArray<Vouched>,
  data: ReadonlyArray<VouchedData>,
): ReadonlyArray<Vouched> =>
  nothing.map(({ seq, said }) => {
    const own = data.find((v) => v.seq === seq)?.said ?? []
    const at = (replica: number) => own.find((s) => s.replica === replica)
    return {
      seq,
      said: said.map((_, replica) => {
        const digest = at(replica)?.digest
        return digest === undefined ? undefined : { digest, signature: "" }
      }),
    }
  })

/** The state that `fullProjection` showed, with empty authenticators and signatures. */
export const fromFullProjection = (config: Config, data: ReplicaData): State => {
  const low = data.stable.seq
  return {
    view: data.view,
    stage: data.stage,
    queue: batchOfData(data.queue),
    pendingReads: data.pendingReads,
    log: data.slot.reduce(
      (log, slot) => Window.set(log, slot.seq, slotOf(slot)),
      Window.make(emptySlot, config.logSize, low),
    ),
    executed: data.executed,
    table: tableOf(config, data.table),
    stable: stableOf(data.stable),
    checkpoints: data.checkpoints.map(({ table, ...checkpoint }) => ({
      ...checkpoint,
      table: tableOf(config, table),
    })),
    headers: vouchedOf(noHeaders(config, low), data.headers),
    checkpointVotes: vouchedOf(nothingVouched(config, low), data.checkpointVotes),
    certificates: data.certificates.map(shownOf),
    accusers: signersOf(data.accusers),
    viewChanges: data.viewChanges.map(viewChangeOf),
    newView: data.newView === null ? undefined : newViewOf(data.newView),
    confirms: Array.from(
      { length: config.group.n },
      (_, replica) => data.confirms.find((c) => c.replica === replica)?.digest,
    ),
    incarnation: data.incarnation ?? 0,
  }
}

const responseData = (replica: ReplicaId, r: Response): ResponseData => ({
  replica,
  view: r.view,
  seq: r.seq,
  history: r.history,
  result: r.result,
  ...(r.digest ? { digest: true } : {}),
  ...(r.committed ? { committed: true } : {}),
  ...(r.clientOnly ? { clientOnly: true } : {}),
  ...(r.witness ? { witness: true } : {}),
  ordered: r.order !== undefined,
})

/** All of a client's state but signatures. */
export const fullClientProjection = (state: ClientState): ClientData => ({
  views: state.views,
  timestamp: state.timestamp,
  operation: state.operation ?? null,
  toAll: state.toAll,
  readOnly: state.readOnly,
  responses: state.responses.flatMap((r, replica) =>
    r === undefined ? [] : [responseData(replica, r)],
  ),
  certificate:
    state.certificate === undefined
      ? null
      : { ...certificateData(state.certificate), result: state.certificate.result },
  commits: state.commits,
  result: state.result ?? null,
  done: state.done ?? null,
})

/** The state that `fullClientProjection` showed. */
export const fromFullClientProjection = (config: ClientConfig, data: ClientData): ClientState => ({
  views: data.views,
  timestamp: data.timestamp,
  operation: data.operation ?? undefined,
  toAll: data.toAll,
  readOnly: data.readOnly,
  responses: Array.from({ length: config.group.n }, (_, replica) => {
    const found = data.responses.find((r) => r.replica === replica)
    if (found === undefined) return undefined
    const { view, seq, history, result, ordered } = found
    const { digest = false, committed = false, clientOnly = false, witness = false } = found
    const order = ordered ? "" : undefined
    const marks = { digest, committed, clientOnly, witness }
    return { view, seq, history, result, ...marks, signature: "", order }
  }),
  certificate:
    data.certificate === null
      ? undefined
      : { ...certificateOf(data.certificate), result: data.certificate.result },
  commits: data.commits,
  result: data.result ?? undefined,
  done: data.done ?? undefined,
})
