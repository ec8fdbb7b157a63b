/** What the explorer keeps once: values, sets of messages, and what was found of pairs. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BitRows } from "../../src/model-check/bit-rows.ts"
import { MessageSets } from "../../src/model-check/message-sets.ts"
import { Nodes } from "../../src/model-check/nodes.ts"
import { PairMemo } from "../../src/model-check/pair-memo.ts"

// Small, so that parts and wholes come again.
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(0, 1, 2, "", "a", true, false, null, undefined),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).value

// What tells values apart: the order of fields does, a field that is undefined does not.
const told = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(told).join()}]`
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`
  const fields = Object.entries(value).filter(([, v]) => v !== undefined)
  return `{${fields.map(([name, v]) => `${name}:${told(v)}`).join()}}`
}

describe("Nodes", () => {
  it("gives one number to what is equal, and another one to what is not", () => {
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 60 }), (values) => {
        const nodes = new Nodes()
        const known = new Map<string, number>()
        for (const value of values) {
          const id = nodes.add(value)
          expect(known.get(told(value)) ?? id).toBe(id)
          known.set(told(value), id)
          expect(told(nodes.at(id))).toBe(told(value))
          expect(nodes.add(nodes.at(id))).toBe(id)
          expect(nodes.add(structuredClone(value))).toBe(id)
        }
        expect(new Set(known.values()).size).toBe(known.size)
      }),
    )
  })

  it("keeps every number while it grows", () => {
    const nodes = new Nodes()
    const many = Array.from({ length: 5000 }, (_, k) => ({ k, of: [k % 7, { at: k % 11 }] }))
    const ids = many.map((value) => nodes.add(value))
    expect(new Set(ids).size).toBe(many.length)
    expect(many.map((value) => nodes.add({ ...value }))).toEqual(ids)
    expect(ids.map((id) => nodes.at(id))).toEqual(many)
  })

  it("has what two values share once, and changes neither", () => {
    const nodes = new Nodes()
    const one = Object.freeze({ a: Object.freeze([1, 2]), b: 1 })
    const other = Object.freeze({ a: Object.freeze([1, 2]), b: 2 })
    const [x, y] = [nodes.at(nodes.add(one)), nodes.at(nodes.add(other))] as [
      typeof one,
      typeof one,
    ]
    expect(x.a).toBe(y.a)
    expect([x, y]).toEqual([one, other])
  })

  it("refuses what is not plain data: it cannot be compared", () => {
    const nodes = new Nodes()
    for (const value of [new Map(), new Int32Array(2), { f: () => 0 }, [Symbol("s")], /x/]) {
      expect(() => nodes.add(value)).toThrow("plain data")
    }
  })
})

describe("MessageSets", () => {
  it("gives one number to one set, however it came about", () => {
    const sets = new MessageSets()
    const empty = sets.add([])
    const a = sets.union(sets.union(empty, Int32Array.of(3)), Int32Array.of(1))
    const b = sets.union(empty, Int32Array.of(1, 3))
    expect(a).toBe(b)
    expect([...sets.at(a)]).toEqual([1, 3])
    expect(sets.union(a, Int32Array.of(1))).toBe(a)
  })

  it("holds what was added, and keeps numbers when messages become more", () => {
    const message = fc.oneof(fc.nat(40), fc.nat(400))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.array(message)), { maxLength: 60 }), (adds) => {
        const sets = new MessageSets()
        sets.add([])
        const ids = new Map<string, number>([["", 0]])
        for (const [from, more] of adds) {
          const id = from % sets.size
          const all = [...new Set([...sets.at(id), ...more])].sort((a, b) => a - b)
          const made = sets.union(id, Int32Array.from(more))
          expect([...sets.at(made)]).toEqual(all)
          expect(ids.get(all.join()) ?? made).toBe(made)
          ids.set(all.join(), made)
          for (const m of more) expect(sets.has(made, m)).toBe(true)
        }
        expect(sets.size).toBe(ids.size)
      }),
    )
  })
})

describe("BitRows", () => {
  it("has the bits that were added to a row, and no others", () => {
    const bit = fc.tuple(fc.nat(1500), fc.oneof(fc.nat(70), fc.nat(500)))
    fc.assert(
      fc.property(fc.array(bit, { maxLength: 50 }), fc.array(bit), (added, others) => {
        const rows = new BitRows()
        const known = new Set<string>()
        for (const [row, at] of added) {
          rows.add(row, at)
          known.add(`${row} ${at}`)
        }
        for (const [row, at] of [...added, ...others]) {
          expect(rows.has(row, at)).toBe(known.has(`${row} ${at}`))
        }
      }),
    )
  })
})

describe("PairMemo", () => {
  it("finds what was said of a pair, and nothing of another", () => {
    const pair = fc.tuple(fc.nat(60), fc.nat(60), fc.nat(5))
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 3000 }), (said) => {
        const memo = new PairMemo()
        const known = new Map<string, number>()
        for (const [one, other, found] of said) {
          expect(memo.get(one, other)).toBe(known.get(`${one} ${other}`) ?? -1)
          memo.set(one, other, found)
          known.set(`${one} ${other}`, found)
        }
        expect(memo.size).toBe(known.size)
        for (const [key, found] of known) {
          const [one = 0, other = 0] = key.split(" ").map(Number)
          expect(memo.get(one, other)).toBe(found)
          expect(memo.get(other + 100, one)).toBe(-1)
        }
      }),
      { numRuns: 30 },
    )
  })
})
