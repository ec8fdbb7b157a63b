/** Prophecy explored by TLC and, with the real step, by the explorer: the graphs are equal. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exploreElements, partingOf } from "../../src/cli/element-difference.ts"
import { differences } from "../../src/cli/model-graph.ts"
import { type ProphecyModelSpec, prophecyModels } from "../../src/model-check/prophecy-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const minutes = 60_000

const named = (name: string): ProphecyModelSpec => {
  const spec = prophecyModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return spec
}

describe("the graph of the sketcher", () => {
  // The others are compared beside the tests (npm run model:large); what must fail is in
  // broken.test.ts.
  for (const spec of ["Repeated"].map(named)) {
    it.live(
      `${spec.name}: states, steps, depth and counts are equal, element by element`,
      () =>
        Effect.gen(function* () {
          const { ours, theirs, code, tlc } = yield* exploreElements(spec, {
            specFolder: "spec/tla",
          })
          assert.strictEqual(theirs.outcome.verdict._tag, "exhaustive")
          assert.isUndefined(partingOf(code, tlc, true))
          assert.deepStrictEqual(differences(ours, theirs), [])
          const seen = [...ours.exploration.witnessed, ...ours.exploration.antecedents]
          assert.includeMembers(seen, [...theirs.graph.witnesses])
        }).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }
})
