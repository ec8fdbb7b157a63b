/**
 * Zyzzyva's messages as bytes; the rules of src/net/codec.ts hold. A request and a read are PBFT's.
 *
 *     certificate   = view seq history signers
 *     order-req     = 40h view seq history digest signature signed-batch
 *     spec-response = 41h view seq history marks [signature] client timestamp replica
 *                     u32(length) result [signature]
 *     spec-header   = 42h view seq history signature replica
 *     commit        = 43h client certificate
 *     local-commit  = 44h view seq history client replica
 *     fill-hole     = 45h view from up-to (00 | 01: histories) replica
 *     pom           = 48h u8(count) (view seq history signature)*
 *     accusation    = 49h view replica signature
 *     checkpoint    = 4ah view seq digest signature replica
 *     read-response = 50h view seq (00 | 01 history) client timestamp replica u32(length) result
 *                     marks
 *     view-confirm  = 4bh view seq (00 | 01 history) replica
 *
 *     fetch-state   = 4ch seq replica
 *
 * Of `marks` the lowest bit says that there is the primary's signature, the last one; the next that
 * the result is its digest; the third that it is committed; the fourth that it is for the client
 * only, and the first signature is not there; the fifth that it is a witness's. Of those of a
 * read-response the lowest says that it is committed, the next that it is a witness's. A STATE
 * leaves in parts (zyzzyva-states.ts).
 *
 * Outside the specification: bytes. Messages are values there.
 */
import { assert } from "../core/assert.ts"
import type {
  Accusation,
  Certificate,
  Checkpoint,
  Commit,
  FetchState,
  FillHole,
  LocalCommit,
  Message,
  Order,
  OrderReq,
  Pom,
  Read,
  Request,
  SpecHeader,
  SpecResponse,
  ViewConfirm,
} from "../core/zyzzyva/message.ts"
import type { BadMessage } from "./bad-message.ts"
import {
  type CodecLimits,
  type ReadBatch,
  readSignedBatch,
  writeSignedBatch,
} from "./batch-codec.ts"
import {
  readSignedRead,
  readSignedRequest,
  writeSignedRead,
  writeSignedRequest,
} from "./request-codec.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"
import {
  readHistory,
  readNewView,
  readSignature,
  readSigners,
  readViewChange,
  writeHistory,
  writeNewView,
  writeSignature,
  writeSigners,
  writeViewChange,
  zyzzyvaChangeKind,
} from "./zyzzyva-change-codec.ts"
import { readReadResponse, writeReadResponse } from "./zyzzyva-read-codec.ts"

/** The first byte of each message. */
export const zyzzyvaKind = {
  Request: 1,
  Read: 14,
  OrderReq: 0x40,
  SpecResponse: 0x41,
  SpecHeader: 0x42,
  Commit: 0x43,
  LocalCommit: 0x44,
  FillHole: 0x45,
  ...zyzzyvaChangeKind,
  Pom: 0x48,
  Accusation: 0x49,
  Checkpoint: 0x4a,
  ViewConfirm: 0x4b,
  FetchState: 0x4c,
  ReadResponse: 0x50,
} as const

/** A message and, for a request or an order, where its parts lie. */
export type ZyzzyvaDecoded =
  | { readonly message: Exclude<Message, Request | Read | OrderReq> }
  /** What the request's digest covers lies at `from .. to`. */
  | { readonly message: Request | Read; readonly from: number; readonly to: number }
  | { readonly message: OrderReq; readonly parts: ReadBatch }

/** The largest size of each message beside its lists and texts. */
const fixedSize = 200

interface Place {
  readonly view: number
  readonly seq: number
  readonly history: string
}

const writePlace = (writer: Writer, { view, seq, history }: Place): void => {
  writer.natural(view)
  writer.natural(seq)
  writer.digest(history)
}

const readPlace = (reader: Reader): Place => {
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  return { view, seq, history: reader.digest("history") }
}

/** What an answer bears; a bit each. */
const marks = { order: 1, digest: 2, committed: 4, clientOnly: 8, witness: 16 } as const
const allMarks = 31

const writeResponse = (writer: Writer, m: SpecResponse): void => {
  writePlace(writer, m)
  writer.u8(
    (m.order === undefined ? 0 : marks.order) +
      (m.digest === true ? marks.digest : 0) +
      (m.committed === true ? marks.committed : 0) +
      (m.clientOnly === true ? marks.clientOnly : 0) +
      (m.witness === true ? marks.witness : 0),
  )
  if (m.clientOnly !== true) writer.text(m.signature)
  writer.natural(m.client)
  writer.natural(m.timestamp)
  writer.natural(m.replica)
  writer.reserve(4 + m.result.length)
  writer.u32(m.result.length)
  writer.text(m.result)
  if (m.order !== undefined) writeSignature(writer, m.order)
}

