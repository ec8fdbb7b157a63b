/**
 * What a trace of Zyzzyva holds under `in` and `state` (docs/trace-format.md), as schemas: the
 * counterpart of trace.ts, for readers. Authenticators and signatures are not in a trace; they read
 * as empty.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Schema } from "effect"
import { BytesText, Natural } from "../request.ts"
import type { ClientInput } from "./client.ts"
import type { Authentic, ClientMessage, Message, OrderReq } from "./message.ts"
import type { ClientData, ReplicaData } from "./projection.ts"
import type { DurableRecord, Input } from "./state.ts"
import {
  batchOfData,
  certificateOf,
  newViewOf,
  requestOfData,
  shownOf,
  stableOf,
  viewChangeOf,
} from "./trace-data.ts"

const Digest = Schema.NonEmptyString
/** Empty: that of no batch. */
const History = Schema.String
const type = <T extends string>(name: T) => ({ type: Schema.Literal(name) })

/** How a client wants to be answered, where it says so. */
const marks = {
  replier: Schema.optionalKey(Natural),
  commitFirst: Schema.optionalKey(Schema.Literal(true)),
  clientOnly: Schema.optionalKey(Schema.Literal(true)),
}
const unmarked = { client: Natural, timestamp: Natural, operation: BytesText }
const Traced = Schema.Struct({ ...unmarked, ...marks })
const Batch = Schema.Array(Traced)
const Replicas = Schema.Array(Natural)
const Digested = Schema.Struct({ digest: Digest, batch: Batch })
const place = { view: Natural, seq: Natural, history: History }
const Order = Schema.Struct(place)
const CertificateFields = { ...place, replicas: Replicas }
const ShownFields = { ...CertificateFields, before: History, batches: Schema.Array(Digested) }
const StableFields = { view: Natural, seq: Natural, digest: Digest, replicas: Replicas }
const ViewChangeFields = {
  view: Natural,
  stable: Schema.Struct(StableFields),
  orders: Schema.Array(Schema.Struct({ ...place, ...Digested.fields })),
  certificates: Schema.Array(Schema.Struct(ShownFields)),
  accusers: Replicas,
  replica: Natural,
  /** There only where the sender once lost its disk. */
  incarnation: Schema.optionalKey(Natural),
}
const NewViewFields = { view: Natural, changes: Schema.Array(Schema.Struct(ViewChangeFields)) }
const EntryFields = { timestamp: Natural, result: BytesText, seq: Natural, history: History }

const TracedRecord = Schema.Union([
  Schema.Struct({
    ...type("Ordered"),
    ...place,
    digest: Digest,
    batch: Batch,
    ordered: Schema.Boolean,
  }),
  Schema.Struct({ ...type("Certified"), ...ShownFields }),
  Schema.Struct({
    ...type("CheckpointTaken"),
    seq: Natural,
    history: History,
    digest: Digest,
    service: Digest,
    table: Schema.Array(Schema.Struct(EntryFields)),
  }),
  Schema.Struct({ ...type("CheckpointStable"), ...StableFields }),
  Schema.Struct({ ...type("ViewLeft"), viewChange: Schema.Struct(ViewChangeFields) }),
  Schema.Struct({ ...type("NewViewTaken"), newView: Schema.Struct(NewViewFields) }),
  Schema.Struct({ ...type("ViewEntered"), view: Natural }),
  Schema.Struct({ ...type("ViewConfirmed"), view: Natural }),
  Schema.Struct({ ...type("Rejoined"), incarnation: Natural }),
])
type TracedRecord = typeof TracedRecord.Type

/** There only where an answer bears the result's digest. */
const digestMark = { digest: Schema.optionalKey(Schema.Literal(true)) }
/** There only where an answer says that its history stays. */
const committedMark = { committed: Schema.optionalKey(Schema.Literal(true)) }
/** There only where an answer bears no signature. */
const clientOnlyMark = { clientOnly: Schema.optionalKey(Schema.Literal(true)) }
/** There only where it is of one that does not execute. */
const witnessMark = { witness: Schema.optionalKey(Schema.Literal(true)) }
const answerFields = {
  client: Natural,
  timestamp: Natural,
  result: BytesText,
  replica: Natural,
}
const responseFields = {
  ...place,
  ordered: Schema.Boolean,
  ...answerFields,
  ...digestMark,
  ...committedMark,
  ...clientOnlyMark,
  ...witnessMark,
}

const readFields = { ...place, ...committedMark, ...answerFields, ...witnessMark }

