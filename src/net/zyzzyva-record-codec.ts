/**
 * Zyzzyva's durable records as bytes; the same rules as for messages.
 *
 *     ordered     = 01 seq view digest history (00 | 01 signature) signed-batch
 *     certified   = 02 view seq history signers (00 | 01 before) u32(count) covered*
 *     covered     = digest (00 | 01 batch)
 *     taken       = 03 seq history digest service u32(count) entry*
 *     stable      = 04 view seq digest signers
 *     view-left   = 05 view-change            new-view-taken = 06 new-view
 *     entered     = 07 view                   confirmed = 08 view
 *     rejoined    = 09 incarnation
 *     entry       = timestamp u32(length) result seq (00 | 01 history)
 *
 * A certificate names all that it covers: of a batch that a record before it in the same log has,
 * only the digest is written.
 *
 * Outside the specification: bytes. What is durable is a part of the state there.
 */
import { type SignedRequest, unsigned } from "../core/request.ts"
import type { ShownCertificate, Stable } from "../core/zyzzyva/message.ts"
import type { DurableRecord, Entry } from "../core/zyzzyva/state.ts"
import type { BadMessage } from "./bad-message.ts"
import { type CodecLimits, readSignedBatch, writeSignedBatch } from "./batch-codec.ts"
import { batchDigest } from "./digests.ts"
import type { RecordSession } from "./protocol.ts"
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
} from "./zyzzyva-change-codec.ts"

const kind = {
  Ordered: 1,
  Certified: 2,
  CheckpointTaken: 3,
  CheckpointStable: 4,
  ViewLeft: 5,
  NewViewTaken: 6,
  ViewEntered: 7,
  ViewConfirmed: 8,
  Rejoined: 9,
} as const

type OfKind<T extends DurableRecord["_tag"]> = Extract<DurableRecord, { readonly _tag: T }>
type Requests = ReadonlyArray<SignedRequest>
type Covered = ShownCertificate["batches"][number]

const entrySize = 8 + 4 + 8 + 1

/** What a checkpoint's digest covers of a client table as well. */
export const writeEntries = (writer: Writer, table: ReadonlyArray<Entry>): void => {
  writer.reserve(4)
  writer.u32(table.length)
  for (const { timestamp, result, seq, history } of table) {
    writer.reserve(entrySize + result.length)
    writer.natural(timestamp)
    writer.u32(result.length)
    writer.text(result)
    writer.natural(seq)
    writeHistory(writer, history)
  }
}

export const readEntries = (reader: Reader, limits: CodecLimits): ReadonlyArray<Entry> => {
  const given = reader.u32("table size")
  if (given > limits.clients) {
    reader.fail(`a table of ${given} clients, at most ${limits.clients} are allowed`)
  }
  const size = reader.failed ? 0 : reader.count(given, entrySize, "entries")
  const table: Array<Entry> = []
  for (let k = 0; k < size && !reader.failed; k++) {
    const timestamp = reader.natural("timestamp")
    const result = reader.text(reader.u32("result length"), limits.result, "result")
    const seq = reader.natural("seq")
    table.push({ timestamp, result, seq, history: readHistory(reader) })
  }
  return table
}

const writeStable = (writer: Writer, { view, seq, digest, signers }: Stable): void => {
  writer.natural(view)
  writer.natural(seq)
  writer.digest(digest)
  writeSigners(writer, signers)
}

const readOrdered = (reader: Reader, limits: CodecLimits): OfKind<"Ordered"> => {
  const seq = reader.natural("seq")
  const view = reader.natural("view")
  const digest = reader.digest("digest")
  const history = reader.digest("history")
  const signed = reader.u8("whether the primary signed it")
  if (signed > 1) reader.fail(`${signed} is neither 0 nor 1`)
  const order = signed === 1 ? readSignature(reader) : undefined
  const { batch } = readSignedBatch(reader, limits)
  return { _tag: "Ordered", seq, slot: { view, batch, digest, history, order } }
}

const writeOrdered = (writer: Writer, { seq, slot }: OfKind<"Ordered">): void => {
  writer.natural(seq)
  writer.natural(slot.view)
  writer.digest(slot.digest)
  writer.digest(slot.history)
  writer.u8(slot.order === undefined ? 0 : 1)
  if (slot.order !== undefined) writeSignature(writer, slot.order)
  writeSignedBatch(writer, slot.batch)
}

const fixedSize = 256

class Session implements RecordSession<DurableRecord> {
  /** The batches of the log so far. */
  readonly #known = new Map<string, Requests>()

