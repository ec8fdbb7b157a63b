/**
 * Breadth-first exploration of a model: every reachable state once, in exact rows of small
 * integers (process values and the set of sent messages), with each step of a process computed
 * once and remembered. Needs only that steps are pure functions.
 */
import { assert } from "../core/assert.ts"
import { Judge } from "./judge.ts"
import type { Model } from "./model.ts"
import { Space } from "./space.ts"

export interface Limits {
  /** Stop, as bounded, when this many distinct states were found. */
  readonly states: number
  /** Stop, as bounded, at this depth. */
  readonly depth: number
}

export interface Progress {
  readonly states: number
  readonly generated: number
  readonly depth: number
  readonly queued: number
}

export interface Violation {
  readonly property: string
  readonly why: string
  /** The shortest way there: one entry a step. */
  readonly path: ReadonlyArray<PathStep>
}

export interface PathStep {
  readonly process: string
  readonly action: string
  readonly told: string
}

/** Sees every state once, and every edge out of it that changes the state, once each. */
export interface Observer {
  readonly start: (space: Space) => void
  readonly state: (id: number) => void
  readonly edge: (from: number, action: string, to: number) => void
}

export interface Exploration {
  readonly verdict: "exhaustive" | "bounded" | "violated"
  readonly states: number
  /** Successors computed, the initial state counted: TLC's "states generated". */
  readonly generated: number
  /** States on the longest shortest path, as TLC counts it (the initial state is 1). */
  readonly depth: number
  readonly violation: Violation | undefined
  /** How often each action or `Ignore:<why>` was taken by a distinct step of a process. */
  readonly taken: ReadonlyMap<string, number>
  /** Properties whose antecedent some state met. */
  readonly antecedents: ReadonlySet<string>
  readonly witnessed: ReadonlySet<string>
  readonly steps: number
  readonly space: Space
}

// Parents are found again by one more search over the states already known: they need no memory.
const pathTo = (space: Space, target: number): ReadonlyArray<PathStep> => {
  const path: Array<PathStep> = []
  let goal = target
  const goalRow = new Int32Array(space.rows.width)
  while (goal !== 0) {
    space.rows.read(goal, goalRow)
    for (let id = 0; ; id++) {
      assert(id < goal, "every state but the first has a predecessor before it")
      let hit: PathStep | undefined
      space.successors(id, (process, move, row) => {
        if (hit !== undefined || row.some((cell, k) => cell !== goalRow[k])) return
        const name = space.model.processes[process]?.name ?? ""
        hit = { process: name, action: move.action, told: move.told }
      })
      if (hit === undefined) continue
      path.unshift(hit)
      goal = id
      break
    }
  }
  return path
}

/** Explores `model` within `limits`. `observer` sees the graph, `progress` hears of each level. */
export const explore = (
  model: Model,
  limits: Limits,
  observer?: Observer,
  progress?: (now: Progress) => void,
): Exploration => {
  const space = new Space(model)
  const judge = new Judge(space)
  observer?.start(space)
  let violation: Violation | undefined
  let bounded = false
  const visit = (id: number): void => {
    observer?.state(id)
    const broken = judge.firstBroken(id)
    if (broken === null || violation !== undefined) return
    const { generated } = space
    violation = { ...broken, path: pathTo(space, id) }
    space.generated = generated
  }
  visit(0)
  let depth = 1
  let level = 0
  let end = 1
  while (level < end && violation === undefined && !bounded) {
    for (let id = level; id < end && violation === undefined; id++) {
      const seen = new Set<number>()
      space.successors(id, (_process, move, row) => {
        const added = space.rows.add(row)
        const to = added < 0 ? -1 - added : added
        if (added >= 0 && violation === undefined) visit(to)
        if (observer === undefined || to === id) return
        const edge = to * 64 + space.actionNumber(move.action)
        if (seen.has(edge)) return
        seen.add(edge)
        observer.edge(id, move.action, to)
      })
      if (id % 0x4000 === 0x3fff) {
        const states = space.rows.size
        progress?.({ states, generated: space.generated, depth, queued: states - id })
      }
      if (space.rows.size >= limits.states) {
        bounded = true
        break
      }
    }
    level = end
    end = space.rows.size
    if (end > level && !bounded) depth++
    progress?.({ states: end, generated: space.generated, depth, queued: end - level })
    if (depth >= limits.depth && end > level) bounded = true
  }
  return {
    verdict: violation !== undefined ? "violated" : bounded ? "bounded" : "exhaustive",
    states: space.rows.size,
    generated: space.generated,
    depth,
    violation,
    taken: space.taken,
    antecedents: judge.antecedents,
    witnessed: judge.witnessed,
    steps: space.steps,
    space,
  }
}
