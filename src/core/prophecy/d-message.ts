import { Schema } from "effect"
import { BytesText, Natural } from "../request.ts"

/**
 * A client asks every replica for its sketch of a read, and the executor for the
 * result too (section 5).
 */
export const SketchRead = Schema.TaggedStruct("SketchRead", {
  client: Natural,
  id: Natural,
  operation: BytesText,
  executor: Natural,
})
export type SketchRead = typeof SketchRead.Type

/** A replica's own sketch; without a digest it has none. Of the executor, the result as well. */
export const SketchReply = Schema.TaggedStruct("SketchReply", {
  client: Natural,
  id: Natural,
  replica: Natural,
  digest: Schema.String,
  seq: Natural,
  place: Natural,
  result: Schema.UndefinedOr(BytesText),
})
export type SketchReply = typeof SketchReply.Type
