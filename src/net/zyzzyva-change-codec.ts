/**
 * What a change of views says in Zyzzyva, as bytes; the rules of src/net/codec.ts hold. Batches
 * stand once each before what speaks of them, in the order in which they are spoken of; a digest is
 * not written where its batch is, so that none can be another's. Lists ascend, without repetition.
 *
 *     batches     = u32(count) batch*
 *     signers     = u16(count) (replica signature)*
 *     place       = view seq history
 *     stable      = view seq digest signers
 *     order       = place u32(batch)
 *     certificate = place signers before u32(count) u32(batch)*
 *     change      = view stable u32(count) order* u32(count) certificate* signers replica
 *                   (00 | 01 incarnation) signature
 *     view-change = 46h batches change
 *     new-view    = 47h view batches u16(count) change* signature
 *
 * Outside the specification: bytes. Messages are values there.
 */
import type { Bytes } from "../core/ids.ts"
import { type SignedRequest, unsigned } from "../core/request.ts"
import type {
  LastOrder,
  NewView,
  ShownCertificate,
  Signer,
  Stable,
  ViewChange,
} from "../core/zyzzyva/message.ts"
import { type CodecLimits, readRequest, writeBatch } from "./batch-codec.ts"
import { digestOfBatchBytes } from "./digests.ts"
import { Reader } from "./reader.ts"
import { Writer } from "./writer.ts"

export const zyzzyvaChangeKind = { ViewChange: 0x46, NewView: 0x47 } as const

/** Bytes of an Ed25519 signature (RFC 8032). */
export const signatureSize = 64

export const writeSignature = (writer: Writer, signature: string): void => {
  writer.reserve(signatureSize)
  writer.text(signature)
}

export const readSignature = (reader: Reader): string =>
  reader.text(signatureSize, signatureSize, "signature")

/** The digest of a history; that of no batch is the empty text. */
export const writeHistory = (writer: Writer, history: string): void => {
  writer.reserve(33)
  writer.u8(history === "" ? 0 : 1)
  if (history !== "") writer.digest(history)
}

export const readHistory = (reader: Reader): string => {
  const given = reader.u8("whether there is a history")
  if (given > 1) reader.fail(`${given} is neither 0 nor 1`)
  return given === 1 ? reader.digest("history") : ""
}

export const writeSigners = (writer: Writer, signers: ReadonlyArray<Signer>): void => {
  writer.reserve(2 + signers.length * (8 + signatureSize))
  writer.u16(signers.length)
  for (const { replica, signature } of signers) {
    writer.natural(replica)
    writer.text(signature)
  }
}

export const readSigners = (reader: Reader, { replicas }: CodecLimits): ReadonlyArray<Signer> => {
  const given = reader.u16("number of signers")
  if (given > replicas) reader.fail(`${given} signers, at most ${replicas} are allowed`)
  const count = reader.failed ? 0 : reader.count(given, 8 + signatureSize, "signers")
  const signers: Array<Signer> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    const { at } = reader
    const replica = reader.natural("replica")
    const last = signers.at(-1)
    if (last !== undefined && last.replica >= replica) reader.fail("signers out of order", at)
    signers.push({ replica, signature: readSignature(reader) })
  }
  return signers
}

type Digested = ShownCertificate["batches"][number]

/** The batches of some messages, each once, and where each stands. */
class BatchList {
  readonly all: Array<Digested> = []
  readonly #at = new Map<string, number>()

  constructor(changes: ReadonlyArray<Omit<ViewChange, "signature">>) {
    for (const { orders, certificates } of changes) {
      for (const order of orders) this.#add(order)
      for (const { batches } of certificates) for (const batch of batches) this.#add(batch)
    }
  }

  #add({ digest, batch }: Digested): void {
    if (this.#at.has(digest)) return
    this.#at.set(digest, this.all.length)
    this.all.push({ digest, batch })
  }

  placeOf({ digest }: { readonly digest: string }): number {
    return this.#at.get(digest) as number
  }
}

const writeBatches = (writer: Writer, { all }: BatchList): void => {
  writer.reserve(4)
  writer.u32(all.length)
  for (const { batch } of all) writeBatch(writer, batch)
}

const smallestBatch = 3

const readBatch = (reader: Reader, limits: CodecLimits): Digested => {
  const { at: from } = reader
  if (reader.u8("batch") !== 2) reader.fail("no batch", from)
  const given = reader.u16("batch size")
  if (given > limits.batch) {
    reader.fail(`a batch of ${given} requests, at most ${limits.batch} are allowed`)
  }
  const count = reader.failed ? 0 : reader.count(given, 21, "requests")
  const batch: Array<SignedRequest> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    batch.push(unsigned(readRequest(reader, limits)))
  }
  if (reader.failed) return { digest: "", batch }
  return { digest: digestOfBatchBytes(reader.bytes, from, reader.at), batch }
}

