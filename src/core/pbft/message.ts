import { Schema } from "effect"
import { BytesText, NamedRequest, Natural, SignedRead, SignedRequest } from "../request.ts"

/** A digest as lower-case hexadecimal of SHA-256 on the wire; any text in models. */
const DigestText = Schema.NonEmptyString

/** A client asks for an operation (OSDI '99 section 4.1). */
export const Request = Schema.TaggedStruct("Request", SignedRequest.fields)
export type Request = typeof Request.Type

/** A client asks for what changes nothing, and need not be ordered (TOCS section 5.1). */
export const Read = Schema.TaggedStruct("Read", SignedRead.fields)
export type Read = typeof Read.Type

/**
 * The primary assigns `seq` to a batch in `view` (section 4.2). `digest` is the batch's, of which
 * big requests may only be named.
 */
export const PrePrepare = Schema.TaggedStruct("PrePrepare", {
  view: Natural,
  seq: Natural,
  digest: DigestText,
  batch: Schema.Array(Schema.Union([SignedRequest, NamedRequest])),
  replica: Natural,
})
export type PrePrepare = typeof PrePrepare.Type

/** A backup lacks requests that the primary's pre-prepare only names. */
export const FetchPrePrepare = Schema.TaggedStruct("FetchPrePrepare", {
  view: Natural,
  seq: Natural,
  replica: Natural,
})
export type FetchPrePrepare = typeof FetchPrePrepare.Type

/** A backup accepted the pre-prepare (section 4.2). */
export const Prepare = Schema.TaggedStruct("Prepare", {
  view: Natural,
  seq: Natural,
  digest: DigestText,
  replica: Natural,
})
export type Prepare = typeof Prepare.Type

/** A replica holds the prepared certificate (section 4.2). */
export const Commit = Schema.TaggedStruct("Commit", {
  view: Natural,
  seq: Natural,
  digest: DigestText,
  replica: Natural,
})
export type Commit = typeof Commit.Type

/** A replica has executed the batch at `seq` for good, whatever the view it was committed in. */
export const Committed = Schema.TaggedStruct("Committed", {
  seq: Natural,
  digest: DigestText,
  replica: Natural,
})
export type Committed = typeof Committed.Type

/** The same, as it is kept. */
export type Claim = Omit<Committed, "_tag">

/** A replica's state after executing `seq` has `digest` (section 4.3). */
export const Checkpoint = Schema.TaggedStruct("Checkpoint", {
  seq: Natural,
  digest: DigestText,
  replica: Natural,
})
export type Checkpoint = typeof Checkpoint.Type

/** What a replica prepared or pre-prepared: an element of P or Q (TOCS section 4.5). */
export const Entry = Schema.Struct({ seq: Natural, digest: DigestText, view: Natural })
export type Entry = typeof Entry.Type

/** A sequence number with a digest: of a checkpoint, or of a batch that a new view starts with. */
export const Numbered = Schema.Struct({ seq: Natural, digest: DigestText })
export type Numbered = typeof Numbered.Type

/**
 * A replica gives up the views below `view` (TOCS section 4.5). Signed, in place of the paper's
 * acknowledgements: whoever reads one, in whatever message, knows who wrote it. P and Q are claims.
 */
export const ViewChange = Schema.TaggedStruct("ViewChange", {
  view: Natural,
  /** Sequence number of the sender's stable checkpoint. */
  low: Natural,
  /** C: the checkpoints that it holds, ascending. */
  checkpoints: Schema.Array(Numbered),
  /** P: the last batch that it prepared at each sequence number, ascending. */
  prepared: Schema.Array(Entry),
  /** Q: for each sequence number and digest the last view in which it pre-prepared it. */
  prePrepared: Schema.Array(Entry),
  replica: Natural,
  /** As what it came back after it lost its disk (rejoin.ts); 0, and left out, if it never did. */
  incarnation: Schema.optionalKey(Natural),
  /** The sender's signature. Nobody in the core looks at it. */
  signature: BytesText,
})
export type ViewChange = typeof ViewChange.Type

/** The primary of `view` says what it starts from, and whose VIEW-CHANGEs say so (section 4.5). */
export const NewView = Schema.TaggedStruct("NewView", {
  view: Natural,
  /** By replica, ascending. */
  changes: Schema.Array(ViewChange),
  /** The checkpoint that the view starts from. */
  start: Numbered,
  /** The batches that it starts with, by digest, from `start.seq + 1` on without a hole. */
  chosen: Schema.Array(Numbered),
  replica: Natural,
  /** The primary's signature: whoever passes it on. Nobody in the core looks at it. */
  signature: BytesText,
})
export type NewView = typeof NewView.Type

