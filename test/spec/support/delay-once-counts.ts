/** The models that must refine DelayOnce, by TLC, with the counts that were written down. */
import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  countDelayOnce,
  type DelayOnceCounts,
  type DelayOnceModel,
  delayOnceModels,
} from "../../../src/cli/delay-once.ts"
import { Toolchain } from "../../../src/tla-tools/toolchain.ts"

const minutes = 60_000
const known = JSON.parse(readFileSync("spec/refinement-counts.json", "utf8")) as Readonly<
  Record<string, DelayOnceCounts>
>

/** A test for each of a module's models: of the nightly ones, or of the others. */
export const countedAsBefore = (module: DelayOnceModel["module"], isNight: boolean): void => {
  const models = delayOnceModels.filter(
    (model) => model.module === module && (model.size === "nightly") === isNight,
  )
  for (const model of models) {
    it.live(
      `${model.name}: ${model.why}`,
      () =>
        Effect.gen(function* () {
          const counts = yield* countDelayOnce(model)
          const again = `node ci/delay-once.ts ${model.name} --golden`
          assert.strictEqual(counts.verdict, "exhaustive")
          assert.deepStrictEqual(counts, known[model.name], again)
        }).pipe(Effect.provide(Toolchain.layer)),
      (isNight ? 600 : 10) * minutes,
    )
  }
}
