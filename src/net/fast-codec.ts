/**
 * FAST-READ, FAST-REPLY and its chunks as bytes, between a sketcher and a replica. They follow
 * messages of PBFT in a frame and never reach its `step`.
 *
 * Outside the specification: bytes. Messages are values there.
 */
import type { Bytes } from "../core/ids.ts"
import { chunkBytes } from "../core/prophecy/chunks.ts"
import type { FastRead, FastReply } from "../core/prophecy/message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** A part of a large FAST-REPLY: its result in chunks, in their order (core/prophecy/chunks.ts). */
export interface FastChunk {
  readonly sketcher: number
  readonly id: number
  readonly replica: number
  /** From 0. */
  readonly index: number
  readonly isLast: boolean
  readonly bytes: Bytes
}

/** The first byte of each; no other message starts so. */
export const fastKind = { FastRead: 32, FastReply: 33, FastChunk: 34 } as const

export const writeFastRead = (writer: Writer, m: FastRead): void => {
  writer.reserve(21 + m.operation.length)
  writer.u8(fastKind.FastRead)
  writer.natural(m.sketcher)
  writer.natural(m.id)
  writer.u32(m.operation.length)
  writer.text(m.operation)
}

/** Reads what follows; the caller has seen the kind. */
export const readFastRead = (reader: Reader, limits: CodecLimits): FastRead => {
  reader.u8("kind")
  const sketcher = reader.natural("sketcher")
  const id = reader.natural("id")
  const operation = reader.text(reader.u32("operation length"), limits.operation, "operation")
  return { _tag: "FastRead", sketcher, id, operation }
}

export const writeFastReply = (writer: Writer, m: FastReply): void => {
  writer.reserve(29 + m.result.length)
  writer.u8(fastKind.FastReply)
  writer.natural(m.sketcher)
  writer.natural(m.id)
  writer.natural(m.replica)
  writer.u32(m.result.length)
  writer.text(m.result)
}

/** Reads what follows; the caller has seen the kind. */
export const readFastReply = (reader: Reader, limits: CodecLimits): FastReply => {
  reader.u8("kind")
  const sketcher = reader.natural("sketcher")
  const id = reader.natural("id")
  const replica = reader.natural("replica")
  const result = reader.text(reader.u32("result length"), limits.result, "result")
  return { _tag: "FastReply", sketcher, id, replica, result }
}

export const writeFastChunk = (writer: Writer, m: FastChunk): void => {
  writer.reserve(34 + m.bytes.length)
  writer.u8(fastKind.FastChunk)
  writer.natural(m.sketcher)
  writer.natural(m.id)
  writer.natural(m.replica)
  writer.u32(m.index)
  writer.u8(m.isLast ? 1 : 0)
  writer.u32(m.bytes.length)
  writer.text(m.bytes)
}

/** Reads what follows; the caller has seen the kind. */
export const readFastChunk = (reader: Reader): FastChunk => {
  reader.u8("kind")
  const sketcher = reader.natural("sketcher")
  const id = reader.natural("id")
  const replica = reader.natural("replica")
  const index = reader.u32("index")
  const isLast = reader.u8("last") !== 0
  const bytes = reader.text(reader.u32("chunk length"), chunkBytes, "chunk")
  return { sketcher, id, replica, index, isLast, bytes }
}
