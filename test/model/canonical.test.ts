import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { func, int, record, seq, set, str } from "../../src/model-check/canonical.ts"
import { RowSet } from "../../src/model-check/row-set.ts"

describe("canonical text", () => {
  it("writes a function with domain 1..n as a sequence, others by key", () => {
    expect(func([1, 2], ["a", "b"])).toBe("<<a,b>>")
    expect(func([0, 1], ["a", "b"])).toBe("[0:a,1:b]")
    expect(func([], [])).toBe("<<>>")
    expect(func([2, 10], ["a", "b"])).toBe("[10:b,2:a]")
  })

  it("sorts and merges the elements of a set, and the fields of a record", () => {
    expect(set([int(2), int(10), int(2)])).toBe("{10,2}")
    expect(record({ b: int(1), a: str('x"y') })).toBe('["a":"x\\"y","b":1]')
    expect(seq([])).toBe("<<>>")
  })
})

describe("RowSet", () => {
  it("numbers distinct rows in order of arrival, whatever the rows", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)), { maxLength: 300 }),
        (rows) => {
          const set = new RowSet(3)
          const known = new Map<string, number>()
          for (const row of rows) {
            const key = row.join(",")
            const added = set.add(Int32Array.from(row))
            const before = known.get(key)
            expect(added).toBe(before === undefined ? known.size : -1 - before)
            if (before === undefined) known.set(key, known.size)
          }
          expect(set.size).toBe(known.size)
        },
      ),
    )
  })

  it("keeps its rows while it grows", () => {
    const set = new RowSet(2)
    for (let k = 0; k < 10_000; k++) expect(set.add(Int32Array.of(k, k * 7))).toBe(k)
    for (let k = 0; k < 10_000; k++) expect(set.cell(k, 1)).toBe(k * 7)
    for (let k = 0; k < 10_000; k++) expect(set.add(Int32Array.of(k, k * 7))).toBe(-1 - k)
  })
})
