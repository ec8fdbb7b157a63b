/** Histories of one register as events, written by hand, counted out, or drawn. */
import type { Call, HistoryEvent, Path } from "../../../src/consistency/call.ts"
import { type Json, jsonText } from "../../../src/consistency/json.ts"

/** What one operation of a register is, and how it ends. */
export interface Kind {
  readonly write?: Json
  readonly end: "ok" | "fail" | "info" | "none"
  /** Of a read that ends well. */
  readonly result?: Json
  readonly path?: Path
}

export const callOf = (line: number, { write }: Kind, process = String(line), key = "x"): Call => ({
  line,
  index: line - 1,
  process,
  object: key,
  request: key,
  operation: write === undefined ? { get: null } : { put: write },
  written: write === undefined ? undefined : jsonText(write),
  isRead: write === undefined,
})

const ended = (call: Call, kind: Kind, line: number): HistoryEvent => {
  const type = kind.end === "none" ? "info" : kind.end
  const result =
    type === "ok" ? (call.isRead ? jsonText(kind.result ?? null) : undefined) : undefined
  return { ended: { call, line, type, result, path: kind.path ?? "unknown" } }
}

/**
 * The events of these operations in this order: `order` names each by its place, the first time
 * for its invocation and the second time for its end.
 */
export const historyOf = (
  kinds: ReadonlyArray<Kind>,
  order: ReadonlyArray<number>,
): ReadonlyArray<HistoryEvent> => {
  const calls = new Map<number, Call>()
  return order.map((k, i) => {
    const kind = kinds[k] as Kind
    const call = calls.get(k)
    if (call !== undefined) return ended(call, kind, i + 1)
    const begun = callOf(i + 1, kind)
    calls.set(k, begun)
    return { begun }
  })
}

/** Every order in which operations begin one after the other and end at any time, or never. */
export function* interleavings(
  kinds: ReadonlyArray<Kind>,
  begun = 0,
  running: ReadonlyArray<number> = [],
): Generator<ReadonlyArray<number>> {
  if (begun === kinds.length && running.length === 0) yield []
  const kind = kinds[begun]
  if (kind !== undefined) {
    const next = kind.end === "none" ? running : [...running, begun]
    for (const rest of interleavings(kinds, begun + 1, next)) yield [begun, ...rest]
  }
  for (const k of running) {
    const others = running.filter((r) => r !== k)
    for (const rest of interleavings(kinds, begun, others)) yield [k, ...rest]
  }
}

/** Every sequence of so many kinds. */
export function* sequences<A>(all: ReadonlyArray<A>, length: number): Generator<ReadonlyArray<A>> {
  if (length === 0) yield []
  else for (const rest of sequences(all, length - 1)) for (const a of all) yield [a, ...rest]
}

const paths: ReadonlyArray<Path> = ["replicated", "fast", "unknown"]

/** What an operation on a register may be, with these written values. */
export const kindsOf = (
  values: ReadonlyArray<Json>,
  ends: ReadonlyArray<Kind["end"]>,
  readPaths = paths,
): ReadonlyArray<Kind> => [
  ...values.flatMap((write) => ends.map((end) => ({ write, end }))),
  ...[null, ...values].flatMap((result) =>
    readPaths.map((path) => ({ end: "ok" as const, result, path })),
  ),
  ...ends.filter((end) => end !== "ok").map((end) => ({ end })),
]
