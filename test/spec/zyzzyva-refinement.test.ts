/** Zyzzyva.tla refines ZyzzyvaCore.tla, by the real TLC; what must not pass does not. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { runTlc, type TlcOutcome } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const check = (name: string): Promise<TlcOutcome> =>
  Effect.runPromise(
    runTlc({
      spec: "spec/tla/RefineZyzzyva.tla",
      config: `spec/tla/RefineZyzzyva-${name}.cfg`,
    }).pipe(Effect.provide(Toolchain.layer)),
  )

const limit = { timeout: 10 * 60_000 }

describe("Zyzzyva", () => {
  // The same states as MCZyzzyva-Normal.cfg and MCZyzzyva-HalfTold.cfg have.
  it.each([
    ["Normal", 221],
    ["HalfTold", 2937],
  ] as const)("refines its abstraction: %s", limit, async (name, states) => {
    const { verdict, report } = await check(name)
    expect(verdict).toEqual({ _tag: "exhaustive" })
    expect(report.statistics?.distinct).toBe(states)
  })

  it("does not, where the abstraction asks for more answers in a certificate", limit, async () => {
    const { verdict } = await check("MoreAnswers")
    if (verdict._tag !== "violated") throw new Error(verdict._tag)
    expect(verdict.violations[0]?.kind).toBe("property")
  })

  it("carries something into a new view there", limit, async () => {
    const { verdict } = await check("Carried")
    if (verdict._tag !== "violated") throw new Error(verdict._tag)
    expect(verdict.violations[0]?.name).toBe("NothingCarried")
  })
})
