/** What must fail, fails in TLC; and graphs that differ are called different. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { differences, exploreModel, tlcModel } from "../../src/cli/model-graph.ts"
import { type PbftModelSpec, pbftModels } from "../../src/model-check/pbft-models.ts"
import { prophecyModels } from "../../src/model-check/prophecy-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const limits = { states: 1_000_000, depth: Number.MAX_SAFE_INTEGER }
const minutes = 60_000

const named = (name: string): PbftModelSpec => {
  const spec = pbftModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return spec
}

const failing = [
  ...pbftModels.filter((m) => m.size === "test" && m.expect !== "holds"),
  ...prophecyModels.filter((m) => ["TwoSketchersOnePage", "TruncatedDigests"].includes(m.name)),
]

describe("what must fail, fails in TLC", () => {
  for (const spec of failing) {
    it.live(
      `${spec.name}: ${spec.why}`,
      () =>
        Effect.gen(function* () {
          const { verdict } = (yield* tlcModel(spec, { specFolder: "spec/tla" })).outcome
          assert.strictEqual(verdict._tag, "violated")
          if (verdict._tag !== "violated" || spec.expect === "holds") return
          assert.strictEqual(verdict.violations[0]?.name, spec.expect.violates)
        }).pipe(Effect.provide(Toolchain.layer)),
      minutes,
    )
  }

  it("there are five of them", () => {
    assert.strictEqual(failing.length, 5)
  })

  it.live("a graph that differs is called different", () =>
    Effect.gen(function* () {
      const ours = exploreModel(named("Restart"), { limits, graph: true })
      const theirs = yield* tlcModel(named("ThreeReplicasSilent"), { specFolder: "spec/tla" })
      const found = differences(ours, theirs)
      assert.isAbove(found.length, 3)
      assert.match(found[0] ?? "", /distinct states: the code has 3823, TLC has 16/)
    }).pipe(Effect.provide(Toolchain.layer)),
  )
})
