/**
 * The code's graph and the specification's, both explored now: the real step in this process, the
 * TLA+ module by TLC, compared element by element; element-difference.test.ts plants differences,
 * equality-longer.test.ts has the longer ones, broken.test.ts what must fail.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { specifiedActions } from "../../ci/action-coverage.ts"
import { everyInvariant } from "../../src/model-check/pbft-models.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"
import { compared, quickModels } from "./support/compared.ts"

const minutes = 60_000
const seenByTlc = { actions: new Set<string>(), witnesses: new Set<string>() }

describe("the code's graph is the specification's", () => {
  for (const spec of quickModels) {
    it.live(
      `${spec.name}: states, steps, depth and counts are equal, element by element`,
      () =>
        Effect.gen(function* () {
          const { actions, witnesses } = yield* compared(spec)
          for (const action of actions) seenByTlc.actions.add(action)
          for (const witness of witnesses) seenByTlc.witnesses.add(witness)
        }).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }

  it.live("TLC took every action, met every antecedent and ten witnesses", () =>
    Effect.sync(() => {
      const untaken = specifiedActions().filter((action) => !seenByTlc.actions.has(action))
      assert.deepStrictEqual(untaken, [])
      const missing = everyInvariant.filter((i) => i !== "TypeOK" && !seenByTlc.witnesses.has(i))
      // Longer and large models have these: a commit and a later view with votes (ViewChange),
      // checkpoints of several replicas (IdleLog), and clients that write and read.
      assert.deepStrictEqual(missing, ["CarryOver", "CheckpointAgreement", "FreshReads"])
      const reached = [...seenByTlc.witnesses].filter((w) => w.startsWith("Reach"))
      assert.isAtLeast(reached.length, 10)
    }),
  )
})
