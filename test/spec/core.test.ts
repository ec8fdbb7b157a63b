/** The abstraction explored by TLC and by the explorer now: the graphs are equal. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { differences, exploreModel, tlcModel } from "../../src/cli/model-graph.ts"
import { coreModels } from "../../src/model-check/pbft-core-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"
import { withCopy } from "../mutants/copy.ts"

const limits = { states: 1_000_000, depth: Number.MAX_SAFE_INTEGER }
const minutes = 60_000

describe("the graph of the abstraction", () => {
  for (const spec of coreModels.filter((m) => m.size === "test")) {
    it.live(
      `${spec.name}: states, steps, depth, counts and witnesses are equal`,
      () =>
        Effect.gen(function* () {
          const ours = exploreModel(spec, { limits, graph: true })
          const theirs = yield* tlcModel(spec, { specFolder: "spec/tla" })
          assert.strictEqual(theirs.outcome.verdict._tag, "exhaustive")
          assert.deepStrictEqual(differences(ours, theirs), [])
          assert.deepStrictEqual(
            [...theirs.graph.witnesses].sort(),
            [...ours.exploration.witnessed].sort(),
          )
          assert.deepStrictEqual(
            spec.reaches.filter((name) => !theirs.graph.witnesses.includes(name)),
            [],
          )
        }).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }

  it.live(
    "of two numbers, seen by the first, is not that of a module with another rule",
    () =>
      Effect.gen(function* () {
        const spec = coreModels.find((m) => m.name === "EitherNumberAlone")
        if (spec === undefined) throw new Error("no model EitherNumberAlone")
        const planted = {
          name: "one number alone never chooses null",
          file: "spec/tla/MCPbftCore.tla",
          find: "First == INSTANCE PbftCore WITH",
          replace: "First == INSTANCE PbftCore WITH NullNeeds <- 4,",
        }
        const toolchain = yield* Toolchain
        const { outcome } = yield* Effect.promise(() =>
          withCopy(["spec/tla"], planted, (root) => {
            const explored = tlcModel(spec, { specFolder: join(root, "spec/tla") })
            return Effect.runPromise(Effect.provideService(explored, Toolchain, toolchain))
          }),
        )
        assert.strictEqual(outcome.verdict._tag, "violated")
        if (outcome.verdict._tag !== "violated") return
        assert.match(outcome.verdict.violations[0]?.text ?? "", /FirstAlone|property/i)
      }).pipe(Effect.provide(Toolchain.layer)),
    minutes,
  )

  it.live(
    "of a reduced model is that of the classes, not of the states",
    () =>
      Effect.gen(function* () {
        const spec = coreModels.find((m) => m.name === "TwoViews3")
        if (spec === undefined) throw new Error("no model TwoViews3")
        const reduced = exploreModel({ ...spec, reduced: true }, { limits, graph: true })
        const theirs = yield* tlcModel(spec, { specFolder: "spec/tla" })
        const found = differences(reduced, theirs)
        assert.match(found[0] ?? "", /distinct states: the code has \d+, TLC has 3491/)
        assert.isAbove(found.length, 4)
      }).pipe(Effect.provide(Toolchain.layer)),
    minutes,
  )
})
