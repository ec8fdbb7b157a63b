/**
 * Prophecy refines DelayOnce, and does not where a rule is missing; by TLC (npm run test:slow).
 * With NIGHTLY=1 the models that take TLC many minutes or hours each (ci/nightly.sh refinements).
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { prophecyRefinementCfgName } from "../../src/model-check/prophecy-cfg.ts"
import {
  type ProphecyRefinement,
  prophecyRefinements,
} from "../../src/model-check/prophecy-refinement-models.ts"
import { runTlc } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"
import { countedAsBefore } from "./support/delay-once-counts.ts"

const minutes = 60_000
const isNight = process.env["NIGHTLY"] !== undefined

const verdictOf = (refinement: ProphecyRefinement) =>
  runTlc({
    spec: "spec/tla/RefineProphecy.tla",
    config: `spec/tla/${prophecyRefinementCfgName(refinement)}`,
    workers: 1,
    heap: isNight ? "6g" : "2g",
  }).pipe(
    Effect.map(({ verdict }) => verdict),
    Effect.provide(Toolchain.layer),
  )

const failing = prophecyRefinements.filter(
  (r) => r.expect === "fails" && (r.size === "nightly") === isNight,
)

describe("what clients see of a sketcher is delay-once", () => {
  countedAsBefore("RefineProphecy", isNight)
})

describe("what clients see is not delay-once", () => {
  for (const refinement of failing) {
    it.live(
      `${refinement.name}: ${refinement.why}`,
      () =>
        Effect.gen(function* () {
          const verdict = yield* verdictOf(refinement)
          assert.strictEqual(verdict._tag, "violated")
          if (verdict._tag !== "violated") return
          const [violation] = verdict.violations
          // A step that DelayOnce does not have, or an answer older than one before it.
          assert.include(["property", "invariant"], violation?.kind)
          if (violation?.kind === "invariant") assert.strictEqual(violation.name, "Once")
        }),
      (isNight ? 600 : 5) * minutes,
    )
  }
})
