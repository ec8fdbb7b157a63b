import { Schema } from "effect"
import { BytesText, Natural, SignedRead, SignedRequest } from "../request.ts"

/** A digest as lower-case hexadecimal of SHA-256 on the wire; any text in models. */
const DigestText = Schema.NonEmptyString

/** The digest of a history: of its batches in order. The empty text is that of no batch. */
const HistoryText = Schema.String

/** A client asks for an operation (TOCS 27(4) 2009, section 3.2, step 1). */
export const Request = Schema.TaggedStruct("Request", SignedRequest.fields)
export type Request = typeof Request.Type

/** The primary orders a batch as the next of its view, and says to which history it leads. */
export const OrderReq = Schema.TaggedStruct("OrderReq", {
  view: Natural,
  seq: Natural,
  /** The digest of the history up to and with this batch. */
  history: DigestText,
  /** The digest of the batch. */
  digest: DigestText,
  batch: Schema.Array(SignedRequest),
  /** The primary's signature of view, number and history. Nobody in the core looks at it. */
  signature: BytesText,
})
export type OrderReq = typeof OrderReq.Type

/** A replica's answer to a client: a signed part for certificates, and the result. */
export const SpecResponse = Schema.TaggedStruct("SpecResponse", {
  view: Natural,
  seq: Natural,
  history: HistoryText,
  /** The replica's signature of view, number and history; empty with `clientOnly`. */
  signature: BytesText,
  /** The primary's signature of its order; absent where a new view brought the batch. */
  order: Schema.optionalKey(BytesText),
  client: Natural,
  timestamp: Natural,
  result: BytesText,
  /** The result is not whole: it is its digest. */
  digest: Schema.optionalKey(Schema.Literal(true)),
  /** The replica holds a certificate of its view that covers it. */
  committed: Schema.optionalKey(Schema.Literal(true)),
  /** It bears no signature of the replica: its client alone takes it. */
  clientOnly: Schema.optionalKey(Schema.Literal(true)),
  /** The replica does not execute: it speaks of the history, and the result is empty. */
  witness: Schema.optionalKey(Schema.Literal(true)),
  replica: Natural,
})
export type SpecResponse = typeof SpecResponse.Type

/** A request that is not to be ordered (section 4). */
export const Read = Schema.TaggedStruct("Read", SignedRead.fields)
export type Read = typeof Read.Type

/** What a replica has read: of the history up to `seq`. Nobody shows it to others. */
export const ReadResponse = Schema.TaggedStruct("ReadResponse", {
  view: Natural,
  seq: Natural,
  history: HistoryText,
  /** That history stays: it is of a stable checkpoint, or the replica holds a certificate. */
  committed: Schema.optionalKey(Schema.Literal(true)),
  client: Natural,
  timestamp: Natural,
  result: BytesText,
  /** As in a SpecResponse. */
  witness: Schema.optionalKey(Schema.Literal(true)),
  replica: Natural,
})
export type ReadResponse = typeof ReadResponse.Type

/** The signed part of an answer, to the other replicas: at a checkpoint's number. */
export const SpecHeader = Schema.TaggedStruct("SpecHeader", {
  view: Natural,
  seq: Natural,
  history: DigestText,
  signature: BytesText,
  replica: Natural,
})
export type SpecHeader = typeof SpecHeader.Type

/** Who signed, and the signature. */
export const Signer = Schema.Struct({ replica: Natural, signature: BytesText })
export type Signer = typeof Signer.Type

/** A commit certificate: equal answers of enough replicas in one view. Signers ascend. */
export const Certificate = Schema.Struct({
  view: Natural,
  seq: Natural,
  history: HistoryText,
  signers: Schema.Array(Signer),
})
export type Certificate = typeof Certificate.Type

/** A client shows a certificate (section 3.2, case 4b). */
export const Commit = Schema.TaggedStruct("Commit", { client: Natural, certificate: Certificate })
export type Commit = typeof Commit.Type

/** A replica has acknowledged a certificate (case 4b.1). */
export const LocalCommit = Schema.TaggedStruct("LocalCommit", {
  view: Natural,
  seq: Natural,
  history: HistoryText,
  client: Natural,
  replica: Natural,
})
export type LocalCommit = typeof LocalCommit.Type

/** A replica lacks the orders `from .. upTo` of a view. */
export const FillHole = Schema.TaggedStruct("FillHole", {
  view: Natural,
  from: Natural,
  upTo: Natural,
  /** It has them, but cannot verify them, and asks who executed them for their histories. */
  headers: Schema.optionalKey(Schema.Literal(true)),
  replica: Natural,
})
export type FillHole = typeof FillHole.Type

/** What the primary signed of an order. */
export const Order = Schema.Struct({
  view: Natural,
  seq: Natural,
  history: DigestText,
  signature: BytesText,
})
export type Order = typeof Order.Type

/** Proof of misbehaviour: two orders that contradict each other (case 4d). */
export const Pom = Schema.TaggedStruct("Pom", { orders: Schema.Array(Order) })
export type Pom = typeof Pom.Type

