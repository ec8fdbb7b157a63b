/** A replica's number, `0 .. n - 1`. */
export type ReplicaId = number
/** A client's number, `0 .. clients - 1`: the index of its entry in every client table. */
export type ClientId = number
/** A view's number; its primary is replica `view mod n`. */
export type View = number
/** A sequence number; the first batch has 1. */
export type Seq = number
/** A client's own counter: strictly increasing, one per request, at most 2^53 - 1. */
export type Timestamp = number
/** A collision-resistant digest as text; the empty string stands for none. */
export type Digest = string
/** Bytes as a string with one character (0..255) a byte: an immutable value that compares. */
export type Bytes = string

export const noDigest: Digest = ""
