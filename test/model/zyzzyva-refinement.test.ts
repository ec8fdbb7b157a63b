/** Each step of Zyzzyva's code is a step of the abstraction; planted differences are found. */
import { describe, expect, it } from "vitest"
import { type Exploration, explore } from "../../src/model-check/explore.ts"
import { Judge } from "../../src/model-check/judge.ts"
import { Space } from "../../src/model-check/space.ts"
import {
  type ZyzzyvaConstants,
  zyzzyvaWorld,
} from "../../src/model-check/zyzzyva-core-constants.ts"
import { zyzzyvaBase } from "../../src/model-check/zyzzyva-core-model-spec.ts"
import { ZyzzyvaSpace } from "../../src/model-check/zyzzyva-core-space.ts"
import { zyzzyvaModel } from "../../src/model-check/zyzzyva-model.ts"
import { constantsOfZyzzyva } from "../../src/model-check/zyzzyva-model-spec.ts"
import { zyzzyvaTwinModels } from "../../src/model-check/zyzzyva-models.ts"
import { RefinedZyzzyva, ZyzzyvaRefinementJudge } from "../../src/model-check/zyzzyva-refinement.ts"

interface Refined {
  readonly exploration: Exploration
  readonly moved: number
  readonly coreStates: number
}

const against = (name: string, changes: Partial<ZyzzyvaConstants>, states = 200_000): Refined => {
  const spec = zyzzyvaTwinModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  const constants = constantsOfZyzzyva(spec)
  const twin = new Space(zyzzyvaModel(name, constants))
  const { byzantine } = spec
  const world = zyzzyvaWorld({ ...zyzzyvaBase, byzantine, inLayers: false, ...changes })
  const space = new RefinedZyzzyva(constants, twin, new ZyzzyvaSpace(world, false))
  const judge = new ZyzzyvaRefinementJudge(space, new Judge(twin))
  const exploration = explore({ space, judge }, { states, depth: Number.MAX_SAFE_INTEGER })
  return { exploration, moved: space.moved, coreStates: space.coreStates }
}

describe("Zyzzyva refines the abstraction", () => {
  it.each(["Normal", "HalfTold", "Split"])("%s, in every state", (name) => {
    const { exploration, moved, coreStates } = against(name, {})
    expect(exploration.violation).toBeUndefined()
    expect(exploration.verdict).toBe("exhaustive")
    expect(moved).toBeGreaterThan(100)
    expect(coreStates).toBeGreaterThan(10)
  })

  it("TwoStories, in the first 60,000 states", () => {
    const { exploration, moved } = against("TwoStories", {}, 60_000)
    expect(exploration.violation).toBeUndefined()
    expect(moved).toBeGreaterThan(1000)
  })

  it.each<[string, string, Partial<ZyzzyvaConstants>, RegExp]>([
    ["more answers in a certificate", "Normal", { commitNeeds: 5 }, /"Acknowledge view 0 \(a\)"/],
    ["more orders for a batch", "Split", { voteNeeds: 4 }, /"NewView view 1: \(b\)"/],
    ["more VIEW-CHANGEs", "HalfTold", { changeNeeds: 5 }, /"NewView view 1/],
    ["requests of others", "Normal", { asked: [["b", "c"]] }, /"Order view 0 seq 1 a"/],
    ["the published rule", "Split", { viewChange: "published" }, /has no step/],
  ])("goes astray where the abstraction asks for %s", (_, name, changes, why) => {
    const { violation } = against(name, changes).exploration
    expect(violation?.property).toBe("RefinesCore")
    expect(violation?.why).toMatch(why)
  })
})
