/**
 * What a replica of Zyzzyva has read, as bytes: see zyzzyva-codec.ts.
 *
 * Outside the specification: bytes. Messages are values there.
 */
import type { ReadResponse } from "../core/zyzzyva/message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"
import { readHistory, writeHistory } from "./zyzzyva-change-codec.ts"

/** What it may bear; a bit each. */
const marks = { committed: 1, witness: 2 } as const

/** The largest size beside the result. */
const fixedSize = 64

/** Appends it; the kind of message is written before. */
export const writeReadResponse = (writer: Writer, m: ReadResponse): void => {
  writer.natural(m.view)
  writer.natural(m.seq)
  writeHistory(writer, m.history)
  writer.reserve(fixedSize + m.result.length)
  writer.natural(m.client)
  writer.natural(m.timestamp)
  writer.natural(m.replica)
  writer.u32(m.result.length)
  writer.text(m.result)
  writer.u8((m.committed === true ? marks.committed : 0) + (m.witness === true ? marks.witness : 0))
}

/** Reads it; the kind of message was read before. */
export const readReadResponse = (reader: Reader, limits: CodecLimits): ReadResponse => {
  const view = reader.natural("view")
  const seq = reader.natural("seq")
  const history = readHistory(reader)
  const client = reader.natural("client")
  const timestamp = reader.natural("timestamp")
  const replica = reader.natural("replica")
  const result = reader.text(reader.u32("result length"), limits.result, "result")
  const given = reader.u8("marks")
  if (given > marks.committed + marks.witness) reader.fail(`${given} is no set of marks`)
  const committed = (given & marks.committed) > 0 ? { committed: true as const } : {}
  const witness = (given & marks.witness) > 0 ? { witness: true as const } : {}
  const said = { ...committed, client, timestamp, result, ...witness, replica }
  return { _tag: "ReadResponse", view, seq, history, ...said }
}
