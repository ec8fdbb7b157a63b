/**
 * Breadth-first exploration: every reachable state once, in exact rows of small integers, each
 * step of a process computed once and remembered. Needs only that steps are pure functions.
 */
import { remainingStates } from "./estimate.ts"
import { pathTo, type PathStep, statesPerMark } from "./path.ts"
import { RowSet } from "./row-set.ts"
import type { StateJudge, StateSpace } from "./state-space.ts"

export type { PathStep } from "./path.ts"

export interface Limits {
  /** Stop, as bounded, when this many distinct states were found. */
  readonly states: number
  /** Stop, as bounded, at this depth. */
  readonly depth: number
  /** Stop, as bounded, before the states take more than this many bytes; no bound when absent. */
  readonly bytes?: number | undefined
}

export interface Progress {
  readonly states: number
  readonly generated: number
  readonly depth: number
  readonly queued: number
  /** Bytes of the states found. */
  readonly bytes: number
  /** A guess at the states still to be found; undefined while it is too early for one. */
  readonly remaining: number | undefined
}

export interface Violation {
  readonly property: string
  readonly why: string
  /** The shortest way there: one entry a step. */
  readonly path: ReadonlyArray<PathStep>
}

/** Sees every state once, and every edge out of it that changes the state, once each. */
export interface Observer {
  readonly start: (space: StateSpace) => void
  readonly state: (id: number, row: Int32Array) => void
  readonly edge: (from: number, action: string, to: number) => void
}

/** Why an exploration did not see all states. */
export type Stop = "states" | "depth" | "memory" | "interrupted"

export interface Exploration {
  readonly verdict: "exhaustive" | "bounded" | "violated"
  /** Only of a bounded one. */
  readonly stop: Stop | undefined
  readonly states: number
  /** Successors computed, the initial state counted: TLC's "states generated". */
  readonly generated: number
  /** States on the longest shortest path, as TLC counts it (the initial state is 1). */
  readonly depth: number
  /** States whose successors are all known, from the first on. */
  readonly expanded: number
  readonly bytes: number
  readonly violation: Violation | undefined
  /** How often each action or `Ignore:<why>` was taken by a distinct step of a process. */
  readonly taken: ReadonlyMap<string, number>
  /** Properties whose antecedent some state met. */
  readonly antecedents: ReadonlySet<string>
  readonly witnessed: ReadonlySet<string>
  readonly steps: number
}

/** What is explored, and what is asked of each state. */
export interface World {
  readonly space: StateSpace
  readonly judge: StateJudge
}

/** Where a search stands, beside its rows and what its space remembers. */
export interface SearchPlace {
  readonly next: number
  readonly end: number
  readonly depth: number
  readonly generated: number
  readonly widths: ReadonlyArray<number>
  readonly marks: ReadonlyArray<number>
  readonly antecedents: ReadonlyArray<string>
  readonly witnessed: ReadonlyArray<string>
}

const roomForOneExpansion = 4096
const statesTriedAgain = 1000

/** A search that is advanced by its owner, who may stop, save or take it up in between. */
export class Search {
  readonly rows: RowSet
  readonly #world: World
  #limits: Limits
  readonly #observer: Observer | undefined
  readonly #row: Int32Array
  readonly #told = new Set<number>()
  readonly #actions = new Map<string, number>()
  #marks: Array<number> = []
  #widths: Array<number> = [1]
  #generated = 1
  #next = 0
  #end = 1
  #depth = 1
  #stop: Stop | undefined
  #violation: Violation | undefined

  constructor(world: World, limits: Limits, observer?: Observer) {
    this.#world = world
    this.#limits = limits
    this.#observer = observer
    this.rows = new RowSet(world.space.width)
    this.#row = new Int32Array(world.space.width)
    observer?.start(world.space)
  }

  /** Begins at the initial state. */
  start(): void {
    this.#world.space.start(this.#row)
    this.#world.space.canonical(this.#row)
    this.rows.add(this.#row)
    this.#visit(0, this.#row)
    this.#stop = this.#bound()
  }

  /** Goes on where a search stood that had found these rows, in a space that knows them. */
  takeUp(place: SearchPlace, pieces: Iterable<Int32Array>): void {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += this.#row.length) {
        this.#row.set(piece.subarray(at, at + this.#row.length))
        this.#observer?.state(this.rows.size, this.#row)
        this.rows.add(this.#row)
      }
    }
    this.#next = place.next
    this.#end = place.end
    this.#depth = place.depth
    this.#generated = place.generated
    this.#widths = [...place.widths]
    this.#marks = [...place.marks]
    for (const name of place.antecedents) this.#world.judge.antecedents.add(name)
    for (const name of place.witnessed) this.#world.judge.witnessed.add(name)
    this.#stop = this.#bound()
  }