/** The batches that were read, of which each must be spoken of, in their order. */
class ReadBatches {
  readonly #reader: Reader
  readonly #all: ReadonlyArray<Digested>
  #spoken = 0

  constructor(reader: Reader, limits: CodecLimits) {
    this.#reader = reader
    const count = reader.count(reader.u32("number of batches"), smallestBatch, "batches")
    const all: Array<Digested> = []
    const seen = new Set<string>()
    for (let k = 0; k < count && !reader.failed; k++) {
      const { at } = reader
      const next = readBatch(reader, limits)
      if (seen.has(next.digest)) reader.fail("a batch twice", at)
      seen.add(next.digest)
      all.push(next)
    }
    this.#all = all
  }

  next(): Digested {
    const { at } = this.#reader
    const place = this.#reader.u32("place of a batch")
    const found = this.#all[place]
    if (found === undefined || place > this.#spoken) {
      this.#reader.fail(`${place} is not the place of a batch that comes next`, at)
    }
    this.#spoken = Math.max(this.#spoken, place + 1)
    return found ?? { digest: "", batch: [] }
  }

  end(): void {
    if (this.#spoken < this.#all.length) this.#reader.fail("a batch that nothing speaks of")
  }
}

const writePlace = (
  writer: Writer,
  { view, seq, history }: { readonly view: number; readonly seq: number; readonly history: string },
): void => {
  writer.reserve(16)
  writer.natural(view)
  writer.natural(seq)
  writeHistory(writer, history)
}

const readPlace = (reader: Reader) => {
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  return { view, seq, history: readHistory(reader) }
}

const writeStable = (writer: Writer, { view, seq, digest, signers }: Stable): void => {
  writer.reserve(16 + 32)
  writer.natural(view)
  writer.natural(seq)
  writer.digest(digest)
  writeSigners(writer, signers)
}

const readStable = (reader: Reader, limits: CodecLimits): Stable => {
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  const digest = reader.digest("digest of a checkpoint")
  return { view, seq, digest, signers: readSigners(reader, limits) }
}

/** A stable checkpoint with who vouched for it, as bytes by themselves. */
export const stableText = (stable: Stable): Bytes => {
  const writer = new Writer(1024)
  writeStable(writer, stable)
  return writer.written().toString("latin1")
}

/** The checkpoint that the bytes are; undefined when they are none. */
export const readStableText = (text: Bytes, limits: CodecLimits): Stable | undefined => {
  const reader = new Reader(Buffer.from(text, "latin1"))
  const stable = readStable(reader, limits)
  return reader.failed || reader.left > 0 ? undefined : stable
}

/** What stands for a batch: its place among the batches, or in what is signed its digest. */
type WriteRef = (batch: { readonly digest: string }) => void

const writeChange = (writer: Writer, m: Omit<ViewChange, "signature">, ref: WriteRef): void => {
  writer.reserve(8)
  writer.natural(m.view)
  writeStable(writer, m.stable)
  writer.reserve(4)
  writer.u32(m.orders.length)
  for (const order of m.orders) {
    writePlace(writer, order)
    ref(order)
  }
  writer.reserve(4)
  writer.u32(m.certificates.length)
  for (const certificate of m.certificates) {
    writePlace(writer, certificate)
    writeSigners(writer, certificate.signers)
    writeHistory(writer, certificate.before)
    writer.reserve(4)
    writer.u32(certificate.batches.length)
    for (const batch of certificate.batches) ref(batch)
  }
  writeSigners(writer, m.accusers)
  writer.reserve(17)
  writer.natural(m.replica)
  writer.u8(m.incarnation === undefined ? 0 : 1)
  if (m.incarnation !== undefined) writer.natural(m.incarnation)
}

const placing =
  (writer: Writer, batches: BatchList): WriteRef =>
  (batch) => {
    writer.reserve(4)
    writer.u32(batches.placeOf(batch))
  }

/** What a VIEW-CHANGE's signature covers. */
export const writeUnsignedViewChange = (writer: Writer, m: Omit<ViewChange, "signature">): void =>
  writeChange(writer, m, ({ digest }) => {
    writer.reserve(32)
    writer.digest(digest)
  })

/** What a NEW-VIEW's signature covers. */
export const writeUnsignedNewView = (writer: Writer, m: Omit<NewView, "signature">): void => {
  writer.reserve(10)
  writer.natural(m.view)
  writer.u16(m.changes.length)
  for (const change of m.changes) {
    writeUnsignedViewChange(writer, change)
    writeSignature(writer, change.signature)
  }
}

export const writeViewChange = (writer: Writer, m: ViewChange): void => {
  const batches = new BatchList([m])
  writer.reserve(1)
  writer.u8(zyzzyvaChangeKind.ViewChange)
  writeBatches(writer, batches)
  writeChange(writer, m, placing(writer, batches))
  writeSignature(writer, m.signature)
}

export const writeNewView = (writer: Writer, m: NewView): void => {
  const batches = new BatchList(m.changes)
  writer.reserve(9)
  writer.u8(zyzzyvaChangeKind.NewView)
  writer.natural(m.view)
  writeBatches(writer, batches)
  writer.reserve(2)
  writer.u16(m.changes.length)
  for (const change of m.changes) {
    writeChange(writer, change, placing(writer, batches))
    writeSignature(writer, change.signature)
  }
  writeSignature(writer, m.signature)
}

const orderSize = 16 + 1 + 4
const certificateSize = 16 + 1 + 2 + 1 + 4

const readOrders = (
  reader: Reader,
  batches: ReadBatches,
  { log }: CodecLimits,
): ReadonlyArray<LastOrder> => {
  const given = reader.u32("number of orders")
  if (given > log) reader.fail(`${given} orders, at most ${log} are allowed`)
  const count = reader.failed ? 0 : reader.count(given, orderSize, "orders")
  const orders: Array<LastOrder> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    const { at } = reader
    const place = readPlace(reader)
    const last = orders.at(-1)
    if (last !== undefined && last.seq >= place.seq) reader.fail("orders out of order", at)
    orders.push({ ...place, ...batches.next() })
  }
  return orders
}