/** The input of a replica's step. */
export const ReplicaInput = Schema.Union([
  Schema.Struct({ ...type("Request"), ...Traced.fields }),
  Schema.Struct({ ...type("Read"), ...unmarked }),
  Schema.Struct({
    ...type("OrderReq"),
    ...place,
    digest: Digest,
    batch: Batch,
    /** Places in the batch, from 0, of the requests whose own authenticator failed. */
    failed: Schema.Array(Natural),
  }),
  Schema.Struct({ ...type("SpecHeader"), ...place, replica: Natural }),
  Schema.Struct({
    ...type("Commit"),
    client: Natural,
    certificate: Schema.Struct(CertificateFields),
  }),
  Schema.Struct({
    ...type("FillHole"),
    view: Natural,
    from: Natural,
    upTo: Natural,
    /** There only where histories are asked for. */
    headers: Schema.optionalKey(Schema.Literal(true)),
    replica: Natural,
  }),
  Schema.Struct({ ...type("Pom"), orders: Schema.Array(Order) }),
  Schema.Struct({ ...type("Accusation"), view: Natural, replica: Natural }),
  Schema.Struct({
    ...type("Checkpoint"),
    view: Natural,
    seq: Natural,
    digest: Digest,
    replica: Natural,
  }),
  Schema.Struct({ ...type("ViewChange"), ...ViewChangeFields }),
  Schema.Struct({ ...type("NewView"), ...NewViewFields }),
  Schema.Struct({ ...type("ViewConfirm"), ...place, replica: Natural }),
  Schema.Struct({ ...type("FetchState"), seq: Natural, replica: Natural }),
  Schema.Struct({
    ...type("State"),
    stable: Schema.Struct(StableFields),
    history: Digest,
    service: Digest,
    table: Schema.Array(Schema.Struct(EntryFields)),
  }),
  Schema.Struct(type("Fetch")),
  Schema.Struct({ ...type("Propose"), count: Natural }),
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
  Schema.Struct(type("Begin")),
  Schema.Struct(type("Enter")),
  Schema.Struct({ ...type("Restart"), durable: Schema.Array(TracedRecord) }),
  Schema.Struct({ ...type("Rejoin"), incarnation: Natural }),
])
export type ReplicaInput = typeof ReplicaInput.Type

/** What replicas answer, to a client or to a lane of a sketcher. */
export const ReplicaAnswers = [
  Schema.Struct({ ...type("SpecResponse"), ...responseFields }),
  Schema.Struct({ ...type("ReadResponse"), ...readFields }),
  Schema.Struct({ ...type("LocalCommit"), ...place, client: Natural, replica: Natural }),
] as const

/** The input of a client's step. */
export const ClientTraceInput = Schema.Union([
  Schema.Struct({
    ...type("Submit"),
    operation: BytesText,
    readOnly: Schema.optionalKey(Schema.Literal(true)),
    ...marks,
  }),
  Schema.Struct(type("Timeout")),
  ...ReplicaAnswers,
])
export type ClientTraceInput = typeof ClientTraceInput.Type

const Said = Schema.Array(Schema.Struct({ replica: Natural, digest: Schema.String }))
const Vouched = Schema.Array(Schema.Struct({ seq: Natural, said: Said }))
const Table = Schema.Array(Schema.Struct({ client: Natural, ...EntryFields }))

/** All of a replica's state: in a drop line, and after a restart, with its disk or without. */
export const ReplicaState = Schema.Struct({
  view: Natural,
  stage: Schema.Literals(["active", "changing", "confirming"]),
  queue: Batch,
  pendingReads: Schema.Array(Schema.Struct({ ...unmarked, after: Natural })),
  slot: Schema.Array(
    Schema.Struct({ ...place, digest: Digest, batch: Batch, ordered: Schema.Boolean }),
  ),
  executed: Natural,
  table: Table,
  stable: Schema.Struct(StableFields),
  checkpoints: Schema.Array(
    Schema.Struct({
      seq: Natural,
      history: History,
      /** Empty at a witness that has not vouched for it, as is the next. */
      digest: Schema.String,
      service: Schema.String,
      table: Table,
    }),
  ),
  headers: Vouched,
  checkpointVotes: Vouched,
  certificates: Schema.Array(Schema.Struct(ShownFields)),
  accusers: Replicas,
  viewChanges: Schema.Array(Schema.Struct(ViewChangeFields)),
  newView: Schema.NullOr(Schema.Struct(NewViewFields)),
  confirms: Said,
  /** There only where its disk was once lost. */
  incarnation: Schema.optionalKey(Natural),
}) satisfies Schema.Schema<ReplicaData>

/** All of a client's state. */
export const ClientState = Schema.Struct({
  views: Schema.Array(Natural),
  timestamp: Natural,
  operation: Schema.NullOr(BytesText),
  toAll: Schema.Boolean,
  readOnly: Schema.Boolean,
  responses: Schema.Array(
    Schema.Struct({
      replica: Natural,
      ...place,
      result: BytesText,
      ...digestMark,
      ...committedMark,
      ...clientOnlyMark,
      ...witnessMark,
      ordered: Schema.Boolean,
    }),
  ),
  certificate: Schema.NullOr(Schema.Struct({ ...CertificateFields, result: BytesText })),
  commits: Replicas,
  result: Schema.NullOr(BytesText),
  done: Schema.NullOr(Schema.Struct({ seq: Natural, history: History })),
}) satisfies Schema.Schema<ClientData>

