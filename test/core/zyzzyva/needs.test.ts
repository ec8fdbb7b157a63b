/** How many are enough: what the proof of ADR 9 asks of the numbers, in both kinds of groups. */
import { describe, expect, it } from "vitest"
import { groupOfFive, needsOf, needsOfFive } from "../../../src/core/zyzzyva/needs.ts"
import { groupOf } from "../../../src/core/quorum.ts"

const sizes = [1, 2, 3, 4]

describe("a group of Zyzzyva", () => {
  it.each(sizes)("of 3f + 1, f = %d: all answers, or 2f + 1 that f + 1 can outvote", (f) => {
    const group = groupOf(3 * f + 1)
    const needs = { fast: 3 * f + 1, commit: 2 * f + 1, change: 2 * f + 1, vote: f + 1 }
    expect([group.f, needsOf(group)]).toEqual([f, needs])
  })

  it.each(sizes)("of 5f + 1, f = %d: f may be silent, and requests complete at once", (f) => {
    const group = groupOfFive(5 * f + 1)
    expect([group.f, group.quorum]).toEqual([f, 3 * f + 1])
    expect(needsOfFive(group).fast).toBe(group.n - f)
  })
})

describe("Zyzzyva5", () => {
  it("needs more for everything than a group of 3f + 1 has", () => {
    for (const f of sizes) {
      const { n } = groupOfFive(5 * f + 1)
      const { fast, commit, change, vote } = needsOfFive(groupOfFive(n))
      // Of those that answered a complete request, VIEW-CHANGEs show as many as choose it, without
      // the liars; what is left of them, liars among it, does not choose another.
      expect(fast - f - (n - change)).toBeGreaterThanOrEqual(vote)
      expect(change - (fast - f - (n - change))).toBeLessThan(vote)
      // Two certificates, and a certificate and complete answers, share a correct replica.
      expect(2 * commit - n).toBeGreaterThan(f)
      expect(commit + fast - n).toBeGreaterThan(f)
      // Of those that acknowledged a certificate a correct one is among the VIEW-CHANGEs.
      expect(commit + change - n).toBeGreaterThan(f)
    }
  })
})