/** A replica lacks a batch that a new view chose. */
export const FetchBatch = Schema.TaggedStruct("FetchBatch", {
  digest: DigestText,
  replica: Natural,
})
export type FetchBatch = typeof FetchBatch.Type

/** A batch, known by its digest whoever sends it. */
export const Batch = Schema.TaggedStruct("Batch", { batch: Schema.Array(SignedRequest) })
export type Batch = typeof Batch.Type

/** A replica lacks the state of a checkpoint that others vouch for (TOCS section 6.2). */
export const FetchState = Schema.TaggedStruct("FetchState", {
  seq: Natural,
  digest: DigestText,
  replica: Natural,
})
export type FetchState = typeof FetchState.Type

/**
 * The state of a checkpoint, known by its digest whoever sends it: the digest of the service's
 * state, which the driver has fetched by it, and the client table.
 */
export const State = Schema.TaggedStruct("State", {
  seq: Natural,
  service: DigestText,
  table: Schema.Array(Schema.Struct({ timestamp: Natural, result: BytesText })),
})
export type State = typeof State.Type

/** A replica that is recovered asks how far the others are (TOCS section 5). */
export const QueryStable = Schema.TaggedStruct("QueryStable", {
  /** As what it came back: tells its questions apart. */
  incarnation: Natural,
  replica: Natural,
})
export type QueryStable = typeof QueryStable.Type

/** The answer (TOCS section 5). */
export const ReplyStable = Schema.TaggedStruct("ReplyStable", {
  /** Who asked, and as what. */
  recovering: Natural,
  incarnation: Natural,
  /** The last checkpoint of the replica that answers. */
  checkpoint: Natural,
  /** The last sequence number that it prepared. */
  prepared: Natural,
  replica: Natural,
})
export type ReplyStable = typeof ReplyStable.Type

/** The result of a request (section 4.2). */
export const Reply = Schema.TaggedStruct("Reply", {
  view: Natural,
  client: Natural,
  timestamp: Natural,
  replica: Natural,
  /** With `digest`, the digest of the result. */
  result: BytesText,
  /** Another replica sends the whole result. */
  digest: Schema.optionalKey(Schema.Literal(true)),
  /** The batch is not committed yet: `view` may end without it. */
  tentative: Schema.optionalKey(Schema.Literal(true)),
  /** The answer to a Read. */
  readOnly: Schema.optionalKey(Schema.Literal(true)),
})
export type Reply = typeof Reply.Type

/** What a replica receives. */
export const ReplicaMessage = Schema.Union([
  Request,
  Read,
  PrePrepare,
  Prepare,
  Commit,
  Checkpoint,
  ViewChange,
  NewView,
  FetchBatch,
  Batch,
  FetchState,
  State,
  FetchPrePrepare,
  Committed,
  QueryStable,
  ReplyStable,
])
export type ReplicaMessage = typeof ReplicaMessage.Type

/** What replicas say of one sequence number. */
export type SlotMessage = PrePrepare | Prepare | Commit | Checkpoint

/** What replicas send to each other. */
export type PeerMessage =
  | SlotMessage
  | ViewChange
  | NewView
  | FetchBatch
  | Batch
  | FetchState
  | State
  | FetchPrePrepare
  | QueryStable
  | ReplyStable
  | Committed

/** What a replica sends to one other, but for a state. */
export type AddressedMessage =
  | Batch
  | Request
  | PrePrepare
  | FetchPrePrepare
  | ReplyStable
  | Committed

/** What travels whole: a state is too large for that. */
export type DirectMessage = Exclude<PeerMessage, State>

export const Message = Schema.Union([
  Request,
  Read,
  PrePrepare,
  Prepare,
  Commit,
  Checkpoint,
  ViewChange,
  NewView,
  FetchBatch,
  Batch,
  FetchState,
  State,
  FetchPrePrepare,
  Committed,
  QueryStable,
  ReplyStable,
  Reply,
])
export type Message = typeof Message.Type

declare const verified: unique symbol

/**
 * A message whose authenticator was verified for this receiver. Only the maker of verdicts
 * (src/net/authenticate.ts, or a driver that stands for it) produces it; `step` takes nothing else.
 */
export type Authentic<M> = M & { readonly [verified]: true }

/** A replica that asked to be taken back, and as what. */
export interface Heard {
  readonly replica: number
  readonly incarnation: number
}
