/**
 * Why a history is bad: the fewest operations that can be found that exclude each other, whatever
 * the others did. To leave an operation out is to say that nobody knows how it ended: then it binds
 * nothing, and a history that was good stays good. So what is still bad with the others left out is
 * bad because of what remains.
 */
import type { Completion, Consistency, HistoryEvent } from "./call.ts"
import type { Evidence } from "./evidence.ts"

export interface Explanation {
  /** The operation whose end is the first bad event. */
  readonly bad: Completion
  /** The operations against it, by their ends. */
  readonly against: ReadonlyArray<Completion>
  /** Why, in words. */
  readonly why: string
}

/** The history in which nobody knows how operations ended that are not kept. */
const weakened = (
  events: ReadonlyArray<HistoryEvent>,
  kept: ReadonlySet<number>,
): ReadonlyArray<HistoryEvent> =>
  events.map((event) =>
    "begun" in event || event.ended.type !== "ok" || kept.has(event.ended.call.line)
      ? event
      : { ended: { ...event.ended, type: "info", result: undefined, path: "unknown" } },
  )

/** Leaves out as many as it can: halves first, then quarters, down to single ones. */
const fewest = (
  lines: ReadonlyArray<number>,
  isEnough: (kept: ReadonlyArray<number>) => boolean,
): ReadonlyArray<number> => {
  let kept = lines
  for (
    let size = Math.ceil(lines.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (isEnough(fewer)) kept = fewer
      else from += size
    }
  }
  return kept
}

const whyOf = (
  bad: Completion,
  against: ReadonlyArray<Completion>,
  events: ReadonlyArray<HistoryEvent>,
  consistency: Consistency,
): string => {
  const { call, result, path, line, type } = bad
  if (type === "fail") return "it did not happen, and others have seen it"
  const isRegister = result !== undefined && call.isRead && call.object === call.request
  const written = events.some((e) => "begun" in e && e.begun.written === result)
  if (isRegister && against.length === 0 && result !== "null" && !written) {
    return `${result} had not been written before line ${line}, or nothing could read it any more`
  }
  if (consistency === "delay-once" && path === "fast" && against.length === 0) {
    return "no replicated read of this request that may have returned this began before it ended"
  }
  if (against.length === 0) return "no state that the service may have been in gives this result"
  return consistency === "linearizable"
    ? "no order of these operations respects real time and explains every answer"
    : "no order of the writes and replicated reads among these respects real time, explains every answer, and has a place for each fast read"
}

/** The last of the events is the bad one. */
export const explain = (
  { events, isBad }: Evidence,
  consistency: Consistency,
): Explanation | undefined => {
  const last = events.at(-1)
  if (last === undefined || "begun" in last) return undefined
  const bad = last.ended
  const ends = events.flatMap((e) => ("ended" in e && e.ended.type === "ok" ? [e.ended] : []))
  // Reads go first: a write says more by itself.
  const others = ends
    .filter((e) => e.call.line !== bad.call.line)
    .sort((a, b) => Number(b.call.isRead) - Number(a.call.isRead))
    .map((e) => e.call.line)
  const isEnough = (lines: ReadonlyArray<number>): boolean =>
    isBad(weakened(events, new Set([...lines, bad.call.line])))
  if (!isEnough(others)) return undefined
  const remaining = fewest(others, isEnough)
  const against = ends.filter((e) => remaining.includes(e.call.line))
  return { bad, against, why: whyOf(bad, against, events, consistency) }
}
