/**
 * SKETCH-READ and SKETCH-REPLY of D-Prophecy as bytes. They follow messages of PBFT in a frame and
 * never reach its `step`.
 *
 * Outside the specification: bytes. Messages are values there.
 */
import type { SketchRead, SketchReply } from "../core/prophecy/d-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** The first byte of each; no other message starts so. */
export const sketchKind = { SketchRead: 40, SketchReply: 41 } as const

/** Digests are longer where a result has chunks; of a result that fits into a frame at most so. */
const longestDigest = 64 * 1024

export const writeSketchRead = (writer: Writer, m: SketchRead): void => {
  writer.reserve(29 + m.operation.length)
  writer.u8(sketchKind.SketchRead)
  writer.natural(m.client)
  writer.natural(m.id)
  writer.natural(m.executor)
  writer.u32(m.operation.length)
  writer.text(m.operation)
}

/** Reads what follows; the caller has seen the kind. */
export const readSketchRead = (reader: Reader, limits: CodecLimits): SketchRead => {
  reader.u8("kind")
  const client = reader.natural("client")
  const id = reader.natural("id")
  const executor = reader.natural("executor")
  const operation = reader.text(reader.u32("operation length"), limits.operation, "operation")
  return { _tag: "SketchRead", client, id, operation, executor }
}

export const writeSketchReply = (writer: Writer, m: SketchReply): void => {
  writer.reserve(50 + m.digest.length + (m.result?.length ?? 0))
  writer.u8(sketchKind.SketchReply)
  writer.natural(m.client)
  writer.natural(m.id)
  writer.natural(m.replica)
  writer.natural(m.seq)
  writer.natural(m.place)
  writer.u32(m.digest.length)
  writer.text(m.digest)
  writer.u8(m.result === undefined ? 0 : 1)
  if (m.result === undefined) return
  writer.u32(m.result.length)
  writer.text(m.result)
}

/** Reads what follows; the caller has seen the kind. */
export const readSketchReply = (reader: Reader, limits: CodecLimits): SketchReply => {
  reader.u8("kind")
  const client = reader.natural("client")
  const id = reader.natural("id")
  const replica = reader.natural("replica")
  const seq = reader.natural("seq")
  const place = reader.natural("place")
  const digest = reader.text(reader.u32("digest length"), longestDigest, "digest")
  const hasResult = reader.u8("whether there is a result")
  if (hasResult > 1) reader.fail("whether there is a result is 0 or 1")
  const result =
    hasResult === 1 ? reader.text(reader.u32("result length"), limits.result, "result") : undefined
  return { _tag: "SketchReply", client, id, replica, digest, seq, place, result }
}
