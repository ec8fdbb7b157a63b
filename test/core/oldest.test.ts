import { describe, expect, it } from "vitest"
import { forgetOldest } from "../../src/core/oldest.ts"

describe("memory with a bound", () => {
  it("forgets what was put in first, and only beyond the bound", () => {
    const all = new Map([
      ["b", 1],
      ["a", 2],
    ])
    forgetOldest(all, 2)
    expect([...all.keys()]).toEqual(["b", "a"])
    all.set("c", 3)
    forgetOldest(all, 2)
    expect([...all.keys()]).toEqual(["a", "c"])
    const set = new Set([2, 1])
    forgetOldest(set, 1)
    expect([...set]).toEqual([1])
    const none = new Set<number>()
    forgetOldest(none, 0)
    expect(none.size).toBe(0)
  })
})
