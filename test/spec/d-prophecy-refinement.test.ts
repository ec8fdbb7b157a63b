/**
 * What clients of D-Prophecy see is delay-once, and is not where a rule is missing; by TLC
 * (npm run test:slow). With NIGHTLY=1 the models that keep TLC busy for long. The explorer's side
 * is test/model/d-prophecy-refinement.test.ts.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { dProphecyRefinementCfgName } from "../../src/model-check/d-prophecy-cfg.ts"
import {
  type DProphecyModelSpec,
  dProphecyRefinements,
} from "../../src/model-check/d-prophecy-models.ts"
import { runTlc } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"
import { countedAsBefore } from "./support/delay-once-counts.ts"
import { brokenBy, holdsIn } from "./support/consistency-models.ts"

const minutes = 60_000
const isNight = process.env["NIGHTLY"] !== undefined

const byTlc = (spec: DProphecyModelSpec) =>
  runTlc({
    spec: "spec/tla/RefineDProphecy.tla",
    config: `spec/tla/${dProphecyRefinementCfgName(spec)}`,
    workers: 1,
    heap: "2g",
  }).pipe(Effect.provide(Toolchain.layer))

const failing = dProphecyRefinements.flatMap(({ model, expect }) =>
  expect === "fails" ? [model] : [],
)

describe("what clients see of D-Prophecy is delay-once", () => {
  countedAsBefore("RefineDProphecy", isNight)
})

describe.skipIf(isNight)("what clients see is not delay-once", () => {
  for (const spec of failing) {
    it.live(
      `${spec.name}: ${spec.why}`,
      () =>
        Effect.gen(function* () {
          const { verdict } = yield* byTlc(spec)
          assert.strictEqual(verdict._tag, "violated")
          if (verdict._tag !== "violated") return
          assert.strictEqual(verdict.violations[0]?.name, "IsDelayOnce")
        }),
      5 * minutes,
    )
  }
})

describe.skipIf(isNight)("the states in which DelayOnce may be", () => {
  it("are none exactly where the history is not delay-once by definition", async () => {
    assert.isAbove(await holdsIn("MCDelayOnceMonitor"), 10_000)
    assert.strictEqual((await brokenBy("MCDelayOnceMonitor-Some")).name, "AllAreDelayOnce")
  }, 300_000)
})
