/**
 * The shortest way to a state that a breadth-first search found, from almost nothing: a mark for
 * every 1024 states expanded says how many states were known then. Parents are expanded in the
 * order in which their children are numbered, so the marks tell where a state's parent lies, and
 * those few states are expanded once more.
 */
import { assert } from "../core/assert.ts"
import type { RowSet } from "./row-set.ts"
import type { StateSpace } from "./state-space.ts"

/** States expanded between two marks. */
export const statesPerMark = 1024

export interface PathStep {
  readonly process: string
  readonly action: string
  readonly told: string
}

const same = (a: Int32Array, b: Int32Array): boolean => {
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false
  return true
}

/** The first state, in the order of numbers, that has `id` as a successor. */
const parentOf = (
  space: StateSpace,
  rows: RowSet,
  marks: ReadonlyArray<number>,
  id: number,
): number => {
  // The last block of parents that began when no more than `id` states were known.
  let low = 0
  let high = marks.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((marks[middle] as number) <= id) low = middle
    else high = middle - 1
  }
  const goal = new Int32Array(space.width)
  const row = new Int32Array(space.width)
  rows.read(id, goal)
  for (let parent = low * statesPerMark; parent < id; parent++) {
    let hit = false
    rows.read(parent, row)
    space.expand(row, (_actor, _step, next) => {
      if (hit) return
      space.canonical(next)
      hit = same(next, goal)
    })
    if (hit) return parent
  }
  assert(false, "every state but the first has a predecessor before it")
  return 0
}

/** The shortest way from the first state to `id`. */
export const pathTo = (
  space: StateSpace,
  rows: RowSet,
  marks: ReadonlyArray<number>,
  id: number,
): ReadonlyArray<PathStep> => {
  const way: Array<number> = []
  for (let at = id; at !== 0; at = parentOf(space, rows, marks, at)) way.unshift(at)
  // Forward from the initial state itself: what is interchangeable keeps its names on the way.
  const path: Array<PathStep> = []
  const here = new Int32Array(space.width)
  const goal = new Int32Array(space.width)
  const seen = new Int32Array(space.width)
  space.start(here)
  for (const next of way) {
    rows.read(next, goal)
    const to = new Int32Array(space.width)
    let step: PathStep | undefined
    space.expand(here, (actor, { action, told }, row) => {
      if (step !== undefined) return
      seen.set(row)
      space.canonical(seen)
      if (!same(seen, goal)) return
      to.set(row)
      step = { process: space.actorName(actor), action, told }
    })
    assert(step !== undefined, "a state of a class has the successors that its class has")
    path.push(step as PathStep)
    here.set(to)
  }
  return path
}
