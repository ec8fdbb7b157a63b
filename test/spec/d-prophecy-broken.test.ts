/** Each model of D-Prophecy that lacks a rule fails; by TLC (npm run test:slow). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { dProphecyCfgName } from "../../src/model-check/d-prophecy-cfg.ts"
import { brokenDProphecyModels } from "../../src/model-check/d-prophecy-models.ts"
import { runTlc } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const minutes = 60_000

describe("D-Prophecy without a rule", () => {
  for (const spec of brokenDProphecyModels) {
    it.live(
      `${spec.name}: ${spec.why}`,
      () =>
        Effect.gen(function* () {
          const { verdict } = yield* runTlc({
            spec: "spec/tla/MCDProphecy.tla",
            config: `spec/tla/${dProphecyCfgName(spec)}`,
            workers: 1,
            heap: "2g",
          })
          assert.strictEqual(verdict._tag, "violated")
          if (verdict._tag !== "violated" || spec.expect === "holds") return
          assert.strictEqual(verdict.violations[0]?.name, spec.expect.violates)
        }).pipe(Effect.provide(Toolchain.layer)),
      5 * minutes,
    )
  }
})
