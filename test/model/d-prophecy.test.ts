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

const explored = new Map<string, Explored>()
const explore = (spec: DProphecyModelSpec): Explored => {
  const known = explored.get(spec.name)
  if (known !== undefined) return known
  // To sum up the graph of a large one takes longer than to explore it.
  const result = exploreModel(spec, { limits, graph: spec.size !== "nightly" })
  explored.set(spec.name, result)
  return result
}

describe("models of D-Prophecy", () => {
  it.each(dProphecyModels.map((m) => [m.name, m] as const))(
    "%s comes out as it must",
    (_, spec) => {
      const { exploration, graph } = explore(spec)
      expect(unmet(spec, exploration)).toEqual([])
      const { verdict, states, generated, depth } = exploration
      const counts = { verdict, states, generated, depth }
      if (graph === undefined) return expect(golden[fullName(spec)]).toMatchObject(counts)
      const { steps, stateDigest, stepDigest } = graph
      expect(golden[fullName(spec)]).toEqual({ ...counts, steps, stateDigest, stepDigest })
    },
  )

  it("reach every action, every antecedent and every witness", () => {
    const all = dProphecyModels.map((m) => explore(m).exploration)
    const [first] = dProphecyModels
    if (first === undefined) throw new Error("no model")
    const { actions, invariants, witnesses } = dProphecyModel("", constantsOfDProphecy(first))
    const names = [...actions, ...invariants.map((i) => i.name), ...witnesses.map((w) => w.name)]
    const reached = new Set(
      all.flatMap((e) => [...e.taken.keys(), ...e.antecedents, ...e.witnessed]),
    )
    expect(names.filter((name) => !reached.has(name))).toEqual([])
  })
})
