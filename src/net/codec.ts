/**
 * Messages as bytes. Each starts with a byte that says which it is, and ends by itself, so that
 * several follow each other in a frame. There is one encoding of each message: what is accepted
 * encodes to the same bytes again.
 *
 * Outside the specification: bytes. Messages are values there.
 */
import { assert } from "../core/assert.ts"
import type {
  Batch,
  Checkpoint,
  Commit,
  Committed,
  FetchBatch,
  FetchPrePrepare,
  FetchState,
  Message,
  Prepare,
  PrePrepare,
  Read,
  Reply,
  Request,
  State,
} from "../core/pbft/message.ts"
import type { BadMessage } from "./bad-message.ts"
import {
  type CodecLimits,
  type ReadBatch,
  type ReadItems,
  readItems,
  readSignedBatch,
  startsItems,
  writeItems,
  writeSignedBatch,
} from "./batch-codec.ts"
import {
  readSignedRead,
  readSignedRequest,
  writeSignedRead,
  writeSignedRequest,
} from "./request-codec.ts"
import {
  changeKind,
  readNewView,
  readViewChange,
  writeNewView,
  writeViewChange,
} from "./change-codec.ts"
import type { Reader } from "./reader.ts"
import { readStable, stableKind, writeStable } from "./stable-codec.ts"
import { Writer } from "./writer.ts"

/** The first byte of each message. */
export const kind = {
  Request: 1,
  PrePrepare: 3,
  Prepare: 4,
  Commit: 5,
  Checkpoint: 6,
  Reply: 7,
  ...changeKind,
  FetchBatch: 10,
  Read: 14,
  Batch: 11,
  FetchState: 12,
  FetchPrePrepare: 13,
  Committed: 20,
  ...stableKind,
} as const

/** What travels as one message: a state goes in parts (state-wire.ts). */
export type WireMessage = Exclude<Message, State>

/** A message and, for a request or a pre-prepare, where its parts lie. */
export type Decoded =
  | { readonly message: Exclude<WireMessage, Request | Read | PrePrepare> }
  /** What the request's digest covers lies at `from .. to`. */
  | { readonly message: Request | Read; readonly from: number; readonly to: number }
  | { readonly message: PrePrepare; readonly parts: ReadBatch }
  /** Some of its requests are only named. */
  | { readonly message: PrePrepare; readonly items: ReadItems }

/** The largest size of each message that carries neither operations nor results. */
const fixedSize = 80

const writeVote = (writer: Writer, m: Prepare | Commit): void => {
  writer.u8(m._tag === "Prepare" ? kind.Prepare : kind.Commit)
  writer.natural(m.view)
  writer.natural(m.seq)
  writer.digest(m.digest)
  writer.natural(m.replica)
}

const writePrePrepare = (writer: Writer, m: PrePrepare): void => {
  writer.u8(kind.PrePrepare)
  writer.natural(m.view)
  writer.natural(m.seq)
  writer.digest(m.digest)
  writer.natural(m.replica)
  writeItems(writer, m.batch)
}

const writeFetchPrePrepare = (writer: Writer, m: FetchPrePrepare): void => {
  writer.u8(kind.FetchPrePrepare)
  writer.natural(m.view)
  writer.natural(m.seq)
  writer.natural(m.replica)
}

const writeNumbered = (writer: Writer, m: Checkpoint | FetchState | Committed): void => {
  writer.u8(kind[m._tag])
  writer.natural(m.seq)
  writer.digest(m.digest)
  writer.natural(m.replica)
}

const writeReply = (writer: Writer, m: Reply): void => {
  writer.u8(kind.Reply)
  writer.natural(m.view)
  writer.natural(m.client)
  writer.natural(m.timestamp)
  writer.natural(m.replica)
  writer.u32(m.result.length)
  writer.reserve(m.result.length)
  writer.text(m.result)
  writer.reserve(1)
  writer.u8(
    (m.digest ? marks.digest : 0) +
      (m.tentative ? marks.tentative : 0) +
      (m.readOnly ? marks.readOnly : 0),
  )
}

/** What a reply may be marked with, each a bit. */
const marks = { digest: 1, tentative: 2, readOnly: 4 } as const

const writeFetchBatch = (writer: Writer, m: FetchBatch): void => {
  writer.u8(kind.FetchBatch)
  writer.digest(m.digest)
  writer.natural(m.replica)
}

const writeBatchMessage = (writer: Writer, m: Batch): void => {
  writer.u8(kind.Batch)
  writeSignedBatch(writer, m.batch)
}

/** Appends a message. Its digest must be a SHA-256 in lower-case hexadecimal. */
export const writeMessage = (writer: Writer, m: WireMessage): void => {
  writer.reserve(fixedSize)
  switch (m._tag) {
    case "Request":
      return writeSignedRequest(writer, m)
    case "Read":
      return writeSignedRead(writer, m)
    case "PrePrepare":
      return writePrePrepare(writer, m)
    case "Prepare":
    case "Commit":
      return writeVote(writer, m)
    case "Checkpoint":
    case "FetchState":
    case "Committed":
      return writeNumbered(writer, m)
    case "ViewChange":
      return writeViewChange(writer, m)
    case "NewView":
      return writeNewView(writer, m)
    case "FetchBatch":
      return writeFetchBatch(writer, m)
    case "Batch":
      return writeBatchMessage(writer, m)
    case "FetchPrePrepare":
      return writeFetchPrePrepare(writer, m)
    case "QueryStable":
    case "ReplyStable":
      return writeStable(writer, m)
    case "Reply":
      return writeReply(writer, m)
  }
}

