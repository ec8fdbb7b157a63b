/** Several sketchers, each page with one of them, by TLC: what each rule is for (test:slow). */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runTlc } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const verdictOf = (name: string) =>
  runTlc({
    spec: "spec/tla/Partition.tla",
    config: `spec/tla/Partition-${name}.cfg`,
    workers: 1,
    heap: "1g",
  }).pipe(
    Effect.map(({ verdict }) => verdict),
    Effect.provide(Toolchain.layer),
  )

const violated = (name: string, invariant: string) =>
  Effect.map(verdictOf(name), (verdict) => {
    assert.strictEqual(verdict._tag, "violated")
    if (verdict._tag === "violated") assert.strictEqual(verdict.violations[0]?.name, invariant)
  })

describe("pages that change hands", () => {
  it.live("are never answered with something older than what was told before", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* verdictOf("Good"))._tag, "exhaustive")
    }),
  )

  it.live("are, where they move while something of them is under way", () =>
    violated("NoDrain", "Once"),
  )
  it.live("are, where sketches from before are found again", () => violated("NoTerms", "Once"))
  it.live("are, where every sketcher answers for every page", () => violated("AnyOwner", "Once"))

  it.live("are told by whoever follows a dead one", () =>
    violated("NeverTakenOver", "NeverTakenOver"),
  )
})
