/**
 * Judges a history as it comes, each object by itself: both properties are local, so a history has
 * them exactly if its restriction to each object has (Herlihy and Wing 1990, for linearizability).
 * A register is an object; the requests to one object of another service are not told apart.
 */
import { type HistoryEvent, lineOf } from "./call.ts"
import type { Evidence } from "./evidence.ts"
import { type JudgeOptions, ObjectHistory } from "./object-history.ts"

export interface CheckOptions extends JudgeOptions {
  readonly mostObjects: number
}

/** A limit that ended the search of one object, or of all. */
export interface GaveUp {
  readonly line: number
  /** undefined: no object in particular. */
  readonly object: string | undefined
  readonly limit: "possibilities" | "kept" | "objects"
}

/** The first event up to which the history does not have the property. */
export interface Violation {
  readonly event: HistoryEvent
  readonly evidence: Evidence
}

export class HistoryChecker {
  readonly #options: CheckOptions
  readonly #objects = new Map<string, ObjectHistory | "given up">()
  #gaveUp: GaveUp | undefined
  #givenUp = 0

  constructor(options: CheckOptions) {
    this.#options = options
  }

  get objects(): number {
    return this.#objects.size
  }

  /** The first limit that was met, and how many objects are undecided. */
  get gaveUp(): { readonly first: GaveUp; readonly objects: number } | undefined {
    return this.#gaveUp && { first: this.#gaveUp, objects: this.#givenUp }
  }

  take(event: HistoryEvent): Violation | undefined {
    const { object } = "begun" in event ? event.begun : event.ended.call
    const history = this.#objects.get(object) ?? this.#begin(object, event)
    if (history === "given up") return undefined
    const problem = history.take(event)
    if (problem === undefined) return undefined
    if (problem === "violation") return { event, evidence: history.evidence() }
    const limit = problem === "too many kept" ? "kept" : "possibilities"
    this.#giveUp(object, event, limit)
    return undefined
  }

  #begin(object: string, event: HistoryEvent): ObjectHistory | "given up" {
    if (this.#objects.size >= this.#options.mostObjects) {
      this.#gaveUp ??= { line: lineOf(event), object: undefined, limit: "objects" }
      return "given up"
    }
    const history = new ObjectHistory(this.#options)
    this.#objects.set(object, history)
    return history
  }

  #giveUp(object: string, event: HistoryEvent, limit: GaveUp["limit"]): void {
    this.#objects.set(object, "given up")
    this.#gaveUp ??= { line: lineOf(event), object, limit }
    this.#givenUp++
  }
}
