/**
 * What a trace of PBFT holds under `in` and `state` (docs/trace-format.md), as schemas: the
 * counterpart of trace.ts, for readers. Authenticators are not in a trace; they read as empty.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Schema } from "effect"
import { BytesText, Natural } from "../request.ts"
import { newViewOf, viewChangeOf } from "./change-data.ts"
import type { ClientInput } from "./client.ts"
import {
  type Authentic,
  Entry,
  Numbered,
  type PrePrepare,
  type ReplicaMessage,
  type Reply,
} from "./message.ts"
import type { ClientData, ReplicaData } from "./projection.ts"
import type { Input } from "./state.ts"
import {
  BatchFields,
  ClientEntry,
  Digest,
  recordOf,
  replier,
  RequestFields,
  signed,
  TracedBatch,
  TracedNewView,
  TracedRecord,
  TracedRequest,
  TracedViewChange,
  type as typeOf,
} from "./trace-record.ts"

/** A request of a pre-prepare that is only named. */
const TracedName = Schema.Struct({
  client: Natural,
  timestamp: Natural,
  operation: Schema.optionalKey(Schema.Never),
})
const VoteFields = { view: Natural, seq: Natural, digest: Digest, replica: Natural }
const ClaimFields = { seq: Natural, digest: Digest, replica: Natural }

/** The input of a replica's step. */
export const ReplicaInput = Schema.Union([
  Schema.Struct({ ...typeOf("Request"), ...RequestFields, ...replier }),
  Schema.Struct({ ...typeOf("Read"), ...RequestFields }),
  Schema.Struct({
    ...typeOf("PrePrepare"),
    ...BatchFields,
    batch: Schema.Array(Schema.Union([TracedRequest, TracedName])),
    replica: Natural,
    /** Places in the batch, from 0, of the requests whose own authenticator failed. */
    failed: Schema.Array(Natural),
  }),
  Schema.Struct({ ...typeOf("Prepare"), ...VoteFields }),
  Schema.Struct({ ...typeOf("Commit"), ...VoteFields }),
  Schema.Struct({ ...typeOf("Checkpoint"), ...ClaimFields }),
  Schema.Struct({ ...typeOf("Committed"), ...ClaimFields }),
  Schema.Struct({ ...typeOf("ViewChange"), ...TracedViewChange.fields }),
  Schema.Struct({ ...typeOf("NewView"), ...TracedNewView.fields }),
  Schema.Struct({ ...typeOf("FetchPrePrepare"), view: Natural, seq: Natural, replica: Natural }),
  Schema.Struct({ ...typeOf("FetchBatch"), digest: Digest, replica: Natural }),
  Schema.Struct({ ...typeOf("Batch"), batch: TracedBatch }),
  Schema.Struct({ ...typeOf("FetchState"), ...ClaimFields }),
  Schema.Struct({
    ...typeOf("State"),
    seq: Natural,
    service: Digest,
    table: Schema.Array(ClientEntry),
  }),
  Schema.Struct({ ...typeOf("QueryStable"), incarnation: Natural, replica: Natural }),
  Schema.Struct({
    ...typeOf("ReplyStable"),
    recovering: Natural,
    incarnation: Natural,
    checkpoint: Natural,
    prepared: Natural,
    replica: Natural,
  }),
  Schema.Struct({
    ...typeOf("Propose"),
    count: Natural,
    /** What the primary proposes with the batch, where it does. */
    proposal: Schema.optionalKey(Schema.Struct(RequestFields)),
  }),
  Schema.Struct({
    ...typeOf("Executed"),
    seq: Natural,
    results: Schema.Array(BytesText),
    /** The service's digest at a checkpoint; empty elsewhere. */
    service: Schema.String,
  }),
  Schema.Struct({
    ...typeOf("ReadDone"),
    client: Natural,
    timestamp: Natural,
    /** null: the service does not take the operation for a read. */
    result: Schema.NullOr(BytesText),
  }),
  /** The view-change timer of this view fired. */
  Schema.Struct({ ...typeOf("Timeout"), view: Natural }),
  Schema.Struct({ ...typeOf("Decide"), start: Numbered, chosen: Schema.Array(Numbered) }),
  Schema.Struct(typeOf("Enter")),
  Schema.Struct({ ...typeOf("Fetch"), ...Numbered.fields }),
  Schema.Struct({ ...typeOf("Tell"), seq: Natural, replica: Natural }),
  /** The key under which the replica hears this one is a new one. */
  Schema.Struct({ ...typeOf("ChangeKey"), replica: Natural }),
  Schema.Struct({ ...typeOf("Restart"), durable: Schema.Array(TracedRecord) }),
  /** The process started without the disk that it once had. */
  Schema.Struct({ ...typeOf("Rejoin"), incarnation: Natural }),
  /** The process started with its disk, to be recovered. */
  Schema.Struct({
    ...typeOf("Recover"),
    incarnation: Natural,
    durable: Schema.Array(TracedRecord),
  }),
])
export type ReplicaInput = typeof ReplicaInput.Type

