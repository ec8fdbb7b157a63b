/**
 * Requests and batches as bytes. What a digest covers is one run of bytes, so that whoever
 * received it hashes what it received:
 *
 *     request       = 01 client timestamp u32(length) operation
 *     read          = 0e request
 *     batch         = 02 u16(count) request*          (the batch's digest is over these bytes)
 *     authenticator = u16(length) bytes
 *     replier       = 00, or 1 + the replica that is to answer in full
 *     marks         = [ff: to be answered when it is committed] replier
 *     signed batch  = batch (authenticator marks)*  (one a request, in order)
 *     named request = 0f client timestamp
 *     items         = signed batch, or where a request is only named
 *                     10 u16(count) (named request | request authenticator marks)*
 *
 * Numbers are big-endian; client and timestamp take eight bytes each and are at most 2^53 - 1.
 */
import {
  type Batch,
  type BatchItem,
  isSigned,
  type Marks,
  marksOf,
  type NamedRequest,
  type Request,
  type SignedRequest,
} from "../core/request.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** What a decoder accepts at most, in bytes, and in requests or entries. */
export interface CodecLimits {
  readonly operation: number
  readonly authenticator: number
  readonly batch: number
  readonly result: number
  /** Entries of a client table in a durable record. */
  readonly clients: number
  /** The group's size: VIEW-CHANGEs in a NEW-VIEW. */
  readonly replicas: number
  /** L: sequence numbers that a log may hold. */
  readonly log: number
}

const requestKind = 1
const batchKind = 2
const requestSize = 1 + 8 + 8 + 4
const batchHeader = 1 + 2

export const writeRequest = (writer: Writer, request: Request): void => {
  const { operation } = request
  writer.reserve(requestSize + operation.length)
  writer.u8(requestKind)
  writer.natural(request.client)
  writer.natural(request.timestamp)
  writer.u32(operation.length)
  writer.text(operation)
}

const readKind = 14

/** What the authenticator of a Read covers: nobody can make a request of it. */
export const writeRead = (writer: Writer, read: Request): void => {
  writer.reserve(1)
  writer.u8(readKind)
  writeRequest(writer, read)
}

/** What the batch's digest covers. */
export const writeBatch = (writer: Writer, batch: ReadonlyArray<Request>): void => {
  writer.reserve(batchHeader)
  writer.u8(batchKind)
  writer.u16(batch.length)
  for (const request of batch) writeRequest(writer, request)
}

export const writeAuthenticator = (writer: Writer, authenticator: string): void => {
  writer.reserve(2 + authenticator.length)
  writer.u16(authenticator.length)
  writer.text(authenticator)
}

// Each is a byte before that of the replier, in this order.
const commitFirstMark = 0xff
const clientOnlyMark = 0xfe

export const writeMarks = (writer: Writer, { replier, commitFirst, clientOnly }: Marks): void => {
  writer.reserve(3)
  if (commitFirst === true) writer.u8(commitFirstMark)
  if (clientOnly === true) writer.u8(clientOnlyMark)
  writer.u8(replier === undefined ? 0 : replier + 1)
}

export const writeSignedBatch = (writer: Writer, batch: Batch): void => {
  writeBatch(writer, batch)
  for (const request of batch) {
    writeAuthenticator(writer, request.authenticator)
    writeMarks(writer, request)
  }
}

const namedKind = 15
const itemsKind = 16
const namedSize = 1 + 8 + 8

/** The batch of a pre-prepare, of which requests may only be named. */
export const writeItems = (writer: Writer, items: ReadonlyArray<BatchItem>): void => {
  if (items.every(isSigned)) return writeSignedBatch(writer, items)
  writer.reserve(batchHeader)
  writer.u8(itemsKind)
  writer.u16(items.length)
  for (const item of items) {
    if (isSigned(item)) {
      writeRequest(writer, item)
      writeAuthenticator(writer, item.authenticator)
      writeMarks(writer, item)
    } else {
      writer.reserve(namedSize)
      writer.u8(namedKind)
      writer.natural(item.client)
      writer.natural(item.timestamp)
    }
  }
}

const readNamed = (reader: Reader): NamedRequest => {
  reader.u8("named request")
  const client = reader.natural("client")
  return { client, timestamp: reader.natural("timestamp") }
}

