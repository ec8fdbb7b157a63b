/** What the checkers say of a history of one object. */
import type { Consistency, HistoryEvent } from "../../../src/consistency/call.ts"
import { HistoryChecker } from "../../../src/consistency/checker.ts"
import { type Model, register } from "../../../src/consistency/model.ts"
import { HistoryReader } from "../../../src/consistency/reader.ts"
import { Search } from "../../../src/consistency/search.ts"

export const limits = { mostPossibilities: 2_000, mostKept: 10_000, mostObjects: 1_000 }

/** The line of the first bad event; 0 when there is none, undefined where a limit was met. */
export const firstBad = (
  events: ReadonlyArray<HistoryEvent>,
  consistency: Consistency,
  model: Model = register,
): number | undefined => {
  const checker = new HistoryChecker({ ...limits, consistency, model })
  const at = events.findIndex((event) => checker.take(event) !== undefined)
  return checker.gaveUp === undefined ? at + 1 : undefined
}

/** The same by the general search alone. */
export const firstBadBySearch = (
  events: ReadonlyArray<HistoryEvent>,
  consistency: Consistency,
  model: Model = register,
): number | undefined => {
  const search = new Search({ consistency, model, limit: limits.mostPossibilities })
  for (const [k, event] of events.entries()) {
    const problem = search.take(event)
    if (problem !== undefined) return problem === "limit" ? undefined : k + 1
  }
  return 0
}

/**
 * Reads a history in short form, one event a word: `1w5` process 1 begins to write 5, `2r` process
 * 2 begins to read, `1!` it is ok, `2=5` it returned 5, with `r` (replicated) or `f` (fast) after
 * it, `2?` nobody knows, `2x` it failed; a key other than x stands first, as in `y:2r`.
 */
export const short = (text: string): ReadonlyArray<HistoryEvent> => {
  const reader = new HistoryReader(register)
  const begun = new Map<
    string,
    { readonly f: string; readonly key: string; readonly value: unknown }
  >()
  return text
    .trim()
    .split(/\s+/)
    .map((word, index) => {
      const [, key = "x", process = "", what = "", rest = ""] =
        /^(?:(\w+):)?(\d+)([wr!=?x])(.*)$/.exec(word) ?? []
      const line = { index, time: index + 1, process: Number(process) }
      if (what === "w" || what === "r") {
        const f = what === "w" ? "write" : "read"
        const value = what === "w" ? JSON.parse(rest) : null
        begun.set(process, { f, key, value })
        return eventOf(reader, { ...line, type: "invoke", f, key, value })
      }
      const call = begun.get(process)
      const type = what === "?" ? "info" : what === "x" ? "fail" : "ok"
      if (what !== "=") return eventOf(reader, { ...line, type, ...call })
      const [, value = "null", told = ""] = /^(.*?)([rf]?)$/.exec(rest) ?? []
      const path = told === "" ? {} : { path: told === "r" ? "replicated" : "fast" }
      return eventOf(reader, { ...line, type, ...call, value: JSON.parse(value), ...path })
    })
}

const eventOf = (reader: HistoryReader, fields: object): HistoryEvent => {
  const event = reader.next(JSON.stringify(fields))
  if ("bad" in event) throw new Error(`${event.bad}: ${JSON.stringify(fields)}`)
  return event
}
