/** The models of D-Prophecy that are small enough for every run, explored with the real step. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { GoldenCount } from "../../ci/models.ts"
import { type Explored, exploreModel, fullName } from "../../src/cli/model-graph.ts"
import { dProphecyModel } from "../../src/model-check/d-prophecy-model.ts"
import {
  constantsOfDProphecy,
  type DProphecyModelSpec,
  dProphecyModels,
} from "../../src/model-check/d-prophecy-models.ts"
import { unmet } from "../../src/model-check/expectation.ts"

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>

// The others are compared by night, and their histories judged in d-prophecy-refinement.test.ts.
const models = dProphecyModels.filter(({ size }) => size !== "nightly")

const explored = new Map<string, Explored>()
const explore = (spec: DProphecyModelSpec): Explored => {
  const known = explored.get(spec.name)
  if (known !== undefined) return known
  const result = exploreModel(spec, { limits, graph: true })
  explored.set(spec.name, result)
  return result
}

describe("models of D-Prophecy", () => {
  it.each(models.map((m) => [m.name, m] as const))("%s comes out as it must", (_, spec) => {
    const { exploration, graph } = explore(spec)
    expect(unmet(spec, exploration)).toEqual([])
    if (graph === undefined) throw new Error("no graph was recorded")
    const { verdict, states, generated, depth } = exploration
    const { steps, stateDigest, stepDigest } = graph
    const counts = { verdict, states, generated, depth, steps, stateDigest, stepDigest }
    expect(golden[fullName(spec)]).toEqual(counts)
  })

  it("reach every action, every antecedent and every witness", () => {
    const all = models.map((m) => explore(m).exploration)
    const [first] = models
    if (first === undefined) throw new Error("no model")
    const { actions, invariants, witnesses } = dProphecyModel("", constantsOfDProphecy(first))
    const names = [...actions, ...invariants.map((i) => i.name), ...witnesses.map((w) => w.name)]
    const reached = new Set(
      all.flatMap((e) => [...e.taken.keys(), ...e.antecedents, ...e.witnessed]),
    )
    expect(names.filter((name) => !reached.has(name))).toEqual([])
  })
})
