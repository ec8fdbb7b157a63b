/**
 * What a change of views says, as bytes; the rules of src/net/codec.ts hold. Sets come as lists in
 * one order, ascending and without repetition: another order is refused, so that a set has one
 * encoding, which is what is signed.
 *
 *     numbered    = seq digest                       entry = seq digest view
 *     view-change = 08 view low u32(count) numbered* u32(count) entry* u32(count) entry*
 *                   replica (00 | 01 incarnation) u8(length) signature
 *     new-view    = 09 view u16(count) view-change* numbered u32(count) numbered* replica
 *
 * Outside the specification: bytes. Messages are values there.
 */
import type { Entry, NewView, Numbered, ViewChange } from "../core/pbft/message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

export const changeKind = { ViewChange: 8, NewView: 9 } as const

/** Bytes of an Ed25519 signature (RFC 8032). */
export const signatureSize = 64

const numberedSize = 8 + 32
const entrySize = numberedSize + 8
/** Everything of a VIEW-CHANGE, or of a NEW-VIEW, beside its lists. */
const headSize = 128

/** How many digests a replica may have pre-prepared at a sequence number, on average. */
const digestsEach = 16

/** About the largest NEW-VIEW, in bytes: each replica pre-prepared two batches at each number. */
export const newViewBytes = (of: { readonly n: number; readonly logSize: number }): number =>
  of.n * (headSize + 4 * of.logSize * entrySize) + of.logSize * numberedSize + headSize

const writeNumbered = (writer: Writer, { seq, digest }: Numbered): void => {
  writer.natural(seq)
  writer.digest(digest)
}

const writeAllNumbered = (writer: Writer, all: ReadonlyArray<Numbered>): void => {
  writer.reserve(4 + numberedSize * all.length)
  writer.u32(all.length)
  for (const numbered of all) writeNumbered(writer, numbered)
}

const writeEntries = (writer: Writer, entries: ReadonlyArray<Entry>): void => {
  writer.reserve(4 + entrySize * entries.length)
  writer.u32(entries.length)
  for (const entry of entries) {
    writeNumbered(writer, entry)
    writer.natural(entry.view)
  }
}

/** What a VIEW-CHANGE's signature covers: all of it but the signature. */
export const writeUnsignedViewChange = (writer: Writer, m: ViewChange): void => {
  writer.reserve(headSize)
  writer.u8(changeKind.ViewChange)
  writer.natural(m.view)
  writer.natural(m.low)
  writeAllNumbered(writer, m.checkpoints)
  writeEntries(writer, m.prepared)
  writeEntries(writer, m.prePrepared)
  writer.reserve(headSize)
  writer.natural(m.replica)
  writer.u8(m.incarnation === undefined ? 0 : 1)
  if (m.incarnation !== undefined) writer.natural(m.incarnation)
}

/** With its signature: 64 bytes, or none where the edge is still to sign it. */
export const writeViewChange = (writer: Writer, m: ViewChange): void => {
  writeUnsignedViewChange(writer, m)
  writer.u8(m.signature.length)
  writer.text(m.signature)
}

/** What is signed of a NEW-VIEW: all but the signature itself, those inside included. */
export const writeUnsignedNewView = (writer: Writer, m: NewView): void => {
  writer.reserve(headSize)
  writer.u8(changeKind.NewView)
  writer.natural(m.view)
  writer.u16(m.changes.length)
  for (const change of m.changes) writeViewChange(writer, change)
  writer.reserve(headSize)
  writeNumbered(writer, m.start)
  writeAllNumbered(writer, m.chosen)
  writer.reserve(headSize)
  writer.natural(m.replica)
}

/** With its signature: 64 bytes, or none where the edge is still to sign it. */
export const writeNewView = (writer: Writer, m: NewView): void => {
  writeUnsignedNewView(writer, m)
  writer.reserve(1 + m.signature.length)
  writer.u8(m.signature.length)
  writer.text(m.signature)
}

const readNumbered = (reader: Reader): Numbered => {
  const seq = reader.natural("seq")
  return { seq, digest: reader.digest("digest") }
}

const readEntry = (reader: Reader): Entry => {
  const { seq, digest } = readNumbered(reader)
  return { seq, digest, view: reader.natural("view") }
}

