/**
 * Liveness of Zyzzyva by the real TLC (by night): through a real change of views, and beside a
 * request that fails at one backup; shown not to be vacuous by the behaviours that it must find.
 */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { runTlc, type TlcOutcome } from "../../src/tla-tools/tlc.ts"
import { neverTaken } from "../../src/tla-tools/coverage.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

const check = (name: string): Promise<TlcOutcome> =>
  Effect.runPromise(
    runTlc({
      spec: "spec/tla/LiveZyzzyva.tla",
      config: `spec/tla/LiveZyzzyva-${name}.cfg`,
      workers: 1,
      coverage: true,
    }).pipe(Effect.provide(Toolchain.layer)),
  )

/** A behaviour that never answers the client: the actions in it, and how it goes on for ever. */
const lasso = async (name: string) => {
  const { verdict } = await check(name)
  if (verdict._tag !== "violated") throw new Error(`${name}: ${verdict._tag}`)
  const [violation] = verdict.violations
  expect(violation?.kind).toBe("temporal")
  const { states, ending } = violation?.trace ?? { states: [], ending: undefined }
  return { actions: states.map((s) => s.action ?? ""), ending: ending?._tag }
}

const limit = { timeout: 20 * 60_000 }

describe("a request of a correct client of Zyzzyva", () => {
  it("is answered when its primary is silent: the next view does it", limit, async () => {
    const { verdict, report } = await check("ViewChange")
    expect(verdict).toEqual({ _tag: "exhaustive" })
    const idle = neverTaken(report.coverage ?? { actions: [], properties: [] }).map((a) => a.name)
    const needed = ["Timeout", "SendNewView", "EnterView", "Execute", "ClientCommit"]
    expect(idle.filter((name) => needed.includes(name))).toEqual([])
    expect(report.coverage?.actions.length).toBeGreaterThan(10)
  })

  it("is executed by a backup at which it fails, beside a silent one", limit, async () => {
    const { verdict, report } = await check("FailsAtOne")
    expect(verdict).toEqual({ _tag: "exhaustive" })
    const idle = neverTaken(report.coverage ?? { actions: [], properties: [] }).map((a) => a.name)
    const needed = ["Timeout", "RecvFillHole", "RecvSpecHeader", "Execute"]
    expect(idle.filter((name) => needed.includes(name))).toEqual([])
  })

  it("is not, where nobody vouches for it", limit, async () => {
    const { actions, ending } = await lasso("Refused")
    expect(actions.some((a) => a.includes("Execute"))).toBe(true)
    expect(["Stuttering", "Loop"]).toContain(ending)
  })

  it("is not, where nobody has to act", limit, async () => {
    const { actions, ending } = await lasso("Unfair")
    expect(actions.some((a) => a.includes("ClientSubmit"))).toBe(true)
    expect(["Stuttering", "Loop"]).toContain(ending)
  })

  it("is not, where the primary of the view that lasts is silent", limit, async () => {
    const { actions, ending } = await lasso("SilentNextPrimary")
    expect(actions.some((a) => a.includes("Timeout"))).toBe(true)
    expect(["Stuttering", "Loop"]).toContain(ending)
  })
})
