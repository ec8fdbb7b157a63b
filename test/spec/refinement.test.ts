/** Pbft.tla refines PbftCore.tla, by TLC, and TLC sees as many states as the explorer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exploreRefinement, refinementProblems, tlcRefinement } from "../../src/cli/refinement.ts"
import { refinements } from "../../src/model-check/refinement-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }

describe("the specification refines its abstraction", () => {
  for (const spec of refinements.filter((r) => r.size === "test" && r.by === "both")) {
    it.live(
      `${spec.model.name}: ${spec.model.why}`,
      () =>
        Effect.gen(function* () {
          const theirs = yield* tlcRefinement(spec, { specFolder: "spec/tla" })
          const ours = exploreRefinement(spec, limits)
          assert.deepStrictEqual(refinementProblems(ours, theirs), [])
          const { verdict } = theirs.outcome
          if (verdict._tag !== "exhaustive") return
          const more = { ...ours, exploration: { ...ours.exploration, states: 1 } }
          assert.match(refinementProblems(more, theirs)[0] ?? "", /the code has 1, TLC has/)
        }).pipe(Effect.provide(Toolchain.layer)),
      300_000,
    )
  }
})