const readVote = (reader: Reader, _tag: "Prepare" | "Commit"): Prepare | Commit => {
  reader.u8("kind")
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  const digest = reader.digest("digest")
  return { _tag, view, seq, digest, replica: reader.natural("replica") }
}

const readPrePrepare = (reader: Reader, limits: CodecLimits): Decoded => {
  reader.u8("kind")
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  const digest = reader.digest("digest")
  const replica = reader.natural("replica")
  const about = { _tag: "PrePrepare", view, seq, digest, replica } as const
  if (startsItems(reader)) {
    const items = readItems(reader, limits)
    return { message: { ...about, batch: items.items }, items }
  }
  const parts = readSignedBatch(reader, limits)
  return { message: { ...about, batch: parts.batch }, parts }
}

const readFetchPrePrepare = (reader: Reader): FetchPrePrepare => {
  reader.u8("kind")
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  return { _tag: "FetchPrePrepare", view, seq, replica: reader.natural("replica") }
}

const readNumbered = <T extends (Checkpoint | FetchState | Committed)["_tag"]>(
  reader: Reader,
  _tag: T,
) => {
  reader.u8("kind")
  const seq = reader.natural("seq")
  const digest = reader.digest("digest")
  return { _tag, seq, digest, replica: reader.natural("replica") }
}

const readFetchBatch = (reader: Reader): FetchBatch => {
  reader.u8("kind")
  const digest = reader.digest("digest")
  return { _tag: "FetchBatch", digest, replica: reader.natural("replica") }
}

const readBatchMessage = (reader: Reader, limits: CodecLimits): Batch => {
  reader.u8("kind")
  return { _tag: "Batch", batch: readSignedBatch(reader, limits).batch }
}

const readReply = (reader: Reader, limits: CodecLimits): Reply => {
  reader.u8("kind")
  const view = reader.natural("view")
  const client = reader.natural("client")
  const timestamp = reader.natural("timestamp")
  const replica = reader.natural("replica")
  const result = reader.text(reader.u32("result length"), limits.result, "result")
  const given = reader.u8("marks")
  if (given > 7) reader.fail(`${given} are no marks of a reply`)
  return {
    _tag: "Reply",
    view,
    client,
    timestamp,
    replica,
    result,
    ...((given & marks.digest) > 0 ? { digest: true } : {}),
    ...((given & marks.tentative) > 0 ? { tentative: true } : {}),
    ...((given & marks.readOnly) > 0 ? { readOnly: true } : {}),
  }
}

const readKnown = (reader: Reader, first: number, limits: CodecLimits): Decoded | undefined => {
  switch (first) {
    case kind.Request:
      return readSignedRequest(reader, limits)
    case kind.Read:
      return readSignedRead(reader, limits)
    case kind.PrePrepare:
      return readPrePrepare(reader, limits)
    case kind.Prepare:
      return { message: readVote(reader, "Prepare") }
    case kind.Commit:
      return { message: readVote(reader, "Commit") }
    case kind.Checkpoint:
      return { message: readNumbered(reader, "Checkpoint") }
    case kind.ViewChange:
      return { message: readViewChange(reader, limits) }
    case kind.NewView:
      return { message: readNewView(reader, limits) }
    case kind.FetchBatch:
      return { message: readFetchBatch(reader) }
    case kind.Batch:
      return { message: readBatchMessage(reader, limits) }
    case kind.FetchState:
      return { message: readNumbered(reader, "FetchState") }
    case kind.Committed:
      return { message: readNumbered(reader, "Committed") }
    case kind.FetchPrePrepare:
      return { message: readFetchPrePrepare(reader) }
    case kind.QueryStable:
    case kind.ReplyStable:
      return { message: readStable(reader) }
    case kind.Reply:
      return { message: readReply(reader, limits) }
    default:
      return undefined
  }
}

/** Reads the next message. After an error the rest of the bytes means nothing. */
export const readMessage = (reader: Reader, limits: CodecLimits): Decoded | BadMessage => {
  const { at } = reader
  const first = reader.left > 0 ? (reader.bytes[at] as number) : -1
  const decoded = readKnown(reader, first, limits)
  if (decoded === undefined) {
    reader.fail(first < 0 ? "there is nothing" : `${first} is no kind of message`, at)
  }
  if (decoded === undefined || reader.failed) return reader.error()
  return decoded
}

/** The bytes of one message. */
export const encodeMessage = (m: WireMessage): Buffer => {
  const writer = new Writer()
  writeMessage(writer, m)
  return Buffer.from(writer.written())
}

/** The message that these bytes are, all of them. */
export const decodeMessage = (reader: Reader, limits: CodecLimits): Decoded | BadMessage => {
  const decoded = readMessage(reader, limits)
  if (reader.failed) return reader.error()
  reader.end()
  return reader.failed ? reader.error() : decoded
}

/** Limits that follow from a frame's size, the largest operation, and the group. */
export const codecLimits = (of: {
  readonly frameBytes: number
  readonly operationBytes: number
  readonly maxBatch: number
  readonly replicas: number
  readonly clients: number
  readonly logSize: number
}): CodecLimits => {
  assert(of.maxBatch <= 65_535, "a batch's size fits into two bytes")
  return {
    operation: of.operationBytes,
    authenticator: 16 * of.replicas,
    batch: of.maxBatch,
    result: of.frameBytes,
    clients: of.clients,
    replicas: of.replicas,
    log: of.logSize,
  }
}
