/** Each step of the real code is a step of the abstraction: its models, and planted differences. */
import { describe, expect, it } from "vitest"
import { exploreRefinement, refinementProblems } from "../../src/cli/refinement.ts"
import { type Exploration, explore, Search } from "../../src/model-check/explore.ts"
import { Judge } from "../../src/model-check/judge.ts"
import { type CoreConstants, coreWorld } from "../../src/model-check/pbft-core-constants.ts"
import { CoreSpace } from "../../src/model-check/pbft-core-space.ts"
import { pbftModel } from "../../src/model-check/pbft-model.ts"
import { constantsOf } from "../../src/model-check/pbft-models.ts"
import { RefinedSpace, RefinementJudge } from "../../src/model-check/pbft-refinement.ts"
import {
  coreConstantsOf,
  type RefinementSpec,
  refinements,
  refinementWorld,
} from "../../src/model-check/refinement-models.ts"
import { Space } from "../../src/model-check/space.ts"

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }
const named = (name: string): RefinementSpec => {
  const spec = refinements.find((r) => r.model.name === name)
  if (spec === undefined) throw new Error(`no refinement ${name}`)
  return spec
}

describe("PBFT refines the abstraction", () => {
  const small = refinements.filter((r) => r.size === "test")
  it.each(small.map((r) => [r.model.name, r] as const))("%s", (_, spec) => {
    const refined = exploreRefinement(spec, limits)
    expect(refinementProblems(refined, undefined)).toEqual([])
  })

  it("where a replica accepts and prepares at once, and where a view starts from a checkpoint", () => {
    expect(exploreRefinement(named("HalfTold"), limits).movedTwice).toBeGreaterThan(0)
    const stable = exploreRefinement(named("HalfStable"), limits)
    expect(refinementProblems(stable, undefined)).toEqual([])
    expect([...stable.exploration.witnessed]).toContain("ReachStable")
  })

  it("has as many states with its history as without, where replicas leave one view only", () => {
    const { model } = named("HalfTold")
    const twin = new Space(pbftModel(model.name, constantsOf(model)))
    const alone = explore({ space: twin, judge: new Judge(twin) }, limits)
    expect(exploreRefinement(named("HalfTold"), limits).exploration.states).toBe(alone.states)
  })
})

describe("a step that the abstraction does not have", () => {
  const against = (name: string, changes: Partial<CoreConstants>): Exploration => {
    const spec = named(name)
    const twin = new Space(pbftModel(name, constantsOf(spec.model)))
    const world = coreWorld({ ...coreConstantsOf(spec), ...changes })
    // There is one batch; null is never chosen here.
    const batchOf = (): number => 0
    const space = new RefinedSpace(twin, new CoreSpace(world, false), batchOf)
    return explore({ space, judge: new RefinementJudge(space, new Judge(twin)) }, limits)
  }

  it.each<[string, Partial<CoreConstants>, string]>([
    ["more replicas to prepare", { prepareNeeds: 4 }, "RecvPrepare"],
    ["more messages for condition A1", { a1Needs: 5, nullNeeds: 4 }, "SendNewView"],
    ["a client that asks", { asked: [], invented: ["nobody's"] }, "RecvPrePrepare"],
  ])("is found, with the shortest way: the abstraction asks for %s", (_, changes, action) => {
    const { violation } = against("HalfTold", changes)
    expect(violation?.property).toBe("RefinesCore")
    expect(violation?.path.at(-1)?.action).toBe(action)
  })
})

describe("a refinement's search", () => {
  it("goes on from where it was saved, to the same end", () => {
    const spec = named("HalfTold")
    const whole = exploreRefinement(spec, limits).exploration
    const first = refinementWorld(spec)
    const search = new Search(first, limits)
    search.start()
    search.advance(700)
    const again = refinementWorld(spec)
    expect(again.space.restore(first.space.save())).toBe(true)
    const resumed = new Search(again, limits)
    resumed.takeUp(search.place(), search.rows.saved())
    expect(resumed.isClosed()).toBe(true)
    while (resumed.advance(1000)) {}
    const { states, generated, depth } = resumed.result()
    expect([states, generated, depth]).toEqual([whole.states, whole.generated, whole.depth])
  })
})
