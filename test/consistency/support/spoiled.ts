/** Histories with one thing changed. */
import { randomFrom } from "../../../bench/ideal-sketcher.ts"
import type { HistoryEvent } from "../../../src/consistency/call.ts"

/** The history with one thing changed: a result, a path, or two lines in each other's place. */
export const spoiled = (
  events: ReadonlyArray<HistoryEvent>,
  seed: number,
): ReadonlyArray<HistoryEvent> => {
  const random = randomFrom(seed)
  const ends = events.flatMap((e, at) =>
    "ended" in e && e.ended.type === "ok" && e.ended.call.isRead ? [{ at, ended: e.ended }] : [],
  )
  const one = ends[random(Math.max(1, ends.length))]
  const other = ends[random(Math.max(1, ends.length))]
  if (one === undefined || other === undefined) return events
  const copy = [...events]
  const result = other.ended.result
  switch (random(3)) {
    case 0:
      copy[one.at] = { ended: { ...one.ended, result } }
      return copy
    case 1:
      copy[one.at] = {
        ended: { ...one.ended, path: one.ended.path === "fast" ? "replicated" : "fast" },
      }
      return copy
    default:
      copy[one.at] = { ended: { ...one.ended, result, path: "replicated" } }
      return copy
  }
}