/** The same, and whose it is: in a drop line of a process of clients. */
export const ClientsState = Schema.Array(Schema.Struct({ client: Natural, ...ClientState.fields }))

const recordOf = (r: TracedRecord): DurableRecord => {
  switch (r.type) {
    case "Ordered": {
      const { seq, view, digest, history, ordered } = r
      const order = ordered ? "" : undefined
      const slot = { view, batch: batchOfData(r.batch), digest, history, order }
      return { _tag: "Ordered", seq, slot }
    }
    case "Certified":
      return { _tag: "Certified", certificate: shownOf(r) }
    case "CheckpointTaken": {
      const { seq, history, digest, service, table } = r
      return { _tag: "CheckpointTaken", seq, history, digest, service, table }
    }
    case "CheckpointStable":
      return { _tag: "CheckpointStable", stable: stableOf(r) }
    case "ViewLeft":
      return { _tag: "ViewLeft", viewChange: viewChangeOf(r.viewChange) }
    case "NewViewTaken":
      return { _tag: "NewViewTaken", newView: newViewOf(r.newView) }
    case "ViewEntered":
    case "ViewConfirmed":
      return { _tag: r.type, view: r.view }
    case "Rejoined":
      return { _tag: "Rejoined", incarnation: r.incarnation }
  }
}

// The replica wrote the step down because the message and all that it shows were verified.
const authentic = <M>(m: M): Authentic<M> => m as Authentic<M>
type Received = Extract<Input, { readonly _tag: "Receive" }>["message"]
const receive = (m: Message): Input => ({
  _tag: "Receive",
  message: authentic(m) as Received,
})

const orderOf = (traced: Extract<ReplicaInput, { readonly type: "OrderReq" }>): Input => {
  const { view, seq, history, digest, failed } = traced
  const batch = batchOfData(traced.batch)
  const message: OrderReq = { _tag: "OrderReq", view, seq, history, digest, batch, signature: "" }
  const verdicts = batch.map((_, k) => !failed.includes(k))
  return { _tag: "ReceiveOrderReq", message: authentic(message), verdicts }
}

/** The input that `step` was given. */
export const inputOf = (traced: ReplicaInput): Input => {
  switch (traced.type) {
    case "Request":
      return receive({ _tag: "Request", ...requestOfData(traced) })
    case "Read": {
      const { type: _tag, ...fields } = traced
      return receive({ _tag, ...fields, authenticator: "" })
    }
    case "ReadDone": {
      const { type: _tag, result, ...fields } = traced
      return { _tag, ...fields, result: result ?? undefined }
    }
    case "OrderReq":
      return orderOf(traced)
    case "SpecHeader":
    case "Accusation":
    case "Checkpoint": {
      const { type: _tag, ...fields } = traced
      return receive({ _tag, ...fields, signature: "" } as Message)
    }
    case "Commit": {
      const certificate = certificateOf(traced.certificate)
      return receive({ _tag: "Commit", client: traced.client, certificate })
    }
    case "FillHole":
    case "FetchState":
    case "ViewConfirm": {
      const { type: _tag, ...fields } = traced
      return receive({ _tag, ...fields } as Message)
    }
    case "Pom":
      return receive({
        _tag: "Pom",
        orders: traced.orders.map((o) => ({ ...o, signature: "" })),
      })
    case "State": {
      const { history, service, table } = traced
      return receive({ _tag: "State", stable: stableOf(traced.stable), history, service, table })
    }
    case "ViewChange":
      return receive(viewChangeOf(traced))
    case "NewView":
      return receive(newViewOf(traced))
    case "Restart":
      return { _tag: "Restart", durable: traced.durable.map(recordOf) }
    case "Propose":
    case "Executed":
    case "Timeout":
    case "Begin":
    case "Fetch":
    case "Rejoin":
    case "Enter": {
      const { type: _tag, ...fields } = traced
      return { _tag, ...fields } as Input
    }
  }
}

type Answer = Extract<ClientTraceInput, { readonly type: ClientMessage["_tag"] }>

/** The message that a client received. */
export const answerOf = (traced: Answer): Authentic<ClientMessage> => {
  if (traced.type !== "SpecResponse") {
    const { type: _tag, ...fields } = traced
    return authentic({ _tag, ...fields } as ClientMessage)
  }
  const { type: _tag, ordered, ...fields } = traced
  const order = ordered ? { order: "" } : {}
  return authentic({ _tag, ...fields, signature: "", ...order })
}

/** The input that `stepClient` was given. */
export const clientInputOf = (traced: ClientTraceInput): ClientInput => {
  switch (traced.type) {
    case "Submit": {
      const { type: _tag, ...fields } = traced
      return { _tag, ...fields }
    }
    case "Timeout":
      return { _tag: "Timeout", waitedMs: 0 }
    case "SpecResponse":
    case "ReadResponse":
    case "LocalCommit":
      return { _tag: "Receive", message: answerOf(traced) }
  }
}