const writeCertificate = (writer: Writer, certificate: Certificate): void => {
  writePlace(writer, certificate)
  writeSigners(writer, certificate.signers)
}

const writePom = (writer: Writer, { orders }: Pom): void => {
  writer.u8(orders.length)
  for (const order of orders) {
    writer.reserve(fixedSize)
    writePlace(writer, order)
    writer.text(order.signature)
  }
}

/** Appends a message. Digests and signatures in it must be as long as they are on the wire. */
export const writeZyzzyvaMessage = (writer: Writer, m: Message): void => {
  if (m._tag === "Request") return writeSignedRequest(writer, m)
  if (m._tag === "Read") return writeSignedRead(writer, m)
  if (m._tag === "ViewChange") return writeViewChange(writer, m)
  if (m._tag === "NewView") return writeNewView(writer, m)
  assert(m._tag !== "State", "a state leaves in parts")
  writer.reserve(fixedSize)
  writer.u8(zyzzyvaKind[m._tag])
  switch (m._tag) {
    case "OrderReq":
      writePlace(writer, m)
      writer.digest(m.digest)
      writer.text(m.signature)
      return writeSignedBatch(writer, m.batch)
    case "SpecResponse":
      return writeResponse(writer, m)
    case "ReadResponse":
      return writeReadResponse(writer, m)
    case "SpecHeader":
      writePlace(writer, m)
      writer.text(m.signature)
      return writer.natural(m.replica)
    case "Commit":
      writer.natural(m.client)
      return writeCertificate(writer, m.certificate)
    case "LocalCommit":
      writePlace(writer, m)
      writer.natural(m.client)
      return writer.natural(m.replica)
    case "FillHole":
      writer.natural(m.view)
      writer.natural(m.from)
      writer.natural(m.upTo)
      writer.u8(m.headers === true ? 1 : 0)
      return writer.natural(m.replica)
    case "Pom":
      return writePom(writer, m)
    case "Accusation":
      writer.natural(m.view)
      writer.natural(m.replica)
      return writer.text(m.signature)
    case "Checkpoint":
      writer.natural(m.view)
      writer.natural(m.seq)
      writer.digest(m.digest)
      writer.text(m.signature)
      return writer.natural(m.replica)
    case "FetchState":
      writer.natural(m.seq)
      return writer.natural(m.replica)
    case "ViewConfirm":
      writer.natural(m.view)
      writer.natural(m.seq)
      writeHistory(writer, m.history)
      writer.reserve(8)
      return writer.natural(m.replica)
  }
}

const readOrderReq = (reader: Reader, limits: CodecLimits): ZyzzyvaDecoded => {
  const place = readPlace(reader)
  const digest = reader.digest("digest")
  const signature = readSignature(reader)
  const parts = readSignedBatch(reader, limits)
  const message: OrderReq = { _tag: "OrderReq", ...place, digest, batch: parts.batch, signature }
  return { message, parts }
}

const readResponse = (reader: Reader, limits: CodecLimits): SpecResponse => {
  const place = readPlace(reader)
  const given = reader.u8("marks")
  if (given > allMarks) reader.fail(`${given} is no set of marks`)
  const isAlone = (given & marks.clientOnly) > 0
  const signature = isAlone ? "" : readSignature(reader)
  const client = reader.natural("client")
  const timestamp = reader.natural("timestamp")
  const replica = reader.natural("replica")
  const result = reader.text(reader.u32("result length"), limits.result, "result")
  const order = (given & marks.order) > 0 ? { order: readSignature(reader) } : {}
  const digest = (given & marks.digest) > 0 ? { digest: true as const } : {}
  const committed = (given & marks.committed) > 0 ? { committed: true as const } : {}
  const about = { client, timestamp, result, replica }
  const alone = isAlone ? { clientOnly: true as const } : {}
  const witness = (given & marks.witness) > 0 ? { witness: true as const } : {}
  const said = { ...digest, ...committed, ...alone, ...witness }
  return { _tag: "SpecResponse", ...place, signature, ...about, ...said, ...order }
}

