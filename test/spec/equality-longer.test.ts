/** As equality.test.ts, the models that keep TLC busy longest. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"
import { compared, longer, longerModels } from "./support/compared.ts"

const minutes = 60_000

describe("the code's graph is the specification's", () => {
  it("every name is that of a model", () => {
    assert.strictEqual(longerModels.length, longer.length)
  })

  for (const spec of longerModels) {
    it.live(
      `${spec.name}: states, steps, depth and counts are equal, element by element`,
      () => compared(spec).pipe(Effect.provide(Toolchain.layer)),
      3 * minutes,
    )
  }
})