const yes = Schema.optionalKey(Schema.Literal(true))
/** What a reply may bear beside its result. */
export const replyMarks = { digest: yes, tentative: yes, readOnly: yes }

/** The input of a client's step. */
export const ClientTraceInput = Schema.Union([
  Schema.Struct({
    ...typeOf("Submit"),
    operation: BytesText,
    readOnly: Schema.optionalKey(Schema.Literal(true)),
    ...replier,
  }),
  Schema.Struct(typeOf("Timeout")),
  Schema.Struct({
    ...typeOf("Reply"),
    view: Natural,
    client: Natural,
    timestamp: Natural,
    replica: Natural,
    result: BytesText,
    ...replyMarks,
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
      phase: Schema.Literals([
        "empty",
        "held",
        "prePrepared",
        "voted",
        "prepared",
        "committed",
        "decided",
      ]),
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
    Schema.Struct({
      incarnation: Natural,
      point: Schema.NullOr(Natural),
      bound: Schema.optionalKey(Schema.NullOr(Natural)),
      told: Schema.optionalKey(
        Schema.Array(Schema.Struct({ replica: Natural, checkpoint: Natural, prepared: Natural })),
      ),
    }),
  ),
  heard: Schema.optionalKey(
    Schema.Array(Schema.Struct({ replica: Natural, incarnation: Natural })),
  ),
  told: Schema.optionalKey(
    Schema.Struct({
      own: Schema.Array(Numbered),
      claims: Schema.Array(Schema.Struct(ClaimFields)),
      batches: Schema.Array(Schema.Struct({ digest: Digest, batch: TracedBatch })),
    }),
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

const backOf = (traced: Extract<ReplicaInput, { type: "Rejoin" | "Recover" }>): Input => {
  const { incarnation } = traced
  if (traced.type === "Rejoin") return { _tag: "Rejoin", incarnation }
  return { _tag: "Recover", incarnation, durable: traced.durable.map(recordOf) }
}

type Asked = Extract<ReplicaInput, { readonly type: "QueryStable" | "ReplyStable" }>

const stableOf = (traced: Asked): Input => {
  if (traced.type === "QueryStable") {
    const { type: _tag, ...query } = traced
    return receive({ _tag, ...query })
  }
  const { type: _tag, ...reply } = traced
  return receive({ _tag, ...reply })
}

type Fetch = Extract<
  ReplicaInput,
  { readonly type: "FetchPrePrepare" | "FetchBatch" | "FetchState" }
>

const fetchOf = (traced: Fetch): Input => {
  const { replica } = traced
  switch (traced.type) {
    case "FetchPrePrepare":
      return receive({ _tag: traced.type, view: traced.view, seq: traced.seq, replica })
    case "FetchBatch":
      return receive({ _tag: traced.type, digest: traced.digest, replica })
    case "FetchState":
      return receive({ _tag: traced.type, seq: traced.seq, digest: traced.digest, replica })
  }
}

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
    case "Checkpoint":
    case "Committed": {
      const { seq, digest, replica } = traced
      return receive({ _tag: traced.type, seq, digest, replica })
    }
    case "ViewChange":
      return receive(viewChangeOf(traced))
    case "NewView":
      return receive(newViewOf(traced))
    case "FetchPrePrepare":
    case "FetchBatch":
    case "FetchState":
      return fetchOf(traced)
    case "Batch":
      return receive({ _tag: "Batch", batch: traced.batch.map(signed) })
    case "State": {
      const { seq, service, table } = traced
      return receive({ _tag: "State", seq, service, table })
    }
    case "QueryStable":
    case "ReplyStable":
      return stableOf(traced)
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
    case "Executed": {
      const { seq, results, service } = traced
      return { _tag: "Executed", seq, results, service }
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
    case "Tell":
      return { _tag: "Tell", seq: traced.seq, replica: traced.replica }
    case "ChangeKey":
      return { _tag: "ChangeKey", replica: traced.replica }
    case "Restart":
      return { _tag: "Restart", durable: traced.durable.map(recordOf) }
    case "Rejoin":
    case "Recover":
      return backOf(traced)
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
