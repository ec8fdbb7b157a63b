/** The abstraction in the explorer: its models, its reduction, what breaks without each rule. */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { GoldenCount } from "../../ci/models.ts"
import { exploreModel, fullName } from "../../src/cli/model-graph.ts"
import { unmet } from "../../src/model-check/expectation.ts"
import { type Exploration, explore } from "../../src/model-check/explore.ts"
import { follow } from "../../src/model-check/follow.ts"
import {
  type CoreConstants,
  type CoreRule,
  coreRules,
  coreWorld,
} from "../../src/model-check/pbft-core-constants.ts"
import { CoreJudge } from "../../src/model-check/pbft-core-judge.ts"
import {
  coreBase,
  type CoreModelSpec,
  coreModels,
  coreModelWorld,
} from "../../src/model-check/pbft-core-models.ts"
import { WatchedSpace } from "../../src/model-check/pbft-core-projection.ts"
import { CoreSpace } from "../../src/model-check/pbft-core-space.ts"
import { counterexampleLines, stepsIn } from "../../src/model-check/report.ts"

const limits = { states: 1_000_000, depth: Number.MAX_SAFE_INTEGER }
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>
const ofSize = (size: CoreModelSpec["size"]): ReadonlyArray<CoreModelSpec> =>
  coreModels.filter((m) => m.size === size)
const mutants = ofSize("mutant")
const named = (name: string): CoreModelSpec => {
  const spec = coreModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return spec
}
const run = (spec: CoreModelSpec, reduced = spec.reduced): Exploration =>
  explore(coreModelWorld(spec, reduced), limits)

describe("models of the abstraction", () => {
  it.each(ofSize("test").map((m) => [m.name, m] as const))(
    "%s comes out as it must, with the counts that TLC found",
    (_, spec) => {
      const { exploration: e, graph } = exploreModel(spec, { limits, graph: true })
      expect(unmet(spec, e)).toEqual([])
      const count = golden[fullName(spec)]
      expect(count, `${fullName(spec)} is in spec/golden-counts.json`).toBeDefined()
      expect({
        verdict: e.verdict,
        states: e.states,
        generated: e.generated,
        depth: e.depth,
        steps: graph?.steps,
        stateDigest: graph?.stateDigest,
        stepDigest: graph?.stepDigest,
      }).toEqual(count)
    },
  )

  it("hold at every position of the Byzantine replica, in three views", () => {
    const three = coreModels.filter((m) => m.name.startsWith("ThreeViewsReduced"))
    const found = three.map((spec) => [spec.byzantine, run(spec).verdict])
    expect(found).toEqual([0, 1, 2, 3].map((id) => [[id], "exhaustive"]))
  })
})

describe("taking interchangeable batches for one another", () => {
  const each = [...ofSize("test"), ...mutants, named("ThreeViewsReduced3")]
  it.each(each.map((m) => [m.name, m] as const))("changes no verdict: %s", (_, spec) => {
    const whole = run(spec, false)
    const reduced = run(spec, true)
    expect(reduced.verdict).toBe(whole.verdict)
    expect(reduced.depth).toBe(whole.depth)
    expect(reduced.violation?.property).toBe(whole.violation?.property)
    expect(reduced.violation?.path.length).toBe(whole.violation?.path.length)
    if (whole.verdict === "exhaustive") {
      expect([...reduced.witnessed].sort()).toEqual([...whole.witnessed].sort())
      expect(reduced.states).toBeLessThan(whole.states * 0.51)
      // No class has more states than there are ways to name two batches.
      expect(reduced.states * 2).toBeGreaterThanOrEqual(whole.states)
    }
  })

  it("leaves a counterexample whose names stay the same on the way", () => {
    for (const spec of mutants) {
      const { violation } = run(spec, true)
      const followed = follow(coreModelWorld(spec, false), violation?.path ?? [])
      expect(followed.stuckAt, spec.name).toBeUndefined()
      expect(followed.broken?.property, spec.name).toBe(violation?.property)
    }
  })
})

