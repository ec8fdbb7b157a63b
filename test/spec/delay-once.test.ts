/**
 * The place of delay-once linearizability among the models, by the real TLC: what refines it, what
 * it allows that linearizability does not, and what it does not allow.
 */
import { describe, expect, it } from "vitest"
import { brokenBy, holdsIn } from "./support/consistency-models.ts"

describe("delay-once", () => {
  it("by the machine is delay-once by the definition", async () => {
    expect(await holdsIn("MCDelayOnce")).toBeGreaterThan(1000)
  })

  it("is refined by a linearizable service, and so are its histories", async () => {
    expect(await holdsIn("MCLinearizable")).toBeGreaterThan(1000)
  })

  it("has a behaviour that is not linearizable", async () => {
    const { name, history } = await brokenBy("MCDelayOnce-NotLinearizable")
    expect(name).toBe("IsLinearizable")
    expect(history).toMatch(/"1".*path \|-> "fast"/)
  })

  it("is not kept by a store that reorders writes: the colleague sees the photos", async () => {
    const { name, history } = await brokenBy("MCWeakStore")
    expect(name).toBe("IsDelayOnce")
    expect(history).toMatch(/"remove colleague".*"upload photos".*"photos"/)
  })

  it("is kept by a store that is late and takes up all writes in order", async () => {
    expect(await holdsIn("MCWeakStore-InOrder")).toBeGreaterThan(100)
    expect((await brokenBy("MCWeakStore-NotLinearizable")).name).toBe("IsLinearizable")
  })
})
