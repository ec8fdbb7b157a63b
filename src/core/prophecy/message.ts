import { Schema } from "effect"
import { BytesText, Natural } from "../request.ts"

/** A sketcher has one replica read: for a request whose result it has a sketch of (section 3). */
export const FastRead = Schema.TaggedStruct("FastRead", {
  sketcher: Natural,
  /** The sketcher's own, never used again. */
  id: Natural,
  operation: BytesText,
})
export type FastRead = typeof FastRead.Type

/** A replica's answer, from the state that it has. */
export const FastReply = Schema.TaggedStruct("FastReply", {
  sketcher: Natural,
  id: Natural,
  replica: Natural,
  result: BytesText,
})
export type FastReply = typeof FastReply.Type
