/** What clients of D-Prophecy see, in every state that the explorer finds with the real step. */
import { describe, expect, it } from "vitest"
import { dProphecyHistoryModel } from "../../src/model-check/d-prophecy-history.ts"
import {
  constantsOfDProphecy,
  type DProphecyModelSpec,
  dProphecyRefinements,
} from "../../src/model-check/d-prophecy-models.ts"
import { explore } from "../../src/model-check/explore.ts"
import { modelWorld } from "../../src/model-check/model-world.ts"

const limits = { states: 1_000_000, depth: Number.MAX_SAFE_INTEGER }

const explored = (spec: DProphecyModelSpec) =>
  explore(modelWorld(dProphecyHistoryModel(spec.name, constantsOfDProphecy(spec))), limits)

// Of those that are big for TLC, the smallest; the others by night, and one of them by the mutants.
const isHere = ({ size, name }: DProphecyModelSpec): boolean =>
  size !== "nightly" || name === "ComesBack" || process.env["NIGHTLY"] !== undefined

const models = dProphecyRefinements.flatMap(({ model, expect: outcome }) =>
  outcome === "refines" && isHere(model) ? [model] : [],
)

describe("clients of D-Prophecy see what DelayOnce may show", () => {
  it.each(models.map((model) => [model.name, model] as const))("%s", (_, model) => {
    const found = explored(model)
    expect(found.violation).toBeUndefined()
    expect(found.verdict).toBe("exhaustive")
    expect(found.antecedents).toContain("IsDelayOnce")
  })
})
