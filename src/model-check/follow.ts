/** Takes a known way through a state space again, step by step. */
import type { World } from "./explore.ts"
import type { PathStep } from "./path.ts"
import type { Broken } from "./state-space.ts"

export interface Followed {
  /** How many steps could be taken; all of them unless `stuckAt` says otherwise. */
  readonly taken: number
  /** The first step that is not possible there. */
  readonly stuckAt: PathStep | undefined
  /** What the last state reached breaks. */
  readonly broken: Broken | null
}

/** Follows `path` from the initial state; a step is known by its process, action and words. */
export const follow = ({ space, judge }: World, path: ReadonlyArray<PathStep>): Followed => {
  const here = new Int32Array(space.width)
  space.start(here)
  for (const [taken, step] of path.entries()) {
    const next: Array<Int32Array> = []
    space.expand(here, (actor, { action, told }, row) => {
      const same = action === step.action && told === step.told
      if (same && space.actorName(actor) === step.process) next.push(row.slice())
    })
    const to = next[0]
    if (to === undefined) return { taken, stuckAt: step, broken: judge.firstBroken(here) }
    here.set(to)
  }
  return { taken: path.length, stuckAt: undefined, broken: judge.firstBroken(here) }
}
