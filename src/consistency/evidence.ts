/** What shows a violation: events of one object, and what judges parts of them. */
import { ByValue } from "./by-value.ts"
import type { Consistency, HistoryEvent } from "./call.ts"
import type { Search } from "./search.ts"

/** Whether these events are bad. What cannot be decided is not. */
export type IsBad = (events: ReadonlyArray<HistoryEvent>) => boolean

export interface Evidence {
  /** The bad event is the last one. */
  readonly events: ReadonlyArray<HistoryEvent>
  readonly isBad: IsBad
}

/** Of a register with unique values. `fromStart`: nothing was before. */
export const badByValue =
  (consistency: Consistency, fromStart: boolean): IsBad =>
  (events) => {
    const byValue = new ByValue({ consistency, fromStart })
    for (const event of events) {
      const problem = "begun" in event ? byValue.begin(event.begun) : byValue.end(event.ended)
      if (problem !== undefined) return problem === "violation"
    }
    return false
  }

/** After what `start` has seen. */
export const badBySearch =
  (start: Search): IsBad =>
  (events) => {
    const search = start.copy()
    for (const event of events) {
      const problem = search.take(event)
      if (problem !== undefined) return problem === "impossible"
    }
    return false
  }