const readCommit = (reader: Reader, limits: CodecLimits): Commit => {
  const client = reader.natural("client")
  const place = readPlace(reader)
  return { _tag: "Commit", client, certificate: { ...place, signers: readSigners(reader, limits) } }
}

const readHeader = (reader: Reader): SpecHeader => {
  const place = readPlace(reader)
  const signature = readSignature(reader)
  return { _tag: "SpecHeader", ...place, signature, replica: reader.natural("replica") }
}

const readLocalCommit = (reader: Reader): LocalCommit => {
  const place = readPlace(reader)
  const client = reader.natural("client")
  return { _tag: "LocalCommit", ...place, client, replica: reader.natural("replica") }
}

const readFillHole = (reader: Reader): FillHole => {
  const view = reader.natural("view")
  const from = reader.natural("from")
  const upTo = reader.natural("up to")
  const given = reader.u8("whether histories are asked for")
  if (given > 1) reader.fail(`${given} is neither 0 nor 1`)
  const mark = given === 1 ? { headers: true as const } : {}
  return { _tag: "FillHole", view, from, upTo, ...mark, replica: reader.natural("replica") }
}

const readPom = (reader: Reader): Pom => {
  const count = reader.count(reader.u8("number of orders"), 48 + 64, "orders")
  const orders: Array<Order> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    orders.push({ ...readPlace(reader), signature: readSignature(reader) })
  }
  return { _tag: "Pom", orders }
}

const readAccusation = (reader: Reader): Accusation => {
  const view = reader.natural("view")
  const replica = reader.natural("replica")
  return { _tag: "Accusation", view, replica, signature: readSignature(reader) }
}

const readCheckpoint = (reader: Reader): Checkpoint => {
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  const digest = reader.digest("digest")
  const signature = readSignature(reader)
  return { _tag: "Checkpoint", view, seq, digest, signature, replica: reader.natural("replica") }
}

const readFetchState = (reader: Reader): FetchState => {
  const seq = reader.natural("seq")
  return { _tag: "FetchState", seq, replica: reader.natural("replica") }
}

const readViewConfirm = (reader: Reader): ViewConfirm => {
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  const history = readHistory(reader)
  return { _tag: "ViewConfirm", view, seq, history, replica: reader.natural("replica") }
}

// The kind is read by those that other modules read as well.
const readKnown = (
  reader: Reader,
  first: number,
  limits: CodecLimits,
): ZyzzyvaDecoded | undefined => {
  if (first === zyzzyvaKind.Request) return readSignedRequest(reader, limits)
  if (first === zyzzyvaKind.Read) return readSignedRead(reader, limits)
  if (first === zyzzyvaKind.ViewChange) return { message: readViewChange(reader, limits) }
  if (first === zyzzyvaKind.NewView) return { message: readNewView(reader, limits) }
  if (first < 0) return undefined
  reader.u8("kind")
  switch (first) {
    case zyzzyvaKind.OrderReq:
      return readOrderReq(reader, limits)
    case zyzzyvaKind.SpecResponse:
      return { message: readResponse(reader, limits) }
    case zyzzyvaKind.ReadResponse:
      return { message: readReadResponse(reader, limits) }
    case zyzzyvaKind.SpecHeader:
      return { message: readHeader(reader) }
    case zyzzyvaKind.Commit:
      return { message: readCommit(reader, limits) }
    case zyzzyvaKind.LocalCommit:
      return { message: readLocalCommit(reader) }
    case zyzzyvaKind.FillHole:
      return { message: readFillHole(reader) }
    case zyzzyvaKind.Pom:
      return { message: readPom(reader) }
    case zyzzyvaKind.Accusation:
      return { message: readAccusation(reader) }
    case zyzzyvaKind.Checkpoint:
      return { message: readCheckpoint(reader) }
    case zyzzyvaKind.FetchState:
      return { message: readFetchState(reader) }
    case zyzzyvaKind.ViewConfirm:
      return { message: readViewConfirm(reader) }
    default:
      return undefined
  }
}

/** Reads the next message. After an error the rest of the bytes means nothing. */
export const readZyzzyvaMessage = (
  reader: Reader,
  limits: CodecLimits,
): ZyzzyvaDecoded | BadMessage => {
  const { at } = reader
  const first = reader.peek()
  const decoded = readKnown(reader, first, limits)
  if (decoded === undefined) {
    reader.fail(first < 0 ? "there is nothing" : `${first} is no kind of message`, at)
  }
  if (decoded === undefined || reader.failed) return reader.error()
  return decoded
}
