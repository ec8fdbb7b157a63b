/**
 * Whether one model of PBFT refines the abstraction, by the explorer with the real `step` and by
 * TLC with the specification: no step goes astray, and both see as many states.
 */
import { join } from "node:path"
import { Effect } from "effect"
import { type Exploration, explore, type Limits, type Progress } from "../model-check/explore.ts"
import { refinementCfgName } from "../model-check/refinement-cfg.ts"
import { type RefinementSpec, refinementWorld } from "../model-check/refinement-models.ts"
import { runTlc } from "../tla-tools/tlc.ts"
import type { TlcOutcome } from "../tla-tools/tlc.ts"

export interface Refined {
  readonly exploration: Exploration
  /** Distinct states of the abstraction that were passed. */
  readonly coreStates: number
  /** Steps of the code that are one of the abstraction, and those that are two. */
  readonly moved: number
  readonly movedTwice: number
  readonly seconds: number
}

/** Explores the model with the real `step`, each state with that of the abstraction. */
export const exploreRefinement = (
  spec: RefinementSpec,
  limits: Limits,
  progress?: (now: Progress) => void,
): Refined => {
  const startedAt = performance.now()
  const world = refinementWorld(spec)
  const exploration = explore(world, limits, undefined, progress)
  const { coreStates, moved, movedTwice } = world.space
  const seconds = (performance.now() - startedAt) / 1000
  return { exploration, coreStates, moved, movedTwice, seconds }
}

export interface RefinedByTlc {
  readonly outcome: TlcOutcome
  readonly seconds: number
}

/** Has TLC check the property RefinesCore. */
export const tlcRefinement = Effect.fn("tlcRefinement")(function* (
  spec: RefinementSpec,
  { specFolder, heap }: { readonly specFolder: string; readonly heap?: string },
) {
  const startedAt = performance.now()
  const outcome = yield* runTlc({
    spec: join(specFolder, "RefinePbft.tla"),
    config: join(specFolder, refinementCfgName(spec)),
    workers: 1,
    heap,
  })
  return { outcome, seconds: (performance.now() - startedAt) / 1000 }
})

/** Why it is not so that both find the model to refine the abstraction: a line each, or none. */
export const refinementProblems = (
  { exploration: e, moved }: Refined,
  theirs: RefinedByTlc | undefined,
): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  if (e.violation !== undefined) wrong.push(`${e.violation.property}: ${e.violation.why}`)
  if (e.verdict === "bounded") wrong.push("a limit was reached before all states were seen")
  if (moved === 0) wrong.push("no step was one of the abstraction")
  if (theirs === undefined) return wrong
  const { verdict, report } = theirs.outcome
  if (verdict._tag !== "exhaustive") wrong.push(`TLC's verdict is ${verdict._tag}`)
  const pairs = [
    ["distinct states", e.states, report.statistics?.distinct],
    ["generated", e.generated, report.statistics?.generated],
    ["depth", e.depth, report.depth],
  ] as const
  for (const [what, we, they] of pairs) {
    if (we !== they) wrong.push(`${what}: the code has ${we}, TLC has ${they ?? "none"}`)
  }
  return wrong
}
