/** The abstraction of Zyzzyva in the explorer: its models, its story, what each rule is for. */
import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { GoldenCount } from "../../ci/models.ts"
import { exploreModel, fullName } from "../../src/cli/model-graph.ts"
import { unmet } from "../../src/model-check/expectation.ts"
import { type Exploration, explore, type Violation } from "../../src/model-check/explore.ts"
import { follow } from "../../src/model-check/follow.ts"
import { counterexampleLines, stepsIn } from "../../src/model-check/report.ts"
import { brokenZyzzyva } from "../../src/model-check/zyzzyva-core-broken-models.ts"
import {
  type ZyzzyvaRule,
  zyzzyvaRules,
  zyzzyvaWorld,
} from "../../src/model-check/zyzzyva-core-constants.ts"
import {
  zyzzyvaBase,
  type ZyzzyvaModelSpec,
  zyzzyvaModels,
  zyzzyvaModelWorld,
} from "../../src/model-check/zyzzyva-core-models.ts"
import { ZyzzyvaSpace } from "../../src/model-check/zyzzyva-core-space.ts"
import { zyzzyvaStory } from "../../src/model-check/zyzzyva-core-story.ts"

const limits = { states: 1_000_000, depth: Number.MAX_SAFE_INTEGER }
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>
const tests = zyzzyvaModels.filter((m) => m.size === "test")
const failing = zyzzyvaModels.filter((m) => m.expect !== "holds")
const named = (name: string): ZyzzyvaModelSpec => {
  const spec = zyzzyvaModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return spec
}
const run = (spec: ZyzzyvaModelSpec, reduced = spec.reduced): Exploration =>
  explore(zyzzyvaModelWorld(spec, reduced), limits)

const folder = "test/spec/zyzzyva-counterexamples"
const kept = (name: string): ReadonlyArray<string> =>
  readFileSync(`${folder}/${name}.txt`, "utf8").trimEnd().split("\n")
const violationOf = ({ name, expect: e }: ZyzzyvaModelSpec): Violation => ({
  property: e === "holds" ? "" : e.violates,
  why: "",
  path: stepsIn(kept(name)),
})

