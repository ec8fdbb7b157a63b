/** Zyzzyva explored by TLC and, with the real step, by the explorer: the graphs are equal. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { exploreElements, partingOf } from "../../src/cli/element-difference.ts"
import { differences, tlcModel } from "../../src/cli/model-graph.ts"
import { zyzzyvaTwinModels } from "../../src/model-check/zyzzyva-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const minutes = 60_000
const small = zyzzyvaTwinModels.filter((m) => m.size === "test")

describe("the graph of Zyzzyva", () => {
  // The others are compared beside the tests (npm run model:large).
  for (const spec of small.filter((m) => m.expect === "holds")) {
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
        }).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }
})

describe("what must fail of Zyzzyva, fails in TLC", () => {
  for (const spec of small.filter((m) => m.expect !== "holds")) {
    it.live(
      `${spec.name}: ${spec.why}`,
      () =>
        Effect.gen(function* () {
          const { outcome } = yield* tlcModel(spec, { specFolder: "spec/tla" })
          const { verdict } = outcome
          assert.strictEqual(verdict._tag, "violated")
          if (verdict._tag !== "violated" || spec.expect === "holds") return
          assert.strictEqual(verdict.violations[0]?.name, spec.expect.violates)
        }).pipe(Effect.provide(Toolchain.layer)),
      minutes,
    )
  }
})
