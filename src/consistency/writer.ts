/** A history's events as lines that reader.ts reads. */
import { type HistoryEvent, lineOf } from "./call.ts"
import type { Json } from "./json.ts"
import { type Model, register } from "./model.ts"

/** The line of an event at this time, in nanoseconds. */
export const historyLine = (event: HistoryEvent, time: number, model: Model): string => {
  const ended = "ended" in event ? event.ended : undefined
  const call = "begun" in event ? event.begun : event.ended.call
  const type = ended?.type ?? "invoke"
  const index = ended === undefined ? call.index : lineOf(event) - 1
  const head = { index, time, process: JSON.parse(call.process) as Json, type }
  const path = ended === undefined || ended.path === "unknown" ? {} : { path: ended.path }
  const result = JSON.parse(ended?.result ?? "null") as Json
  if (model !== register) {
    const names = {
      object: JSON.parse(call.object) as Json,
      request: JSON.parse(call.request) as Json,
    }
    return JSON.stringify({ ...head, ...names, op: call.operation, result, ...path })
  }
  const f = call.isRead ? "read" : "write"
  const value = call.isRead ? result : (JSON.parse(call.written ?? "null") as Json)
  return JSON.stringify({ ...head, f, key: JSON.parse(call.object) as Json, value, ...path })
}
