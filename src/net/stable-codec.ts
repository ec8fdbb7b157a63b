/**
 * The question how far the others are, and its answer, as bytes: for a replica that is recovered
 * (src/core/pbft/recover.ts).
 *
 * Outside the specification: bytes. Messages are values there.
 */
import type { QueryStable, ReplyStable } from "../core/pbft/message.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** Their first bytes. */
export const stableKind = { QueryStable: 21, ReplyStable: 22 } as const

export const writeStable = (writer: Writer, m: QueryStable | ReplyStable): void => {
  writer.u8(stableKind[m._tag])
  writer.natural(m.incarnation)
  writer.natural(m.replica)
  if (m._tag === "QueryStable") return
  writer.natural(m.recovering)
  writer.natural(m.checkpoint)
  writer.natural(m.prepared)
}

/** Reads the one that the next byte says. */
export const readStable = (reader: Reader): QueryStable | ReplyStable => {
  const kind = reader.u8("kind")
  const incarnation = reader.natural("incarnation")
  const replica = reader.natural("replica")
  if (kind === stableKind.QueryStable) return { _tag: "QueryStable", incarnation, replica }
  const recovering = reader.natural("replica that asked")
  const checkpoint = reader.natural("checkpoint")
  const prepared = reader.natural("prepared")
  return { _tag: "ReplyStable", recovering, incarnation, checkpoint, prepared, replica }
}