  readonly write = (writer: Writer, record: DurableRecord): void => {
    writer.reserve(fixedSize)
    writer.u8(kind[record._tag])
    switch (record._tag) {
      case "Ordered":
        this.#known.set(record.slot.digest, record.slot.batch)
        return writeOrdered(writer, record)
      case "Certified":
        return this.#writeCertified(writer, record.certificate)
      case "CheckpointTaken":
        writer.natural(record.seq)
        writer.digest(record.history)
        writer.digest(record.digest)
        writer.digest(record.service)
        return writeEntries(writer, record.table)
      case "CheckpointStable":
        return writeStable(writer, record.stable)
      case "ViewLeft":
        return writeViewChange(writer, record.viewChange)
      case "NewViewTaken":
        return writeNewView(writer, record.newView)
      case "ViewEntered":
      case "ViewConfirmed":
        return writer.natural(record.view)
      case "Rejoined":
        return writer.natural(record.incarnation)
    }
  }

  #writeCertified(writer: Writer, c: ShownCertificate): void {
    writer.natural(c.view)
    writer.natural(c.seq)
    writer.digest(c.history)
    writeSigners(writer, c.signers)
    writeHistory(writer, c.before)
    writer.reserve(4)
    writer.u32(c.batches.length)
    for (const { digest, batch } of c.batches) {
      writer.reserve(33)
      writer.digest(digest)
      writer.u8(this.#known.has(digest) ? 0 : 1)
      if (!this.#known.has(digest)) writeSignedBatch(writer, batch)
      this.#known.set(digest, batch)
    }
  }

  #readCertified(reader: Reader, limits: CodecLimits): OfKind<"Certified"> {
    const view = reader.natural("view")
    const seq = reader.natural("seq")
    const history = reader.digest("history")
    const signers = readSigners(reader, limits)
    const before = readHistory(reader)
    const given = reader.u32("number of batches")
    if (given > limits.log) reader.fail(`${given} batches, at most ${limits.log} are allowed`)
    const count = reader.failed ? 0 : reader.count(given, 33, "batches")
    const batches: Array<Covered> = []
    for (let k = 0; k < count && !reader.failed; k++) {
      batches.push(this.#readCovered(reader, limits))
    }
    const certificate = { view, seq, history, signers, before, batches }
    return { _tag: "Certified", certificate }
  }

  #readCovered(reader: Reader, limits: CodecLimits): Covered {
    const { at } = reader
    const digest = reader.digest("digest")
    const given = reader.u8("whether the batch is here")
    if (given > 1) reader.fail(`${given} is neither 0 nor 1`)
    const batch = given === 1 ? readSignedBatch(reader, limits).batch : this.#known.get(digest)
    if (given === 1 && !reader.failed && batchDigest(batch ?? []) !== digest) {
      reader.fail("another batch than its digest says", at)
    }
    if (batch === undefined) reader.fail("a batch that no record before has", at)
    this.#known.set(digest, batch ?? [])
    return { digest, batch: (batch ?? []).map(unsigned) }
  }

  readonly read = (reader: Reader, limits: CodecLimits): DurableRecord | BadMessage => {
    const { at } = reader
    const first = reader.u8("kind of record")
    const record = this.#readKnown(reader, first, limits)
    if (record === undefined) reader.fail(`${first} is no kind of record`, at)
    if (record === undefined || reader.failed) return reader.error()
    if (record._tag === "Ordered") this.#known.set(record.slot.digest, record.slot.batch)
    return record
  }

  #readKnown(reader: Reader, first: number, limits: CodecLimits): DurableRecord | undefined {
    switch (first) {
      case kind.Ordered:
        return readOrdered(reader, limits)
      case kind.Certified:
        return this.#readCertified(reader, limits)
      case kind.CheckpointTaken: {
        const seq = reader.natural("seq")
        const history = reader.digest("history")
        const digest = reader.digest("digest")
        const service = reader.digest("digest of the service")
        const table = readEntries(reader, limits)
        return { _tag: "CheckpointTaken", seq, history, digest, service, table }
      }
      case kind.CheckpointStable: {
        const view = reader.natural("view")
        const seq = reader.natural("seq")
        const digest = reader.digest("digest of a checkpoint")
        const stable = { view, seq, digest, signers: readSigners(reader, limits) }
        return { _tag: "CheckpointStable", stable }
      }
      case kind.ViewLeft:
        return { _tag: "ViewLeft", viewChange: readViewChange(reader, limits) }
      case kind.NewViewTaken:
        return { _tag: "NewViewTaken", newView: readNewView(reader, limits) }
      case kind.ViewEntered:
        return { _tag: "ViewEntered", view: reader.natural("view") }
      case kind.ViewConfirmed:
        return { _tag: "ViewConfirmed", view: reader.natural("view") }
      case kind.Rejoined:
        return { _tag: "Rejoined", incarnation: reader.natural("incarnation") }
      default:
        return undefined
    }
  }
}

/** The records of one log, from its first on. */
export const zyzzyvaRecordSession = (): RecordSession<DurableRecord> => new Session()
