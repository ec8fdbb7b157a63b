import { describe, expect, it } from "vitest"
import { forgetOldest, remembering } from "../../src/core/oldest.ts"

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

  it("keeps what a function made of the last short texts, by copies of them", () => {
    const made: Array<string> = []
    const make = (text: string): string => {
      made.push(text)
      return text.toUpperCase()
    }
    const copied = (text: string): string => `${text}`
    const upper = remembering(make, { most: 2, longest: 3, copied })
    for (const text of ["a", "a", "bc", "a", "long", "long", "d", "bc", "a"]) {
      expect(upper(text)).toBe(text.toUpperCase())
    }
    expect(made).toEqual(["a", "bc", "long", "long", "d", "a"])
    const cut = remembering((text) => text, {
      most: 2,
      longest: 3,
      copied: (text) => text.slice(1),
    })
    expect(cut("xa")).toBe("a")
  })
})