const readCertificates = (
  reader: Reader,
  batches: ReadBatches,
  limits: CodecLimits,
): ReadonlyArray<ShownCertificate> => {
  const given = reader.u32("number of certificates")
  if (given > limits.log) reader.fail(`${given} certificates, at most ${limits.log} are allowed`)
  const count = reader.failed ? 0 : reader.count(given, certificateSize, "certificates")
  const certificates: Array<ShownCertificate> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    const { at } = reader
    const place = readPlace(reader)
    const last = certificates.at(-1)
    if (last !== undefined && last.seq >= place.seq) reader.fail("certificates out of order", at)
    const signers = readSigners(reader, limits)
    const before = readHistory(reader)
    const many = reader.u32("number of batches")
    if (many > limits.log) reader.fail(`${many} batches, at most ${limits.log} are allowed`)
    const covered = reader.failed ? 0 : reader.count(many, 4, "batches")
    const shown = Array.from({ length: covered }, () => batches.next())
    certificates.push({ ...place, signers, before, batches: shown })
  }
  return certificates
}

const readChange = (reader: Reader, batches: ReadBatches, limits: CodecLimits): ViewChange => {
  const view = reader.natural("view")
  const stable = readStable(reader, limits)
  const orders = readOrders(reader, batches, limits)
  const certificates = readCertificates(reader, batches, limits)
  const accusers = readSigners(reader, limits)
  const replica = reader.natural("replica")
  const back = reader.u8("whether it came back")
  if (back > 1) reader.fail(`${back} is neither 0 nor 1`)
  const incarnation = back === 1 ? { incarnation: reader.natural("incarnation") } : {}
  const signature = readSignature(reader)
  const content = { view, stable, orders, certificates, accusers, replica, ...incarnation }
  return { _tag: "ViewChange", ...content, signature }
}

/** Reads what follows; the caller has seen the kind. */
export const readViewChange = (reader: Reader, limits: CodecLimits): ViewChange => {
  reader.u8("kind")
  const batches = new ReadBatches(reader, limits)
  const change = readChange(reader, batches, limits)
  batches.end()
  return change
}

/** The same of a NEW-VIEW. */
export const readNewView = (reader: Reader, limits: CodecLimits): NewView => {
  reader.u8("kind")
  const view = reader.natural("view")
  const batches = new ReadBatches(reader, limits)
  const given = reader.u16("number of VIEW-CHANGEs")
  if (given > limits.replicas) {
    reader.fail(`${given} VIEW-CHANGEs, at most ${limits.replicas} are allowed`)
  }
  const changes: Array<ViewChange> = []
  for (let k = 0; k < given && !reader.failed; k++) {
    const { at } = reader
    const next = readChange(reader, batches, limits)
    const last = changes.at(-1)
    if (last !== undefined && last.replica >= next.replica) {
      reader.fail("VIEW-CHANGEs out of order", at)
    }
    changes.push(next)
  }
  batches.end()
  return { _tag: "NewView", view, changes, signature: readSignature(reader) }
}
