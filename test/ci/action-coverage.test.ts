/** Every action of the specification occurs in a model that both tools compared. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import {
  coverageOf,
  coverageText,
  isCompared,
  readActionCounts,
  specifiedActions,
} from "../../ci/action-coverage.ts"
import type { GoldenCount } from "../../ci/models.ts"
import { pbftModels } from "../../src/model-check/pbft-models.ts"

const counts = readActionCounts()
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>
const actions = specifiedActions()

describe("the actions of the specification", () => {
  it("each occur in a model whose graph both tools compared, in the small ones too", () => {
    expect(actions.length).toBeGreaterThanOrEqual(18)
    expect(coverageOf(pbftModels, counts, actions).uncovered).toEqual([])
    const small = pbftModels.filter((m) => m.size === "test")
    expect(coverageOf(small, counts, actions).uncovered).toEqual([])
  })

  it("are counted in every compared model, as many steps as the graph has in all", () => {
    const { models, uncounted } = coverageOf(pbftModels, counts, actions)
    const fix = "node ci/models.ts --compare NAME --golden"
    expect(
      uncounted.filter((name) => golden[name] !== undefined),
      fix,
    ).toEqual([])
    for (const [{ name }, of] of models) {
      const sum = Object.values(of).reduce((a, b) => a + b, 0)
      expect(sum, `${name}: ${fix}`).toBe(golden[name]?.steps)
      expect(
        Object.keys(of).filter((a) => !actions.includes(a)),
        name,
      ).toEqual([])
    }
  })

  it("are in spec/coverage.md as they were counted: npm run models", () => {
    const text = coverageText(coverageOf(pbftModels, counts, actions))
    expect(readFileSync("spec/coverage.md", "utf8")).toBe(text)
  })

  it("that no model covers are named", () => {
    const only = pbftModels.filter((m) => m.name === "Normal")
    const { uncovered } = coverageOf(only, counts, actions)
    expect(uncovered).toContain("EnterView")
    expect(uncovered).not.toContain("Execute")
    expect(coverageOf(pbftModels, counts, [...actions, "FetchState"]).uncovered).toEqual([
      "FetchState",
    ])
    const { uncounted } = coverageOf(pbftModels, {}, actions)
    expect(uncounted).toEqual(pbftModels.filter(isCompared).map((m) => m.name))
    expect(coverageText(coverageOf(only, counts, actions))).toMatch(/model: .*EnterView/)
  })
})