const isBelow = (a: Numbered & { readonly view?: number }, b: typeof a): boolean => {
  if (a.seq !== b.seq) return a.seq < b.seq
  if (a.digest !== b.digest) return a.digest < b.digest
  return (a.view ?? 0) < (b.view ?? 0)
}

interface ListOf<A> {
  readonly what: string
  readonly size: number
  readonly limit: number
  readonly read: (reader: Reader) => A
}

const readList = <A extends Numbered>(reader: Reader, of: ListOf<A>): ReadonlyArray<A> => {
  const { what, size, limit } = of
  const given = reader.u32(`number of ${what}`)
  if (given > limit) reader.fail(`${given} ${what}, at most ${limit} are allowed`)
  const count = reader.failed ? 0 : reader.count(given, size, what)
  const all: Array<A> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    const { at } = reader
    const next = of.read(reader)
    const last = all.at(-1)
    if (last !== undefined && !isBelow(last, next)) reader.fail(`${what} out of order`, at)
    all.push(next)
  }
  return all
}

const readAllNumbered = (reader: Reader, what: string, limit: number): ReadonlyArray<Numbered> =>
  readList(reader, { what, size: numberedSize, limit, read: readNumbered })

const readEntries = (reader: Reader, what: string, limit: number): ReadonlyArray<Entry> =>
  readList(reader, { what, size: entrySize, limit, read: readEntry })

const readSignature = (reader: Reader): string => {
  const length = reader.u8("signature length")
  if (length !== 0 && length !== signatureSize) {
    reader.fail(`a signature of ${length} bytes, it has ${signatureSize}`)
  }
  return reader.text(reader.failed ? 0 : length, signatureSize, "signature")
}

export const readViewChange = (reader: Reader, { log }: CodecLimits): ViewChange => {
  const { at } = reader
  if (reader.u8("kind") !== changeKind.ViewChange) reader.fail("no VIEW-CHANGE", at)
  const view = reader.natural("view")
  const low = reader.natural("low watermark")
  const checkpoints = readAllNumbered(reader, "checkpoints", log + 1)
  const prepared = readEntries(reader, "prepared entries", log)
  const prePrepared = readEntries(reader, "pre-prepared entries", digestsEach * log)
  const replica = reader.natural("replica")
  const back = reader.u8("whether it once lost its disk")
  if (back > 1) reader.fail(`${back} is neither 0 nor 1`)
  const incarnation = back === 1 ? { incarnation: reader.natural("incarnation") } : {}
  const signature = readSignature(reader)
  const claims = { view, low, checkpoints, prepared, prePrepared, replica }
  return { _tag: "ViewChange", ...claims, ...incarnation, signature }
}

/** The least that a VIEW-CHANGE takes. */
const smallestViewChange = 1 + 8 + 8 + 4 + 4 + 4 + 8 + 1 + 1

const readChanges = (reader: Reader, limits: CodecLimits): ReadonlyArray<ViewChange> => {
  const given = reader.u16("number of VIEW-CHANGEs")
  if (given > limits.replicas) {
    reader.fail(`${given} VIEW-CHANGEs, at most ${limits.replicas} are allowed`)
  }
  const count = reader.failed ? 0 : reader.count(given, smallestViewChange, "VIEW-CHANGEs")
  const changes: Array<ViewChange> = []
  for (let k = 0; k < count && !reader.failed; k++) {
    const { at } = reader
    const next = readViewChange(reader, limits)
    const last = changes.at(-1)
    if (last !== undefined && last.replica >= next.replica) {
      reader.fail("VIEW-CHANGEs out of order", at)
    }
    changes.push(next)
  }
  return changes
}

export const readNewView = (reader: Reader, limits: CodecLimits): NewView => {
  const { at } = reader
  if (reader.u8("kind") !== changeKind.NewView) reader.fail("no NEW-VIEW", at)
  const view = reader.natural("view")
  const changes = readChanges(reader, limits)
  const start = readNumbered(reader)
  const chosen = readAllNumbered(reader, "chosen batches", limits.log)
  const replica = reader.natural("replica")
  const signature = readSignature(reader)
  return { _tag: "NewView", view, changes, start, chosen, replica, signature }
}