describe("models of the abstraction of Zyzzyva", () => {
  it.each(tests.map((m) => [m.name, m] as const))(
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

  it.each([0, 1, 2, 3])("say the same of classes as of states; Byzantine replica %i", (id) => {
    const spec = named(`TwoViews${id}`)
    const [whole, reduced] = [run(spec, false), run(spec, true)]
    expect(reduced.verdict).toBe(whole.verdict)
    expect(reduced.depth).toBe(whole.depth)
    expect([...reduced.witnessed].sort()).toEqual([...whole.witnessed].sort())
    expect(reduced.states).toBeLessThan(whole.states * 0.51)
    expect(reduced.states * 2).toBeGreaterThanOrEqual(whole.states)
  })

  it.each([0, 1, 2, 3])("come to the same in layers as not; Byzantine replica %i", (id) => {
    const [layers, free] = [run(named(`TwoViews${id}`)), run(named(`Interleaved${id}`))]
    expect([...layers.witnessed].sort()).toEqual([...free.witnessed].sort())
    expect(layers.states).toBeLessThan(free.states)
  })

  it("refuse logs that do not fit into a mask", () => {
    const asked = [
      ["a", "b"],
      ["c", "d"],
      ["e", "f"],
    ]
    expect(() => zyzzyvaWorld({ ...zyzzyvaBase, asked })).toThrow(/31 bits/)
  })

  it("can be saved and taken up, with the same numbers", () => {
    const spec = named("TwoViews0")
    const world = zyzzyvaModelWorld(spec)
    const whole = world.space
    explore(world, limits)
    const again = new ZyzzyvaSpace(zyzzyvaWorld(spec), true)
    expect(again.restore(whole.save())).toBe(true)
    expect(again.steps).toBe(whole.steps)
    expect([...again.taken]).toEqual([...whole.taken])
    const saved = whole.save()
    const other = new ZyzzyvaSpace(zyzzyvaWorld(named("TwoViews1")), true)
    expect(other.restore({ ...saved, numbers: Int32Array.of(0, 99999, 0) })).toBe(false)
  })
})

describe("what the views below must not do", () => {
  it("each rule that a model may lack is lacked by one", () => {
    const lacked = new Set<ZyzzyvaRule>(failing.flatMap((m) => m.lacks))
    expect(Object.keys(zyzzyvaRules).filter((rule) => !lacked.has(rule as ZyzzyvaRule))).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(failing.map((m) => `${m.name}.txt`).sort())
  })

  it.each(failing.map((m) => [m.name, m] as const))(
    "%s: the kept way can be followed, and breaks it",
    (_, spec) => {
      const { property, path } = violationOf(spec)
      const followed = follow(zyzzyvaModelWorld(spec, false), path)
      expect(followed.stuckAt).toBeUndefined()
      expect(followed.broken?.property).toBe(property)
    },
  )

  const quick = failing.filter((m) => m.viewChange === "corrected" && m.maxView === 1)
  it.each(quick.map((m) => [m.name, m] as const))("%s: there is no shorter way", (_, spec) => {
    const { violation } = run(spec)
    expect(counterexampleLines(violation as Violation)).toEqual(kept(spec.name))
  })

  const { fastNeeds, commitNeeds, localNeeds, changeNeeds, voteNeeds, lacks, also } = zyzzyvaBase
  const whole = { fastNeeds, commitNeeds, localNeeds, changeNeeds, voteNeeds, lacks, also }
  it.each(failing.map((m) => [m.name, m] as const))(
    "%s: breaks nothing with the corrected rule",
    (_, spec) => {
      const mended = { ...spec, ...whole, viewChange: "corrected" } as const
      expect(follow(zyzzyvaModelWorld(mended, false), violationOf(spec).path).broken).toBeNull()
    },
  )

  it.each([0, 1, 2, 3])("by a Byzantine replica %i: no view fewer than the table says", (id) => {
    for (const broken of brokenZyzzyva.filter(({ views }) => (views[id] ?? 0) > 2)) {
      const spec = { ...zyzzyvaBase, ...broken.changes, byzantine: [id] }
      const two = { ...named("TwoViews0"), ...spec, invariants: ["Agreement"] as const }
      expect(run(two).verdict, broken.name).toBe("exhaustive")
    }
  })
})

describe("the published rule", () => {
  it("lets the longest certificate win in the strict reading too", () => {
    const spec = named("PublishedLongest")
    const strict = { ...spec, also: ["TiesToLaterView", "SinceLastViewChange"] as const }
    const followed = follow(zyzzyvaModelWorld(strict, false), violationOf(spec).path)
    expect(followed.stuckAt).toBeUndefined()
    expect(followed.broken?.property).toBe("FirstCarriesOver")
  })

  it("is told as a story: who lies, what is complete, and what is lost", () => {
    const spec = named("PublishedCertificate")
    const story = zyzzyvaStory(spec, violationOf(spec))
    expect(story.filter((line) => line.startsWith("view "))).toEqual([
      "view 0, primary 0 (Byzantine)",
      "view 1, primary 1",
      "view 2, primary 2",
    ])
    const text = story.join("\n")
    expect(text).toContain("=> (b) is COMPLETE: 4 equal answers")
    expect(text).toMatch(/replica 0, lying: .*, a certificate of view 0 for \(a\)/)
    expect(story.at(-1)).toMatch(/^AnsweredCarriesOver is broken/)
  })

  it("has no story for a way that cannot be taken", () => {
    const spec = named("PublishedTies")
    const violation = violationOf(spec)
    const wrong = { ...violation, path: violation.path.slice(1) }
    expect(() => zyzzyvaStory(spec, wrong)).toThrow(/cannot be taken/)
  })
})
