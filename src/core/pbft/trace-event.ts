/**
 * What a trace of PBFT holds under `in` and `state` (docs/trace-format.md), as schemas: the
 * counterpart of trace.ts, for readers. Authenticators are not in a trace; they read as empty.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Schema } from "effect"
import { BytesText, Natural, type SignedRequest } from "../request.ts"
import { type NewViewData, newViewOf, type ViewChangeData, viewChangeOf } from "./change-data.ts"
import type { ClientInput } from "./client.ts"
import {
  type Authentic,
  Entry,
  Numbered,
  type PrePrepare,
  type ReplicaMessage,
  type Reply,
} from "./message.ts"
import type { ClientData, ReplicaData, RequestData } from "./projection.ts"
import type { DurableRecord, Input } from "./state.ts"

const Digest = Schema.NonEmptyString
const type = <T extends string>(name: T) => ({ type: Schema.Literal(name) })

const RequestFields = { client: Natural, timestamp: Natural, operation: BytesText }
const replier = { replier: Schema.optionalKey(Natural) }
const TracedRequest = Schema.Struct({ ...RequestFields, ...replier })
/** A request of a pre-prepare that is only named. */
const TracedName = Schema.Struct({
  client: Natural,
  timestamp: Natural,
  operation: Schema.optionalKey(Schema.Never),
})
const TracedBatch = Schema.Array(TracedRequest)
const VoteFields = { view: Natural, seq: Natural, digest: Digest, replica: Natural }
const BatchFields = { view: Natural, seq: Natural, digest: Digest, batch: TracedBatch }
const ClientEntry = Schema.Struct({ timestamp: Natural, result: BytesText })

const TracedViewChange = Schema.Struct({
  view: Natural,
  low: Natural,
  checkpoints: Schema.Array(Numbered),
  prepared: Schema.Array(Entry),
  prePrepared: Schema.Array(Entry),
  replica: Natural,
  incarnation: Schema.optionalKey(Natural),
}) satisfies Schema.Schema<ViewChangeData>

const TracedNewView = Schema.Struct({
  view: Natural,
  changes: Schema.Array(TracedViewChange),
  start: Numbered,
  chosen: Schema.Array(Numbered),
  replica: Natural,
}) satisfies Schema.Schema<NewViewData>

const TracedRecord = Schema.Union([
  Schema.Struct({ ...type("PrePrepared"), ...BatchFields }),
  Schema.Struct({ ...type("Prepared"), view: Natural, seq: Natural, digest: Digest }),
  Schema.Struct({
    ...type("CheckpointTaken"),
    seq: Natural,
    digest: Digest,
    service: Digest,
    table: Schema.Array(ClientEntry),
  }),
  Schema.Struct({ ...type("CheckpointStable"), seq: Natural }),
  Schema.Struct({ ...type("ViewLeft"), viewChange: TracedViewChange }),
  Schema.Struct({ ...type("NewViewTaken"), newView: TracedNewView }),
  Schema.Struct({ ...type("ViewEntered"), view: Natural }),
  Schema.Struct({ ...type("Rejoined"), incarnation: Natural }),
  Schema.Struct({ ...type("RecoveryPoint"), seq: Natural }),
])
type TracedRecord = typeof TracedRecord.Type

/** The input of a replica's step. */
export const ReplicaInput = Schema.Union([
  Schema.Struct({ ...type("Request"), ...RequestFields, ...replier }),
  Schema.Struct({ ...type("Read"), ...RequestFields }),
  Schema.Struct({
    ...type("PrePrepare"),
    ...BatchFields,
    batch: Schema.Array(Schema.Union([TracedRequest, TracedName])),
    replica: Natural,
    /** Places in the batch, from 0, of the requests whose own authenticator failed. */
    failed: Schema.Array(Natural),
  }),
  Schema.Struct({ ...type("Prepare"), ...VoteFields }),
  Schema.Struct({ ...type("Commit"), ...VoteFields }),
  Schema.Struct({ ...type("Checkpoint"), seq: Natural, digest: Digest, replica: Natural }),
  Schema.Struct({ ...type("ViewChange"), ...TracedViewChange.fields }),
  Schema.Struct({ ...type("NewView"), ...TracedNewView.fields }),
  Schema.Struct({ ...type("FetchPrePrepare"), view: Natural, seq: Natural, replica: Natural }),
  Schema.Struct({ ...type("FetchBatch"), digest: Digest, replica: Natural }),
  Schema.Struct({ ...type("Batch"), batch: TracedBatch }),
  Schema.Struct({ ...type("FetchState"), seq: Natural, digest: Digest, replica: Natural }),
  Schema.Struct({
    ...type("State"),
    seq: Natural,
    service: Digest,
    table: Schema.Array(ClientEntry),
  }),
  Schema.Struct({
    ...type("Propose"),
    count: Natural,
    /** What the primary proposes with the batch, where it does. */
    proposal: Schema.optionalKey(Schema.Struct(RequestFields)),
  }),
  Schema.Struct({
    ...type("Executed"),
    seq: Natural,
    results: Schema.Array(BytesText),
    /** The service's digest at a checkpoint; empty elsewhere. */
    service: Schema.String,
  }),
  Schema.Struct({
    ...type("ReadDone"),
    client: Natural,
    timestamp: Natural,
    /** null: the service does not take the operation for a read. */
    result: Schema.NullOr(BytesText),
  }),
  /** The view-change timer of this view fired. */
  Schema.Struct({ ...type("Timeout"), view: Natural }),
  Schema.Struct({ ...type("Decide"), start: Numbered, chosen: Schema.Array(Numbered) }),
  Schema.Struct(type("Enter")),
  Schema.Struct({ ...type("Fetch"), ...Numbered.fields }),
  Schema.Struct({ ...type("Restart"), durable: Schema.Array(TracedRecord) }),
  /** The process started without the disk that it once had. */
  Schema.Struct({ ...type("Rejoin"), incarnation: Natural }),
])
export type ReplicaInput = typeof ReplicaInput.Type