/** I-HATE-THE-PRIMARY of `view` (section 3.3.2). Signed. */
export const Accusation = Schema.TaggedStruct("Accusation", {
  view: Natural,
  replica: Natural,
  signature: BytesText,
})
export type Accusation = typeof Accusation.Type

/** A replica's state after `seq` has this digest, and it holds a certificate for it. Signed. */
export const Checkpoint = Schema.TaggedStruct("Checkpoint", {
  view: Natural,
  seq: Natural,
  digest: DigestText,
  signature: BytesText,
  replica: Natural,
})
export type Checkpoint = typeof Checkpoint.Type

/** A stable checkpoint with who vouched for it in one view; none for that before any request. */
export const Stable = Schema.Struct({
  view: Natural,
  seq: Natural,
  digest: DigestText,
  signers: Schema.Array(Signer),
})
export type Stable = typeof Stable.Type

/** Who has a stable checkpoint above `seq` is asked for its state. */
export const FetchState = Schema.TaggedStruct("FetchState", { seq: Natural, replica: Natural })
export type FetchState = typeof FetchState.Type

/** What a checkpoint holds of the last request of a client. */
export const TableEntry = Schema.Struct({
  timestamp: Natural,
  result: BytesText,
  seq: Natural,
  history: HistoryText,
})

/** The state of a stable checkpoint; the service's own state travels beside it. */
export const State = Schema.TaggedStruct("State", {
  stable: Stable,
  history: DigestText,
  /** The digest of the service's state. */
  service: DigestText,
  /** By client. */
  table: Schema.Array(TableEntry),
})
export type State = typeof State.Type

/** The last order that a replica took at a number. A claim. */
export const LastOrder = Schema.Struct({
  view: Natural,
  seq: Natural,
  history: DigestText,
  digest: DigestText,
  batch: Schema.Array(SignedRequest),
})
export type LastOrder = typeof LastOrder.Type

/** A certificate with what it covers above the stable checkpoint of who shows it. */
export const ShownCertificate = Schema.Struct({
  ...Certificate.fields,
  /** The digest of the history at that checkpoint. */
  before: HistoryText,
  /** Its batches from there on, which lead from `before` to `history`. */
  batches: Schema.Array(Schema.Struct({ digest: DigestText, batch: Schema.Array(SignedRequest) })),
})
export type ShownCertificate = typeof ShownCertificate.Type

/** A replica gives up the views below `view` (section 3.3.4). Signed. */
export const ViewChange = Schema.TaggedStruct("ViewChange", {
  view: Natural,
  stable: Stable,
  /** By sequence number, ascending. */
  orders: Schema.Array(LastOrder),
  /** Of each number the last certificate that covers it, by sequence number, ascending. */
  certificates: Schema.Array(ShownCertificate),
  /** Who accused the primary of the view before. */
  accusers: Schema.Array(Signer),
  replica: Natural,
  /** As what the sender came back after its disk was lost; absent where it never was. */
  incarnation: Schema.optionalKey(Natural),
  signature: BytesText,
})
export type ViewChange = typeof ViewChange.Type

/** The primary of `view` shows by what it begins (section 3.3.4). Its log follows. Signed. */
export const NewView = Schema.TaggedStruct("NewView", {
  view: Natural,
  /** By replica, ascending. */
  changes: Schema.Array(ViewChange),
  signature: BytesText,
})
export type NewView = typeof NewView.Type

/** With which history a replica begins a view (section 3.3.4). */
export const ViewConfirm = Schema.TaggedStruct("ViewConfirm", {
  view: Natural,
  seq: Natural,
  history: HistoryText,
  replica: Natural,
})
export type ViewConfirm = typeof ViewConfirm.Type

/** What a replica receives. */
export const ReplicaMessage = Schema.Union([
  Request,
  Read,
  OrderReq,
  SpecHeader,
  Commit,
  FillHole,
  Pom,
  Accusation,
  Checkpoint,
  FetchState,
  State,
  ViewChange,
  NewView,
  ViewConfirm,
])
export type ReplicaMessage = typeof ReplicaMessage.Type

/** What replicas send to each other. */
export type PeerMessage = Exclude<ReplicaMessage, Request | Read | Commit>

/** What a client receives. */
export type ClientMessage = SpecResponse | ReadResponse | LocalCommit

export type Message = ReplicaMessage | ClientMessage

/** Whether clients receive it, and no replica. */
export const isForClient = (message: { readonly _tag: string }): message is ClientMessage =>
  message._tag === "SpecResponse" ||
  message._tag === "ReadResponse" ||
  message._tag === "LocalCommit"

type Unsigned<M> = Omit<M, "signature">

/** What a replica signs, before it is signed. Of an order's batch the history speaks. */
export type Signable =
  | Unsigned<Omit<OrderReq, "batch" | "digest">>
  | Unsigned<SpecHeader>
  | Unsigned<Accusation>
  | Unsigned<Checkpoint>
  | Unsigned<ViewChange>
  | Unsigned<NewView>

declare const verified: unique symbol

/**
 * A message whose authenticator, and every signature in it, was verified by this receiver. Only the
 * maker of verdicts produces it; `step` takes nothing else.
 */
export type Authentic<M> = M & { readonly [verified]: true }
