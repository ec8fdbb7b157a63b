/** The models of Zyzzyva that are small enough for every run, explored with the real step. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { GoldenCount } from "../../ci/models.ts"
import { type Explored, exploreModel, fullName } from "../../src/cli/model-graph.ts"
import { unmet } from "../../src/model-check/expectation.ts"
import { zyzzyvaModel } from "../../src/model-check/zyzzyva-model.ts"
import {
  constantsOfZyzzyva,
  type ZyzzyvaTwinSpec,
} from "../../src/model-check/zyzzyva-model-spec.ts"
import { zyzzyvaTwinModels } from "../../src/model-check/zyzzyva-models.ts"

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>
const small = zyzzyvaTwinModels.filter((m) => m.size === "test" || m.size === "large")

const explored = new Map<string, Explored>()
const explore = (spec: ZyzzyvaTwinSpec): Explored => {
  const known = explored.get(spec.name)
  if (known !== undefined) return known
  const result = exploreModel(spec, { limits, graph: spec.byTlc !== "nothing" })
  explored.set(spec.name, result)
  return result
}

describe("models of Zyzzyva", () => {
  it.each(small.map((m) => [m.name, m] as const))("%s comes out as it must", (_, spec) => {
    const { exploration, graph } = explore(spec)
    expect(unmet(spec, exploration)).toEqual([])
    if (graph === undefined || spec.expect !== "holds") return
    const { verdict, states, generated, depth } = exploration
    const { steps, stateDigest, stepDigest } = graph
    const counts = { verdict, states, generated, depth, steps, stateDigest, stepDigest }
    expect(golden[fullName(spec)]).toEqual(counts)
  })

  it("take every action in graphs that both tools compared", () => {
    const [first] = small
    if (first === undefined) throw new Error("no model")
    const { actions } = zyzzyvaModel("", constantsOfZyzzyva(first))
    expect(actions.length).toBeGreaterThan(20)
    const compared = small.filter((m) => m.byTlc !== "nothing" && m.expect === "holds")
    // Steps that change the state: what TLC records too.
    const taken = new Set(compared.flatMap((m) => Object.keys(explore(m).graph?.stepsOf ?? {})))
    expect(actions.filter((action) => !taken.has(action))).toEqual([])
  })
})
