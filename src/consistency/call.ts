/**
 * One operation of a client, and what it saw of it. Real time is the order of the lines: `a` is
 * over before `b` begins when a's ok stands before b's invoke.
 */
import type { Json } from "./json.ts"

/** How a read was answered, as far as the history tells. */
export type Path = "replicated" | "fast" | "unknown"

export type Consistency = "linearizable" | "delay-once"

export interface Call {
  /** The line of its invocation, from 1; it names the operation. */
  readonly line: number
  /** The number in the line's `index`. */
  readonly index: number
  /** As the history writes it. */
  readonly process: string
  /** The service that it is of: orders are per object. */
  readonly object: string
  /** What a sketch is kept for; for a register the same as the object. */
  readonly request: string
  readonly operation: Json
  /** The value that a register's write writes, as text; undefined for a read. */
  readonly written: string | undefined
  /** Whether it leaves the state as it is. Only a read can be fast. */
  readonly isRead: boolean
}

/** An operation is over. */
export interface Completion {
  readonly call: Call
  readonly line: number
  /** `fail`: it did not happen. `info`: nobody knows. */
  readonly type: "ok" | "fail" | "info"
  /** The result as text; undefined when there is none to compare. */
  readonly result: string | undefined
  readonly path: Path
}

export type HistoryEvent = { readonly begun: Call } | { readonly ended: Completion }

export const lineOf = (event: HistoryEvent): number =>
  "begun" in event ? event.begun.line : event.ended.line
