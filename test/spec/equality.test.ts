/**
 * The code's graph and the specification's, both explored now: the real step in this process, the
 * TLA+ module by TLC, compared element by element; element-difference.test.ts plants differences,
 * broken.test.ts has what must fail.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { specifiedActions } from "../../ci/action-coverage.ts"
import { exploreElements, partingOf } from "../../src/cli/element-difference.ts"
import { differences } from "../../src/cli/model-graph.ts"
import { everyInvariant, pbftModels } from "../../src/model-check/pbft-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const models = pbftModels.filter((m) => m.size === "test")
const holding = models.filter((m) => m.expect === "holds")
const minutes = 60_000

const seenByTlc = { actions: new Set<string>(), witnesses: new Set<string>() }

describe("the code's graph is the specification's", () => {
  for (const spec of holding) {
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
          // The elements are all of the graph that was summed up.
          const { states, steps } = theirs.graph
          assert.deepStrictEqual([code.states.size, code.steps.size], [states, steps])
          assert.deepStrictEqual([tlc.states.size, tlc.steps.size], [states, steps])
          for (const action of Object.keys(theirs.graph.stepsOf)) seenByTlc.actions.add(action)
          for (const witness of theirs.graph.witnesses) seenByTlc.witnesses.add(witness)
          for (const name of spec.unreachable) {
            assert.notInclude(theirs.graph.witnesses, name)
          }
        }).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }

  it.live("TLC took every action, met every antecedent and ten witnesses", () =>
    Effect.sync(() => {
      assert.deepStrictEqual([...seenByTlc.actions].sort(), [...specifiedActions()].sort())
      const missing = everyInvariant.filter((i) => i !== "TypeOK" && !seenByTlc.witnesses.has(i))
      // The large models have these: a commit and a later view with votes (ViewChange), checkpoints
      // of several replicas (Normal), and clients that write and read.
      assert.deepStrictEqual(missing, ["CarryOver", "CheckpointAgreement", "FreshReads"])
      const reached = [...seenByTlc.witnesses].filter((w) => w.startsWith("Reach"))
      assert.isAtLeast(reached.length, 10)
    }),
  )
})
