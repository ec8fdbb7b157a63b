import { Schema } from "effect"
import { BytesText, Natural, SignedRequest } from "../request.ts"

/** A digest as lower-case hexadecimal of SHA-256 on the wire; any text in models. */
const DigestText = Schema.NonEmptyString

/** A client asks for an operation (OSDI '99 section 4.1). */
export const Request = Schema.TaggedStruct("Request", SignedRequest.fields)
export type Request = typeof Request.Type

/** The primary assigns `seq` to a batch in `view` (section 4.2). `digest` is the batch's. */
export const PrePrepare = Schema.TaggedStruct("PrePrepare", {
  view: Natural,
  seq: Natural,
  digest: DigestText,
  batch: Schema.Array(SignedRequest),
  replica: Natural,
})
export type PrePrepare = typeof PrePrepare.Type

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

/** A replica's state after executing `seq` has `digest` (section 4.3). */
export const Checkpoint = Schema.TaggedStruct("Checkpoint", {
  seq: Natural,
  digest: DigestText,
  replica: Natural,
})
export type Checkpoint = typeof Checkpoint.Type

/** The result of a request (section 4.2). */
export const Reply = Schema.TaggedStruct("Reply", {
  view: Natural,
  client: Natural,
  timestamp: Natural,
  replica: Natural,
  result: BytesText,
})
export type Reply = typeof Reply.Type

/** What a replica receives. */
export const ReplicaMessage = Schema.Union([Request, PrePrepare, Prepare, Commit, Checkpoint])
export type ReplicaMessage = typeof ReplicaMessage.Type

/** What replicas send to each other. */
export type PeerMessage = PrePrepare | Prepare | Commit | Checkpoint

export const Message = Schema.Union([Request, PrePrepare, Prepare, Commit, Checkpoint, Reply])
export type Message = typeof Message.Type

declare const verified: unique symbol

/**
 * A message whose authenticator was verified for this receiver. Only the maker of verdicts
 * (src/net/authenticate.ts, or a driver that stands for it) produces it; `step` takes nothing else.
 */
export type Authentic<M> = M & { readonly [verified]: true }
