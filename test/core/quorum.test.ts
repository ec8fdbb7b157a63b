import { describe, expect, it } from "vitest"
import { faultsOf, groupOf, primaryOf, weakQuorum } from "../../src/core/quorum.ts"

const sizes = Array.from({ length: 97 }, (_, k) => k + 4)

describe("a group of n replicas, for every n from 4 to 100", () => {
  it("tolerates the most faults that 3f + 1 <= n allows", () => {
    for (const n of sizes) {
      const f = faultsOf(n)
      expect(3 * f + 1).toBeLessThanOrEqual(n)
      expect(3 * (f + 1) + 1).toBeGreaterThan(n)
    }
  })

  it("has quorums of which any two share a correct replica, and none smaller has", () => {
    for (const n of sizes) {
      const { f, quorum } = groupOf(n)
      const shared = (size: number): number => 2 * size - n
      expect(shared(quorum)).toBeGreaterThan(f)
      expect(shared(quorum - 1)).toBeLessThanOrEqual(f)
    }
  })

  it("has a quorum left when f replicas are silent", () => {
    for (const n of sizes) {
      const { f, quorum } = groupOf(n)
      expect(quorum).toBeLessThanOrEqual(n - f)
    }
  })

  it("has 2f + 1 in a quorum when n = 3f + 1", () => {
    for (let f = 1; f <= 33; f++)
      expect(groupOf(3 * f + 1)).toEqual({ n: 3 * f + 1, f, quorum: 2 * f + 1 })
  })

  it("has a weak quorum that f faulty replicas cannot fill", () => {
    for (const n of sizes) {
      const group = groupOf(n)
      expect(weakQuorum(group) - group.f).toBe(1)
    }
  })

  it("gives each replica its turn as primary", () => {
    for (const n of sizes) {
      const turns = Array.from({ length: n }, (_, view) => primaryOf(groupOf(n), view + n))
      expect(turns).toEqual(Array.from({ length: n }, (_, replica) => replica))
    }
  })
})

describe("four replicas", () => {
  it("have, set by set, a correct replica in any two quorums, and not with two votes", () => {
    const subsets = Array.from({ length: 16 }, (_, bits) =>
      [0, 1, 2, 3].filter((replica) => (bits >> replica) & 1),
    )
    const meet = (size: number): number => {
      const quorums = subsets.filter((set) => set.length === size)
      const shared = quorums.flatMap((a) =>
        quorums.map((b) => a.filter((r) => b.includes(r)).length),
      )
      return Math.min(...shared)
    }
    expect(meet(groupOf(4).quorum)).toBe(2)
    expect(meet(2)).toBe(0)
  })
})
