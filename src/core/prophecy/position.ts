/**
 * Where in the agreed order an operation was executed, and results that say so: rule I1 of
 * spec/README.md. A replica puts the position before the result, so that it is inside what must
 * match, is kept with the result for repeated requests, and is covered by checkpoints.
 */
import type { Bytes, Seq } from "../ids.ts"

export interface Position {
  readonly seq: Seq
  /** From 0, among the operations of the batch that were executed. */
  readonly place: number
}

/** Before every operation. */
export const nowhere: Position = { seq: 0, place: 0 }

export const isBefore = (one: Position, other: Position): boolean =>
  one.seq < other.seq || (one.seq === other.seq && one.place < other.place)

export const latest = (one: Position, other: Position): Position =>
  isBefore(one, other) ? other : one

export interface Placed {
  readonly position: Position
  readonly result: Bytes
}

/** A result with its position, as a replica sends it. */
export const encodePlaced = ({ position, result }: Placed): Bytes =>
  `${position.seq}.${position.place}:${result}`

const placed = /^([1-9]\d{0,15})\.(0|[1-9]\d{0,15}):/

/** The result and its position; a result that has none comes from nowhere. */
export const decodePlaced = (bytes: Bytes): Placed => {
  const found = placed.exec(bytes)
  if (found === null) return { position: nowhere, result: bytes }
  const [head, seq, place] = found
  return {
    position: { seq: Number(seq), place: Number(place) },
    result: bytes.slice(head.length),
  }
}
