/** How long a change can stay hidden, by TLC: for ever where an adversary draws the replica. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { runTlc } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const verdictOf = (name: string) =>
  runTlc({
    spec: "spec/tla/Staleness.tla",
    config: `spec/tla/Staleness-${name}.cfg`,
    workers: 1,
    heap: "1g",
  }).pipe(
    Effect.map(({ verdict }) => verdict),
    Effect.provide(Toolchain.layer),
  )

describe("a change that one replica hides", () => {
  it.live("may never be seen where an adversary draws: TLC shows the behaviour", () =>
    Effect.gen(function* () {
      const verdict = yield* verdictOf("Adversary")
      assert.strictEqual(verdict._tag, "violated")
      if (verdict._tag !== "violated") return
      const [violation] = verdict.violations
      assert.strictEqual(violation?.kind, "temporal")
      const told = violation?.trace.states.map(({ variables }) => variables.get("told"))
      assert.isAbove(told?.length ?? 0, 1)
    }),
  )

  it.live("is seen where each replica is drawn again and again, and once seen stays seen", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* verdictOf("Fair"))._tag, "exhaustive")
    }),
  )
})
