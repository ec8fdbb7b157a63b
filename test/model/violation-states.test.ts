/** The states on the way to each violation: as many as steps, and what breaks is in the last. */
import { describe, expect, it } from "vitest"
import { exploreModel, type ModelSpec, worldOf } from "../../src/cli/model-graph.ts"
import { violationStates, withStates } from "../../src/cli/violation-states.ts"
import { coreModels } from "../../src/model-check/pbft-core-models.ts"
import { pbftModels } from "../../src/model-check/pbft-models.ts"
import { counterexampleLines } from "../../src/model-check/report.ts"
import { toTla } from "../../src/tla-tools/value-text.ts"
import { readState } from "../../src/cli/canonical-value.ts"

const named = (name: string): ModelSpec => {
  const spec = [...pbftModels, ...coreModels].find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return spec
}

const limits = { states: 1_000_000, depth: Number.MAX_SAFE_INTEGER }

describe("the states on the way to a violation", () => {
  it.each(["QuorumTwoF", "ThreeReplicasQuorumTwo", "WithoutQ"])("of %s", (name) => {
    const spec = named(name)
    const { violation } = exploreModel(spec, { limits, graph: false }).exploration
    if (violation === undefined) throw new Error(`${name} violates nothing`)
    const trace = violationStates(spec, violation)
    expect(trace.states.map(({ action }) => action).slice(1)).toEqual(
      violation.path.map(({ action }) => action),
    )
    // The first state is the model's, and each step leads to another one.
    const { space } = worldOf(spec)
    const start = new Int32Array(space.width)
    space.start(start)
    const texts = trace.states.map(({ variables }) =>
      [...variables].map(([key, value]) => `${key} = ${toTla(value)}`).join(),
    )
    const first = [...readState(space.text(start))].map(([key, v]) => `${key} = ${toTla(v)}`)
    expect(texts[0]).toBe(first.join())
    expect(new Set(texts).size).toBe(violation.path.length + 1)
    const lines = counterexampleLines(violation)
    const told = withStates(lines, trace, false)
    expect(told.filter((line) => lines.includes(line))).toEqual(lines)
    expect(told.length).toBeGreaterThan(lines.length + violation.path.length - 1)
  })

  it("of a way that cannot be taken are not made up", () => {
    const spec = named("QuorumTwoF")
    const { violation } = exploreModel(spec, { limits, graph: false }).exploration
    if (violation === undefined) throw new Error("it violates nothing")
    const [, ...rest] = violation.path
    const wrong = { ...violation, path: [...rest, ...rest] }
    expect(() => violationStates(spec, wrong)).toThrow(/cannot be taken/)
  })
})
