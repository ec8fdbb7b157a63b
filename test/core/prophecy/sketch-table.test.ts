import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isBefore, nowhere } from "../../../src/core/prophecy/position.ts"
import {
  emptyTable,
  install,
  sketchOf,
  type SketchTable,
} from "../../../src/core/prophecy/sketch-table.ts"
import { runs } from "../../support/runs.ts"

const sketch = (seq: number, digest = `digest ${seq}`) => ({
  digest,
  position: { seq, place: 0 },
})
const filled = (
  capacity: number,
  all: ReadonlyArray<readonly [key: string, seq: number]>,
): SketchTable =>
  all.reduce((table, [key, seq]) => install(table, key, sketch(seq), capacity), emptyTable)

describe("the sketch table", () => {
  it("keeps the later of two results of a request, in whatever order they come (I1)", () => {
    expect(
      sketchOf(
        filled(2, [
          ["q", 5],
          ["q", 9],
        ]),
        "q",
      ),
    ).toEqual(sketch(9))
    expect(
      sketchOf(
        filled(2, [
          ["q", 9],
          ["q", 5],
        ]),
        "q",
      ),
    ).toEqual(sketch(9))
  })

  it("keeps what it has when the same read comes again", () => {
    const table = filled(2, [["q", 5]])
    expect(install(table, "q", sketch(5, "other"), 2)).toBe(table)
  })

  it("takes nothing from nowhere, and nothing without a digest", () => {
    expect(install(emptyTable, "q", { digest: "d", position: nowhere }, 2)).toBe(emptyTable)
    expect(install(emptyTable, "q", { ...sketch(1), digest: "" }, 2)).toBe(emptyTable)
  })

  it("drops the old generation when the young one is full", () => {
    const table = filled(1, [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ])
    expect(sketchOf(table, "a")).toBeUndefined()
    expect(sketchOf(table, "b")).toEqual(sketch(2))
    expect(sketchOf(table, "c")).toEqual(sketch(3))
  })

  it("takes no result from before what it dropped (I8)", () => {
    const table = filled(1, [
      ["a", 5],
      ["b", 6],
      ["c", 7],
    ])
    expect(install(table, "a", sketch(3), 1)).toBe(table)
    expect(sketchOf(install(table, "a", sketch(8), 1), "a")).toEqual(sketch(8))
  })

  it("replaces a sketch below the floor by a later one that is below it too", () => {
    const table = filled(1, [
      ["a", 5],
      ["c", 1],
      ["d", 2],
    ])
    expect(table.floor.seq).toBe(5)
    expect(sketchOf(install(table, "c", sketch(4), 1), "c")).toEqual(sketch(4))
  })

  it("never goes back, and never grows beyond two generations", () => {
    const writes = fc.array(
      fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 1, max: 30 })),
    )
    fc.assert(
      fc.property(writes, fc.integer({ min: 1, max: 3 }), (all, capacity) => {
        const best = new Map<string, number>()
        let table = emptyTable
        for (const [key, seq] of all) {
          table = install(table, key, sketch(seq), capacity)
          best.set(key, Math.max(seq, best.get(key) ?? 0))
          const known = sketchOf(table, key)
          // What it tells of a request is the latest that it ever had, or nothing.
          if (known !== undefined) expect(known.position.seq).toBe(best.get(key))
          expect(table.young.sketches.size).toBeLessThanOrEqual(capacity)
          expect(table.old.sketches.size).toBeLessThanOrEqual(capacity)
          expect(isBefore(table.old.top, nowhere)).toBe(false)
        }
      }),
      runs(300),
    )
  })
})