const yes = Schema.optionalKey(Schema.Literal(true))
const marks = { digest: yes, tentative: yes, readOnly: yes }

/** The input of a client's step. */
export const ClientTraceInput = Schema.Union([
  Schema.Struct({
    ...type("Submit"),
    operation: BytesText,
    readOnly: Schema.optionalKey(Schema.Literal(true)),
    ...replier,
  }),
  Schema.Struct(type("Timeout")),
  Schema.Struct({
    ...type("Reply"),
    view: Natural,
    client: Natural,
    timestamp: Natural,
    replica: Natural,
    result: BytesText,
    ...marks,
  }),
])
export type ClientTraceInput = typeof ClientTraceInput.Type

const Vote = Schema.Struct({ replica: Natural, digest: Digest })
const TableEntry = Schema.Struct({ client: Natural, timestamp: Natural, result: BytesText })

/** All of a replica's state: in a drop line and after a restart. */
export const ReplicaState = Schema.Struct({
  view: Natural,
  active: Schema.Boolean,
  seqno: Natural,
  queue: TracedBatch,
  slot: Schema.Array(
    Schema.Struct({
      seq: Natural,
      phase: Schema.Literals(["empty", "held", "prePrepared", "prepared", "committed", "decided"]),
      digest: Schema.String,
      batch: TracedBatch,
      prepares: Schema.Array(Vote),
      commits: Schema.Array(Vote),
    }),
  ),
  executed: Natural,
  table: Schema.Array(TableEntry),
  low: Natural,
  checkpoints: Schema.Array(
    Schema.Struct({
      seq: Natural,
      digest: Digest,
      service: Digest,
      table: Schema.Array(TableEntry),
    }),
  ),
  checkpointVotes: Schema.Array(Schema.Struct({ seq: Natural, votes: Schema.Array(Vote) })),
  pset: Schema.Array(Entry),
  qset: Schema.Array(Schema.Struct({ ...Entry.fields, batch: TracedBatch })),
  viewChanges: Schema.Array(TracedViewChange),
  newView: Schema.NullOr(TracedNewView),
  fetched: Schema.Array(Schema.Struct({ digest: Digest, batch: TracedBatch })),
  undo: Schema.NullOr(Schema.Struct({ executed: Natural, table: Schema.Array(TableEntry) })),
  reads: Schema.Array(Schema.Struct({ ...RequestFields, after: Natural })),
  recovery: Schema.optionalKey(
    Schema.Struct({ incarnation: Natural, point: Schema.NullOr(Natural) }),
  ),
}) satisfies Schema.Schema<ReplicaData>

/** All of a client's state. */
export const ClientState = Schema.Struct({
  views: Schema.Array(Natural),
  timestamp: Natural,
  operation: Schema.NullOr(BytesText),
  toAll: Schema.Boolean,
  readOnly: Schema.Boolean,
  replies: Schema.Array(
    Schema.Struct({
      replica: Natural,
      result: BytesText,
      digest: yes,
      tentative: Schema.optionalKey(Natural),
    }),
  ),
  result: Schema.NullOr(BytesText),
}) satisfies Schema.Schema<ClientData>

/** The same, and whose it is: in a drop line of a process of clients. */
export const ClientsState = Schema.Array(Schema.Struct({ client: Natural, ...ClientState.fields }))

const signed = (r: RequestData): SignedRequest => ({ ...r, authenticator: "" })

