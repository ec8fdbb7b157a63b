/**
 * Judges the history of one object as it comes: a register by its values while that is exact, and
 * everything else by the general search. Keeps what an explanation needs, and no more.
 */
import { type Consistency, type HistoryEvent, lineOf } from "./call.ts"
import { ByValue } from "./by-value.ts"
import { badBySearch, badByValue, type Evidence } from "./evidence.ts"
import { type Model, register } from "./model.ts"
import { Search } from "./search.ts"

export interface JudgeOptions {
  readonly consistency: Consistency
  readonly model: Model
  /** Possibilities that the search looks at for one event, at most. */
  readonly mostPossibilities: number
  /** Operations and values that are kept of one object, at most. */
  readonly mostKept: number
}

export type ObjectProblem = "violation" | "too many possibilities" | "too many kept"

/** A search as it was, and the events since then. */
interface Recent {
  readonly start: Search
  readonly events: ReadonlyArray<HistoryEvent>
}

/** Events that are kept for an explanation, at least, where there are so many. */
const recentEvents = 200

/** A state of the register that no read can return any more: it is no JSON that a line can have. */
const forgotten = { "a value that nothing can read any more": "\ud800" }

export class ObjectHistory {
  readonly #options: JudgeOptions
  #byValue: ByValue | undefined
  #search: Search
  /** What shows that the values have no order. */
  #found: Evidence | undefined
  // Twice, so that enough is always there.
  #older: Recent
  #recent: Array<HistoryEvent> = []
  #recentStart: Search

  constructor(options: JudgeOptions) {
    this.#options = options
    const { consistency, model } = options
    this.#byValue = model === register ? new ByValue({ consistency, fromStart: true }) : undefined
    this.#search = this.#newSearch(model)
    this.#recentStart = this.#search
    this.#older = { start: this.#search, events: [] }
  }

  get kept(): number {
    return this.#byValue?.size ?? this.#search.pending.length
  }

  take(event: HistoryEvent): ObjectProblem | undefined {
    if (this.#byValue !== undefined) return this.#judgeByValue(this.#byValue, event)
    this.#remember(event)
    return this.#judged(this.#search.take(event))
  }

  #judgeByValue(byValue: ByValue, event: HistoryEvent): ObjectProblem | undefined {
    const before = byValue.remembersStart
    const problem = "begun" in event ? byValue.begin(event.begun) : byValue.end(event.ended)
    if (problem === undefined) {
      return byValue.size > this.#options.mostKept ? "too many kept" : undefined
    }
    const remembered = byValue.remembered()
    const isThere = remembered.some((e) => lineOf(e) === lineOf(event))
    const events = isThere ? remembered : [...remembered, event]
    if (problem === "violation") {
      const isBad = badByValue(this.#options.consistency, before)
      this.#found = { events, isBad }
      return "violation"
    }
    this.#startSearch(before, events)
    return this.#searchAll(events)
  }

  /** Values do not decide any more: from here on the search does. */
  #startSearch(fromStart: boolean, events: ReadonlyArray<HistoryEvent>): void {
    const { model } = this.#options
    const start = this.#newSearch(fromStart ? model : { ...model, initial: forgotten })
    this.#byValue = undefined
    this.#search = start.copy()
    this.#recentStart = start
    this.#recent = [...events]
    this.#older = { start, events: [] }
  }

  #searchAll(events: ReadonlyArray<HistoryEvent>): ObjectProblem | undefined {
    for (const event of events) {
      const problem = this.#judged(this.#search.take(event))
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #newSearch(model: Model): Search {
    const { consistency, mostPossibilities: limit } = this.#options
    return new Search({ consistency, model, limit })
  }

  #judged(problem: "impossible" | "limit" | undefined): ObjectProblem | undefined {
    if (problem === "impossible") return "violation"
    if (problem === "limit") return "too many possibilities"
    return this.#search.pending.length > this.#options.mostKept ? "too many kept" : undefined
  }

  #remember(event: HistoryEvent): void {
    if (this.#recent.length >= recentEvents) {
      this.#older = { start: this.#recentStart, events: this.#recent }
      this.#recentStart = this.#search.copy()
      this.#recent = []
    }
    this.#recent.push(event)
  }

  /** What shows the violation that was just found. */
  evidence(): Evidence {
    if (this.#found !== undefined) return this.#found
    const isFirst = this.#older.events.length === 0
    const start = isFirst ? this.#recentStart : this.#older.start
    return { events: [...this.#older.events, ...this.#recent], isBad: badBySearch(start) }
  }
}
