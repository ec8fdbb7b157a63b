/**
 * What a sketcher is asked, and what becomes of it.
 *
 * Outside the specification: why an answer took the way it did, and what is told to whoever asked.
 */
import { Data } from "effect"
import type { Bytes, ReplicaId } from "../core/ids.ts"
import { isBefore, type Position } from "../core/prophecy/position.ts"
import type { Sketch } from "../core/prophecy/sketch-table.ts"
import { type Difference, differenceText } from "./answer-watch.ts"

/** Why the whole group was asked. */
export type Reason =
  | "write"
  | "no-sketch"
  | "fresh"
  | "session"
  | "suspected"
  | "mismatch"
  | "timeout"
  | "proxied"

/** Who answered: one replica, or the group. */
export type Way =
  | { readonly path: "fast"; readonly replica: ReplicaId }
  | { readonly path: "replicated"; readonly reason: Reason }

export interface Outcome {
  readonly result: Bytes
  /** What comes after `result`, where the answer is large: it is verified as it comes. */
  readonly rest?: AsyncIterable<Bytes>
  /** Where in the agreed order the answer is from. */
  readonly position: Position
  readonly way: Way
}

/** Enough equal answers cannot come: what the replicas' answers differ in. */
export class AnswersDiffer extends Data.TaggedError("AnswersDiffer")<{
  readonly differences: ReadonlyArray<Difference>
}> {
  override get message(): string {
    return this.differences.map(differenceText).join("; ")
  }
}

export type Done = (outcome: Outcome | AnswersDiffer) => void

export interface Read {
  /** All that the result depends on. */
  readonly key: Bytes
  readonly operation: Bytes
  readonly fresh: boolean
  /** No state before this one may answer. */
  readonly after: Position
}

/** Why the machine would have this read replicated, in a word for people. */
export const reasonOf = (
  {
    fresh,
    after,
    drawn,
  }: Pick<Read, "fresh" | "after"> & {
    readonly drawn: ReplicaId | undefined
  },
  known: Sketch | undefined,
  sketches: boolean,
): Reason => {
  if (!sketches) return "proxied"
  if (fresh) return "fresh"
  if (known === undefined) return "no-sketch"
  if (isBefore(known.position, after)) return "session"
  return drawn === undefined ? "suspected" : "mismatch"
}