const recordOf = (r: TracedRecord): DurableRecord => {
  switch (r.type) {
    case "PrePrepared": {
      const { view, seq, digest } = r
      return { _tag: "PrePrepared", view, seq, digest, batch: r.batch.map(signed) }
    }
    case "Prepared":
      return { _tag: "Prepared", view: r.view, seq: r.seq, digest: r.digest }
    case "CheckpointTaken":
      return {
        _tag: "CheckpointTaken",
        seq: r.seq,
        digest: r.digest,
        service: r.service,
        table: r.table,
      }
    case "CheckpointStable":
      return { _tag: "CheckpointStable", seq: r.seq }
    case "ViewLeft":
      return { _tag: "ViewLeft", viewChange: viewChangeOf(r.viewChange) }
    case "NewViewTaken":
      return { _tag: "NewViewTaken", newView: newViewOf(r.newView) }
    case "ViewEntered":
      return { _tag: "ViewEntered", view: r.view }
    case "Rejoined":
      return { _tag: "Rejoined", incarnation: r.incarnation }
    case "RecoveryPoint":
      return { _tag: "RecoveryPoint", seq: r.seq }
  }
}

// The replica wrote the step down because the message's authenticator was verified.
const authentic = <M>(m: M): Authentic<M> => m as Authentic<M>
const receive = (m: Exclude<ReplicaMessage, PrePrepare>): Input => ({
  _tag: "Receive",
  message: authentic(m),
})

const requestOf = (traced: Extract<ReplicaInput, { readonly type: "Request" | "Read" }>) => {
  const { type, ...request } = traced
  const authenticator = ""
  return type === "Read"
    ? { _tag: type, ...request, authenticator }
    : { _tag: type, ...request, authenticator }
}

const prePrepareOf = (traced: Extract<ReplicaInput, { readonly type: "PrePrepare" }>): Input => {
  const { view, seq, digest, replica, failed } = traced
  const batch = traced.batch.map(({ operation, ...r }) =>
    operation === undefined ? r : signed({ ...r, operation }),
  )
  const message = { _tag: "PrePrepare" as const, view, seq, digest, batch, replica }
  const verdicts = batch.map((_, k) => !failed.includes(k))
  return { _tag: "ReceivePrePrepare", message: authentic(message), verdicts }
}

const rejoinOf = ({
  type: _tag,
  incarnation,
}: Extract<ReplicaInput, { type: "Rejoin" }>): Input => ({
  _tag,
  incarnation,
})

/** The input that `step` was given. */
export const inputOf = (traced: ReplicaInput): Input => {
  switch (traced.type) {
    case "Request":
    case "Read":
      return receive(requestOf(traced))
    case "PrePrepare":
      return prePrepareOf(traced)
    case "Prepare":
    case "Commit": {
      const { view, seq, digest, replica } = traced
      return receive({ _tag: traced.type, view, seq, digest, replica })
    }
    case "Checkpoint": {
      const { seq, digest, replica } = traced
      return receive({ _tag: "Checkpoint", seq, digest, replica })
    }
    case "ViewChange":
      return receive(viewChangeOf(traced))
    case "NewView":
      return receive(newViewOf(traced))
    case "FetchPrePrepare": {
      const { view, seq, replica } = traced
      return receive({ _tag: "FetchPrePrepare", view, seq, replica })
    }
    case "FetchBatch":
      return receive({ _tag: "FetchBatch", digest: traced.digest, replica: traced.replica })
    case "Batch":
      return receive({ _tag: "Batch", batch: traced.batch.map(signed) })
    case "FetchState": {
      const { seq, digest, replica } = traced
      return receive({ _tag: "FetchState", seq, digest, replica })
    }
    case "State": {
      const { seq, service, table } = traced
      return receive({ _tag: "State", seq, service, table })
    }
    case "Fetch": {
      const { seq, digest } = traced
      return { _tag: "Fetch", checkpoint: { seq, digest } }
    }
    case "Propose": {
      const { count, proposal } = traced
      return proposal === undefined
        ? { _tag: "Propose", count }
        : { _tag: "Propose", count, proposal: signed(proposal) }
    }
    case "Executed":
      return {
        _tag: "Executed",
        seq: traced.seq,
        results: traced.results,
        service: traced.service,
      }
    case "ReadDone": {
      const { client, timestamp, result } = traced
      return { _tag: "ReadDone", client, timestamp, result: result ?? undefined }
    }
    case "Timeout":
      return { _tag: "Timeout", view: traced.view }
    case "Decide":
      return { _tag: "Decide", decision: { start: traced.start, chosen: traced.chosen } }
    case "Enter":
      return { _tag: "Enter" }
    case "Restart":
      return { _tag: "Restart", durable: traced.durable.map(recordOf) }
    case "Rejoin":
      return rejoinOf(traced)
  }
}

/** The input that `stepClient` was given. */
export const clientInputOf = (traced: ClientTraceInput): ClientInput => {
  switch (traced.type) {
    case "Submit": {
      const { type: _tag, ...submitted } = traced
      return { _tag, ...submitted }
    }
    case "Timeout":
      return { _tag: "Timeout", waitedMs: 0 }
    case "Reply": {
      const { type: _tag, ...fields } = traced
      const reply: Reply = { _tag, ...fields }
      return { _tag: "Receive", message: authentic(reply) }
    }
  }
}
