/** Every action of a specification occurs in a model that both tools compared. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  coverageOf,
  coverages,
  coverageText,
  isCompared,
  readActionCounts,
  specifiedActions,
} from "../../ci/action-coverage.ts"
import { featurePairs, pairTable } from "../../ci/feature-pairs.ts"
import type { GoldenCount } from "../../ci/models.ts"
import { fullName } from "../../src/cli/model-graph.ts"
import { pbftModels } from "../../src/model-check/pbft-models.ts"
import { zyzzyvaTwinModels } from "../../src/model-check/zyzzyva-models.ts"

const counts = readActionCounts()
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>
const all = { Pbft: pbftModels, Zyzzyva: zyzzyvaTwinModels }

describe.each(["Pbft", "Zyzzyva"] as const)("the actions of %s.tla", (module) => {
  const actions = specifiedActions(module)
  const specs = all[module]

  it("each occur in a model whose graph both tools compared", () => {
    expect(actions.length).toBeGreaterThanOrEqual(18)
    expect(coverageOf(specs, counts, actions).uncovered).toEqual([])
  })

  it("are counted in every compared model, as many steps as the graph has in all", () => {
    const { models, uncounted } = coverageOf(specs, counts, actions)
    const fix = "node ci/models.ts --compare NAME --golden"
    const known = specs.map(fullName).filter((name) => golden[name] !== undefined)
    const named = uncounted.filter((name) => known.some((k) => k.split("/").at(-1) === name))
    expect(named, fix).toEqual([])
    for (const [spec, of] of models) {
      const name = fullName(spec)
      const sum = Object.values(of).reduce((a, b) => a + b, 0)
      expect(sum, `${name}: ${fix}`).toBe(golden[name]?.steps)
      expect(
        Object.keys(of).filter((a) => !actions.includes(a)),
        name,
      ).toEqual([])
    }
  })

  it("that no model covers are named", () => {
    const only = specs.filter((m) => m.name === "Normal")
    const { uncovered } = coverageOf(only, counts, actions)
    expect(uncovered).toContain("EnterView")
    expect(uncovered).not.toContain("Execute")
    expect(coverageOf(specs, counts, [...actions, "FetchState"]).uncovered).toEqual(["FetchState"])
    const { uncounted } = coverageOf(specs, {}, actions)
    expect(uncounted).toEqual(specs.filter(isCompared).map((m) => m.name))
    const fewer = { ...coverages(all), [module]: coverageOf(only, counts, actions) }
    const text = coverageText(fewer, "")
    expect(text).toMatch(/model:\n.*EnterView/)
  })
})

describe("the actions of PBFT", () => {
  it("each occur in a small model too", () => {
    const small = pbftModels.filter((m) => m.size === "test")
    expect(coverageOf(small, counts, specifiedActions()).uncovered).toEqual([])
  })
})

describe("the tables of coverage", () => {
  it("are in spec/coverage.md as they were counted: npm run models", () => {
    expect(readFileSync("spec/coverage.md", "utf8")).toBe(
      coverageText(coverages(all), pairTable(featurePairs(pbftModels, counts))),
    )
  })
})