/** The items of a pre-prepare of which some are only named, and where each lies. */
export interface ReadItems {
  readonly items: ReadonlyArray<BatchItem>
  /** Start and end of each request, as its authenticator covers it. */
  readonly places: ReadonlyArray<readonly [from: number, to: number]>
}

/** Reads what `writeItems` wrote where a request is only named. */
export const readItems = (reader: Reader, limits: CodecLimits): ReadItems => {
  reader.u8("items")
  const given = reader.u16("batch size")
  if (given > limits.batch) {
    reader.fail(`a batch of ${given} requests, at most ${limits.batch} are allowed`)
  }
  const count = reader.failed ? 0 : reader.count(given, namedSize, "requests")
  const items: Array<BatchItem> = []
  const places: Array<readonly [number, number]> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    const from = reader.at
    if (reader.peek() === namedKind) {
      items.push(readNamed(reader))
      places.push([from, reader.at])
      continue
    }
    const request = readRequest(reader, limits)
    places.push([from, reader.at])
    request.authenticator = readAuthenticator(reader, limits)
    items.push(Object.assign(request, readMarks(reader, limits)))
  }
  // There is one way to write a batch: who names no request writes it whole.
  if (!reader.failed && items.every(isSigned)) reader.fail("a batch of which nothing is named")
  return { items, places }
}

/** Whether a pre-prepare's batch is one of which requests are only named. */
export const startsItems = (reader: Reader): boolean => reader.peek() === itemsKind

/** A batch, and where its parts lie in the bytes that were read. */
export interface ReadBatch {
  readonly batch: Batch
  /** Start and end of what the batch's digest covers. */
  readonly from: number
  readonly to: number
  /** Start of each request; one ends where the next starts, the last one at `to`. */
  readonly starts: ReadonlyArray<number>
}

interface OpenRequest {
  readonly client: number
  readonly timestamp: number
  readonly operation: string
  authenticator: string
  replier?: number
  commitFirst?: true
  clientOnly?: true
}

/** A request whose authenticator is still to be read. */
export const readRequest = (reader: Reader, limits: CodecLimits): OpenRequest => {
  if (reader.u8("request") !== requestKind) reader.fail("no request", reader.at - 1)
  const client = reader.natural("client")
  const timestamp = reader.natural("timestamp")
  const operation = reader.text(reader.u32("operation length"), limits.operation, "operation")
  return { client, timestamp, operation, authenticator: "" }
}

export const readAuthenticator = (reader: Reader, limits: CodecLimits): string =>
  reader.text(reader.u16("authenticator length"), limits.authenticator, "authenticator")

const readMark = (reader: Reader, mark: number): boolean => {
  const isThere = reader.peek() === mark
  if (isThere) reader.u8("mark")
  return isThere
}

export const readMarks = (reader: Reader, limits: CodecLimits): Marks => {
  const isFirst = readMark(reader, commitFirstMark)
  const isAlone = readMark(reader, clientOnlyMark)
  const given = reader.u8("replier")
  if (given > limits.replicas) reader.fail(`there is no replica ${given - 1}`)
  return marksOf({
    ...(given === 0 ? {} : { replier: given - 1 }),
    ...(isFirst ? { commitFirst: true } : {}),
    ...(isAlone ? { clientOnly: true } : {}),
  })
}

export const readSignedBatch = (reader: Reader, limits: CodecLimits): ReadBatch => {
  const from = reader.at
  if (reader.u8("batch") !== batchKind) reader.fail("no batch", from)
  const given = reader.u16("batch size")
  if (given > limits.batch) {
    reader.fail(`a batch of ${given} requests, at most ${limits.batch} are allowed`)
  }
  const count = reader.failed ? 0 : reader.count(given, requestSize + 3, "requests")
  const batch: Array<OpenRequest> = []
  const starts: Array<number> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    starts.push(reader.at)
    batch.push(readRequest(reader, limits))
  }
  const to = reader.at
  for (const request of batch) {
    request.authenticator = readAuthenticator(reader, limits)
    Object.assign(request, readMarks(reader, limits))
  }
  return { batch: batch satisfies ReadonlyArray<SignedRequest>, from, to, starts }
}
