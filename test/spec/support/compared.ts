/** A model's graph by the code and by TLC, both explored now and compared element by element. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { exploreElements, partingOf } from "../../../src/cli/element-difference.ts"
import { differences } from "../../../src/cli/model-graph.ts"
import { type PbftModelSpec, pbftModels } from "../../../src/model-check/pbft-models.ts"

const models = pbftModels.filter((m) => m.size === "test" && m.expect === "holds")

// These keep TLC busy longest: they are compared in npm run test:slow.
export const longer = [
  "RecovererAlone",
  "IdleLog",
  "ForgedNewView",
  "RejoinerBriefly",
  "RekeyerInNewView",
  "RekeyerRecovering",
  "LiarsInTurn",
  "RecoveredLiar",
]

export const quickModels = models.filter(({ name }) => !longer.includes(name))
export const longerModels = models.filter(({ name }) => longer.includes(name))

/** What TLC took and met, when the graphs are equal; fails where they are not. */
export const compared = (spec: PbftModelSpec) =>
  Effect.gen(function* () {
    const { ours, theirs, code, tlc } = yield* exploreElements(spec, { specFolder: "spec/tla" })
    assert.strictEqual(theirs.outcome.verdict._tag, "exhaustive")
    assert.isUndefined(partingOf(code, tlc, true))
    assert.deepStrictEqual(differences(ours, theirs), [])
    // The elements are all of the graph that was summed up.
    const { states, steps, stepsOf, witnesses } = theirs.graph
    assert.deepStrictEqual([code.states.size, code.steps.size], [states, steps])
    assert.deepStrictEqual([tlc.states.size, tlc.steps.size], [states, steps])
    for (const name of spec.unreachable) assert.notInclude(witnesses, name)
    return { actions: Object.keys(stepsOf), witnesses }
  })
