/**
 * Judges the history of one object by every way in which its service could have run: the machine of
 * spec/tla/DelayOnce.tla, followed event by event. A *possibility* is a state of that machine. What
 * has no deadline yet is put off: points (an effect, an installed sketch) are placed just before
 * the ok that needs them, in every order in which they can have come about. A history that has a
 * run has one like that: move its points, in their order, as late as the next ok allows.
 *
 * The number of possibilities may grow exponentially with the operations that are under way, so
 * there is a limit to it.
 */
import type { Call, Completion, Consistency, HistoryEvent } from "./call.ts"
import type { Model } from "./model.ts"
import {
  type Possibility,
  type Service,
  abandon,
  begin,
  couldSample,
  effect,
  first,
  forget,
  install,
  keyOf,
  progressOf,
  take,
} from "./possibility.ts"

/** No possibility is left; or more than the limit had to be looked at. */
export type SearchProblem = "impossible" | "limit"

export interface SearchOptions {
  readonly consistency: Consistency
  readonly model: Model
  /** Possibilities that are looked at for one event, at most. */
  readonly limit: number
}

export class Search {
  readonly #options: SearchOptions
  readonly #service: Service
  readonly #pending = new Map<number, Call>()
  /** Operations of which nobody will ever know. */
  readonly #open = new Map<number, Call>()
  #possible: ReadonlyArray<Possibility>

  constructor(options: SearchOptions) {
    this.#options = options
    this.#service = { model: options.model, sketches: options.consistency === "delay-once" }
    this.#possible = [first(options.model)]
  }

  /** The same, to go on from here by itself. */
  copy(): Search {
    const copy = new Search(this.#options)
    copy.#possible = this.#possible
    // Order-free: copied as they are.
    for (const [line, call] of this.#pending) copy.#pending.set(line, call)
    // Order-free: copied as they are.
    for (const [line, call] of this.#open) copy.#open.set(line, call)
    return copy
  }

  take(event: HistoryEvent): SearchProblem | undefined {
    if ("ended" in event) return this.end(event.ended)
    this.begin(event.begun)
    return undefined
  }

  /** How many possibilities there are now. */
  get size(): number {
    return this.#possible.length
  }

  /** Equal for searches that judge alike whatever follows. */
  get key(): string {
    const lines = [...this.#pending.keys()].sort((a, b) => a - b)
    const open = [...this.#open.keys()].sort((a, b) => a - b)
    return JSON.stringify([lines, open, this.#possible.map((p) => keyOf(p)).sort()])
  }

  /** Operations that may still take effect. */
  get pending(): ReadonlyArray<Call> {
    return [...this.#pending.values()] // order-free: a call's place here says nothing
  }

  /** The states that are possible now, as text. */
  get states(): ReadonlyArray<string> {
    return [...new Set(this.#possible.map((p) => p.stateText))].sort()
  }

  begin(call: Call): void {
    this.#pending.set(call.line, call)
    if (this.#service.sketches && call.isRead) {
      this.#possible = this.#possible.map((p) => begin(p, call))
    }
  }

  end(completion: Completion): SearchProblem | undefined {
    const { call, type } = completion
    if (type === "info") {
      // Nobody sees what an open read saw; only a sketch of it can matter.
      if (call.isRead && !this.#service.sketches) return this.#leave(call, this.#possible)
      this.#open.set(call.line, call)
      this.#possible = distinct(this.#possible.map((p) => abandon(p, call)))
      return undefined
    }
    if (type === "fail") {
      const untouched = this.#possible.filter((p) => progressOf(p, call) === "none")
      return this.#leave(call, untouched)
    }
    const found = this.#completed(completion)
    return found === "limit" ? found : this.#leave(call, found)
  }

  #leave(call: Call, left: ReadonlyArray<Possibility>): SearchProblem | undefined {
    this.#pending.delete(call.line)
    this.#possible = distinct(left.map((p) => forget(p, call)))
    this.#settle()
    return this.#possible.length === 0 ? "impossible" : undefined
  }

  /** What is open and has happened in every possibility is over. */
  #settle(): void {
    // Order-free: each by itself.
    for (const call of this.#open.values()) {
      if (this.#possible.some((p) => progressOf(p, call) !== "done")) continue
      this.#open.delete(call.line)
      this.#pending.delete(call.line)
      this.#possible = distinct(this.#possible.map((p) => forget(p, call)))
    }
  }

  /** Every possibility in which the operation has just been answered so. */
  #completed(completion: Completion): ReadonlyArray<Possibility> | "limit" {
    const found: Array<Possibility> = []
    const seen = new Set(this.#possible.map((p) => keyOf(p)))
    const open = [...this.#possible]
    for (let p = open.pop(); p !== undefined; p = open.pop()) {
      const [accepted, isDone] = this.#answer(p, completion)
      found.push(...accepted)
      if (isDone) continue
      for (const next of this.#successors(p, completion)) {
        const key = keyOf(next)
        if (seen.has(key)) continue
        seen.add(key)
        open.push(next)
      }
      if (seen.size > this.#options.limit) return "limit"
    }
    return found
  }

  /** This possibility, if the answer fits it now; and whether nothing else has to happen first. */
  #answer(p: Possibility, completion: Completion): readonly [ReadonlyArray<Possibility>, boolean] {
    const { call, result } = completion
    const path = this.#pathOf(completion)
    const progress = progressOf(p, call)
    if (progress === "done") {
      const fits = path !== "fast" && (result === undefined || p.results.get(call.line) === result)
      return [fits ? [p] : [], true]
    }
    if (!call.isRead || path === "replicated" || progress !== "none") {
      return [[], false]
    }
    const fits = result !== undefined && couldSample(p, call, result)
    // As a replicated read it would also install a sketch.
    return [fits ? [p] : [], fits && path === "fast"]
  }

  /** Where there are no sketches, every read is as a replicated one. */
  #pathOf({ path }: Completion): Completion["path"] {
    return this.#service.sketches ? path : "replicated"
  }

  /**
   * What may happen next, as far as the answer can depend on it. A read takes the state only where
   * a write may change it afterwards, and a sketch is installed only where somebody may sample it;
   * once the answered read took its state, its own sketch comes next, but for others' before it.
   */
  #successors(p: Possibility, completion: Completion): ReadonlyArray<Possibility> {
    const { call } = completion
    const isFast = this.#pathOf(completion) === "fast"
    const calls = [...this.#pending.values()] // order-free: every successor is looked at
    const isTaken = progressOf(p, call) === "taken"
    const mayWrite = calls.some((c) => !c.isRead && progressOf(p, c) === "none")
    const canSample = (other: Call): boolean =>
      calls.some((c) => c !== other && c.isRead && c.request === other.request && isUntouched(p, c))
    const next: Array<Possibility> = []
    for (const other of calls) {
      const own = other === call
      if (own && isFast) continue
      const progress = progressOf(p, other)
      if (progress === "done" || (isTaken && progress === "none")) continue
      if (!other.isRead) next.push(effect(p, other, this.#service))
      else if (progress === "taken") {
        if (own || canSample(other)) next.push(install(p, other))
      } else if (own || mayWrite || canSample(other)) next.push(take(p, other, this.#service))
    }
    return next
  }
}

const isUntouched = (p: Possibility, call: Call): boolean => progressOf(p, call) === "none"

const distinct = (all: ReadonlyArray<Possibility>): ReadonlyArray<Possibility> => {
  if (all.length < 2) return all
  return [...new Map(all.map((p) => [keyOf(p), p])).values()] // order-free: a set of them
}
