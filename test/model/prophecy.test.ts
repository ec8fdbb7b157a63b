/** The models of Prophecy that are small enough for every run, explored with the real step. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { GoldenCount } from "../../ci/models.ts"
import { type Explored, exploreModel, fullName } from "../../src/cli/model-graph.ts"
import { unmet } from "../../src/model-check/expectation.ts"
import { prophecyModel } from "../../src/model-check/prophecy-model.ts"
import {
  constantsOfProphecy,
  type ProphecyModelSpec,
  prophecyModels,
} from "../../src/model-check/prophecy-models.ts"

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>

const isQuick = (spec: ProphecyModelSpec): boolean =>
  spec.expect !== "holds" || (golden[fullName(spec)]?.states ?? Infinity) < 20_000
const quick = prophecyModels.filter(isQuick)

const explored = new Map<string, Explored>()
const explore = (spec: ProphecyModelSpec): Explored => {
  const known = explored.get(spec.name)
  if (known !== undefined) return known
  const result = exploreModel(spec, { limits, graph: spec.expect === "holds" })
  explored.set(spec.name, result)
  return result
}

describe("models of Prophecy", () => {
  it.each(quick.map((m) => [m.name, m] as const))("%s comes out as it must", (_, spec) => {
    const { exploration, graph } = explore(spec)
    expect(unmet(spec, exploration)).toEqual([])
    if (spec.expect !== "holds") return
    const { verdict, states, generated, depth } = exploration
    const { steps, stateDigest, stepDigest } = graph ?? {
      steps: 0,
      stateDigest: "",
      stepDigest: "",
    }
    expect(golden[fullName(spec)]).toEqual({
      verdict,
      states,
      generated,
      depth,
      steps,
      stateDigest,
      stepDigest,
    })
  })

  it("reach every action, every antecedent and every witness", () => {
    const all = quick.map((m) => explore(m).exploration)
    const [first] = quick
    if (first === undefined) throw new Error("no model")
    const { actions, invariants, witnesses } = prophecyModel("", constantsOfProphecy(first))
    const taken = new Set(all.flatMap((e) => [...e.taken.keys()]))
    const antecedents = new Set(all.flatMap((e) => [...e.antecedents]))
    const witnessed = new Set(all.flatMap((e) => [...e.witnessed]))
    expect(actions.filter((a) => !taken.has(a))).toEqual([])
    expect(invariants.map((i) => i.name).filter((i) => !antecedents.has(i))).toEqual([])
    expect(witnesses.map((w) => w.name).filter((w) => !witnessed.has(w))).toEqual([])
    expect(actions).toEqual(expect.arrayContaining(["SketcherRecvRead", "SketcherRecvWrite"]))
  })
})
