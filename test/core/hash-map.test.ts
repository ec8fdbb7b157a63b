import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as HashMap from "../../src/core/hash-map.ts"
import { deepFreeze } from "../support/deep-freeze.ts"
import { runs } from "../support/runs.ts"

const filled = (pairs: ReadonlyArray<readonly [string, number]>): HashMap.HashMap<number> =>
  pairs.reduce<HashMap.HashMap<number>>(
    (map, [key, value]) => deepFreeze(HashMap.set(map, key, value)),
    HashMap.empty,
  )

describe("a persistent map", () => {
  it("is the map of the same writes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat())), (pairs) => {
        const known = new Map(pairs)
        const map = filled(pairs)
        expect(map.size).toBe(known.size)
        expect(new Map(HashMap.entries(map))).toEqual(known)
        for (const [key, value] of known) expect(HashMap.get(map, key)).toBe(value)
        expect(HashMap.get(map, "none of them")).toBeUndefined()
      }),
      runs(200),
    )
  })

  it("has one structure, whatever the order of the writes", () => {
    const pairs = Array.from({ length: 500 }, (_, k) => [`key ${k}`, k] as const)
    expect(filled(pairs.toReversed())).toEqual(filled(pairs))
  })

  it("keeps apart keys whose hashes are the same", () => {
    // Found by search.
    const [one, other] = ["k32728", "k261234"]
    const map = HashMap.set(HashMap.set(HashMap.empty, one, 1), other, 2)
    expect([HashMap.get(map, one), HashMap.get(map, other), map.size]).toEqual([1, 2, 2])
    expect(HashMap.set(HashMap.set(HashMap.empty, other, 2), one, 1)).toEqual(map)
  })

  it("leaves the map that was written to as it was", () => {
    const before = filled([["a", 1]])
    HashMap.set(before, "b", 2)
    HashMap.set(before, "a", 3)
    expect(HashMap.entries(before)).toEqual([["a", 1]])
  })
})