  /**
   * Whether the states whose successors are all known have no successor that is not: expands some
   * of them again. After `takeUp`, false says that the code is not the one that found them.
   */
  isClosed(): boolean {
    const size = this.rows.size
    const row = new Int32Array(this.rows.width)
    const some = Math.min(this.#next, statesTriedAgain)
    for (let k = 0; k < some; k++) {
      const id = k % 2 === 0 ? k : this.#next - k
      this.rows.read(id, row)
      this.#world.space.expand(row, (_actor, _step, next) => {
        this.#world.space.canonical(next)
        this.rows.add(next)
      })
      if (this.rows.size > size) return false
    }
    return true
  }

  /** From now on the states may take this many bytes. */
  allow(bytes: number): void {
    this.#limits = { ...this.#limits, bytes }
    if (this.#stop === undefined || this.#stop === "memory") this.#stop = this.#bound()
  }

  place(): SearchPlace {
    return {
      next: this.#next,
      end: this.#end,
      depth: this.#depth,
      generated: this.#generated,
      widths: this.#widths,
      marks: this.#marks,
      antecedents: [...this.#world.judge.antecedents],
      witnessed: [...this.#world.judge.witnessed],
    }
  }

  /** Computes the successors of at most `count` states; false when there is no more to do. */
  advance(count: number): boolean {
    const { space } = this.#world
    const last = this.#next + count
    for (; this.#next < last; this.#next++) {
      if (this.#next === this.#end && !this.#nextLevel()) return false
      if (this.#violation !== undefined || this.#stop !== undefined) return false
      if (this.#next % statesPerMark === 0) this.#marks.push(this.rows.size)
      this.rows.read(this.#next, this.#row)
      this.#told.clear()
      space.expand(this.#row, this.#found)
      if (this.#violation !== undefined) return false
      this.#stop = this.#bound()
    }
    return true
  }

  // Of the level just done: the next one, if there is any.
  #nextLevel(): boolean {
    if (this.#end === this.rows.size) return false
    this.#widths.push(this.rows.size - this.#end)
    this.#end = this.rows.size
    this.#depth++
    if (this.#depth >= this.#limits.depth) this.#stop = "depth"
    return true
  }

  #bound(): Stop | undefined {
    const { bytes, states, depth } = this.#limits
    if (this.rows.size >= states) return "states"
    if (bytes !== undefined && this.rows.bytesWith(roomForOneExpansion) > bytes) return "memory"
    return this.#depth >= depth ? "depth" : undefined
  }

  readonly #found = (_actor: number, { action }: { action: string }, row: Int32Array): void => {
    this.#generated++
    const from = this.#next
    this.#world.space.canonical(row)
    const added = this.rows.add(row)
    const to = added < 0 ? -1 - added : added
    if (added >= 0 && this.#violation === undefined) this.#visit(to, row, this.#row)
    if (this.#observer === undefined || to === from) return
    const edge = to * 64 + this.#actionNumber(action)
    if (this.#told.has(edge)) return
    this.#told.add(edge)
    this.#observer.edge(from, action, to)
  }

  #visit(id: number, row: Int32Array, from?: Int32Array): void {
    this.#observer?.state(id, row)
    const broken = this.#world.judge.firstBroken(row, from)
    if (broken === null) return
    const path = pathTo(this.#world.space, this.rows, this.#marks, id)
    this.#violation = { ...broken, path }
  }

  #actionNumber(action: string): number {
    const known = this.#actions.get(action)
    if (known !== undefined) return known
    const made = this.#actions.size
    this.#actions.set(action, made)
    return made
  }

  progress(): Progress {
    const beyond = this.rows.size - this.#end
    const finished = remainingStates(this.#widths)
    const { size, bytes } = this.rows
    return {
      states: size,
      generated: this.#generated,
      depth: this.#depth,
      queued: size - this.#next,
      bytes,
      remaining: finished === undefined ? undefined : Math.max(0, finished - beyond),
    }
  }

  /** What came out; `interrupted` when there was more to do and nothing else stopped it. */
  result(): Exploration {
    const done = this.#next === this.#end && this.#end === this.rows.size
    const stop = done ? undefined : (this.#stop ?? "interrupted")
    const violated = this.#violation !== undefined
    const { space, judge } = this.#world
    return {
      verdict: violated ? "violated" : done ? "exhaustive" : "bounded",
      stop: violated ? undefined : stop,
      states: this.rows.size,
      generated: this.#generated,
      // As TLC: a new state found while its level is unfinished is one level deeper.
      depth: violated && this.rows.size > this.#end ? this.#depth + 1 : this.#depth,
      expanded: this.#next,
      bytes: this.rows.bytes,
      violation: this.#violation,
      taken: space.taken,
      antecedents: judge.antecedents,
      witnessed: judge.witnessed,
      steps: space.steps,
    }
  }
}

const statesPerReport = 0x4000

/** Explores `world` within `limits`. `observer` sees the graph, `progress` hears now and then. */
export const explore = (
  world: World,
  limits: Limits,
  observer?: Observer,
  progress?: (now: Progress) => void,
): Exploration => {
  const search = new Search(world, limits, observer)
  search.start()
  while (search.advance(statesPerReport)) progress?.(search.progress())
  return search.result()
}