describe("each rule of the abstraction is needed: the kept counterexamples", () => {
  const folder = "test/spec/counterexamples"
  const kept = (name: string): ReadonlyArray<string> =>
    readFileSync(`${folder}/${name}.txt`, "utf8").trimEnd().split("\n")

  it("are one for each model that must fail", () => {
    expect(readdirSync(folder).sort()).toEqual(mutants.map((m) => `${m.name}.txt`).sort())
    expect(mutants.length).toBeGreaterThanOrEqual(20)
    const lacked = new Set<CoreRule>(mutants.flatMap((m) => m.lacks))
    expect(Object.keys(coreRules).filter((rule) => !lacked.has(rule as CoreRule))).toEqual([])
  })

  it.each(mutants.map((m) => [m.name, m] as const))(
    "%s: can be followed, is shortest",
    (_, spec) => {
      const steps = stepsIn(kept(spec.name))
      expect(spec.expect).not.toBe("holds")
      const violates = spec.expect === "holds" ? "" : spec.expect.violates
      const followed = follow(coreModelWorld(spec), steps)
      expect(followed.stuckAt).toBeUndefined()
      expect(followed.broken?.property).toBe(violates)
      expect(run(spec).violation?.path.length).toBe(steps.length)
    },
  )

  // DecidedTwice and ThreeReplicas leave no rule out: their claim is that too much is asked.
  const ruled = mutants.filter((m) => !["DecidedTwice", "ThreeReplicas"].includes(m.name))
  it.each(ruled.map((m) => [m.name, m] as const))("%s: cannot happen with the rule", (_, spec) => {
    const { n, prepareNeeds, commitNeeds, a1Needs, a2Needs, nullNeeds, lacks } = coreBase
    const whole = { ...spec, n, prepareNeeds, commitNeeds, a1Needs, a2Needs, nullNeeds, lacks }
    const followed = follow(coreModelWorld(whole), stepsIn(kept(spec.name)))
    expect(followed.broken).toBeNull()
  })

  it("that are not counterexamples are refused", () => {
    expect(() => stepsIn(["x does not hold", "nonsense"])).toThrow(/"nonsense" is no step/)
    const steps = stepsIn(kept("PIsTheFirst"))
    const skipping = steps.filter((_, k) => k !== 5)
    expect(follow(coreModelWorld(named("PIsTheFirst")), skipping).stuckAt?.action).toBe("Prepare")
    const { violation } = run(named("WithoutQ"))
    if (violation === undefined) throw new Error("WithoutQ violates nothing")
    expect(stepsIn(counterexampleLines(violation))).toEqual(violation.path)
  })
})

describe("what one number sees of two", () => {
  const watch = (byzantine: number, narrow: Partial<CoreConstants>, states: number) => {
    const c = { ...coreBase, byzantine: [byzantine], maxSeq: 2, invented: [] }
    const wide = new CoreSpace(coreWorld(c), true)
    const one = new CoreSpace(coreWorld({ ...c, ...narrow, maxSeq: 1 }), false)
    const space = new WatchedSpace(wide, one)
    const found = explore(
      { space, judge: new CoreJudge(wide, c.invariants) },
      { ...limits, states },
    )
    return { found, space }
  }

  it.each([0, 1, 2, 3])("is what happens with that number alone; Byzantine replica %i", (id) => {
    const { found, space } = watch(id, {}, 60_000)
    expect(found.states).toBeGreaterThanOrEqual(60_000)
    // Every successor is watched for both numbers; the first state is nobody's successor.
    expect(space.watched).toBe((found.generated - 1) * 2)
  })

  it("is noticed when it could not happen so", () => {
    expect(() => watch(0, { nullNeeds: 4 }, 60_000)).toThrow("is a step of one number")
    expect(() => watch(0, { prepareNeeds: 4 }, 60_000)).toThrow("is a step of one number")
  })
})
