import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fromItf, toItf } from "../../src/tla-tools/itf.ts"
import {
  compareValues,
  equalValues,
  functionOf,
  model,
  opaque,
  parseValue,
  parseVariables,
  record,
  set,
  tuple,
  type Value,
} from "../../src/tla-tools/value.ts"
import { stateToTla, toTla } from "../../src/tla-tools/value-text.ts"

const read = (text: string): Value => Result.getOrThrow(parseValue(text))

/**
 * Values whose strings are printable and whose model values are identifiers other than TRUE, FALSE.
 */
const anyValue = (withModels: boolean): fc.Arbitrary<Value> => {
  const name = fc.stringMatching(/^[a-z]\w{0,5}$/)
  const text = fc.stringMatching(/^[ -~\n\t\r\f]{0,8}$/)
  return fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.boolean(),
      text,
      withModels ? name.map(model) : text,
      fc.array(tie("value"), { maxLength: 4 }).map(set),
      fc.array(tie("value"), { maxLength: 4 }).map(tuple),
      fc
        .uniqueArray(fc.tuple(name, tie("value")), { maxLength: 3, selector: ([n]) => n })
        .map((fields) => record(Object.fromEntries(fields))),
      fc
        .uniqueArray(fc.tuple(tie("value"), tie("value")), {
          maxLength: 3,
          comparator: (a, b) => equalValues(a[0], b[0]),
        })
        .map(functionOf),
    ),
  })).value
}

describe("values", () => {
  it("read what TLC prints, wrapped over lines or not", () => {
    expect(read("-3")).toBe(-3)
    expect(read("TRUE")).toBe(true)
    expect(read('"a\\"b\\\\c\\nd\\te"')).toBe('a"b\\c\nd\te')
    expect(read("n1")).toEqual(model("n1"))
    expect(read("1..3")).toEqual(set([3, 2, 1, 1]))
    expect(read("-1..1")).toEqual(set([-1, 0, 1]))
    expect(read("3..1")).toEqual(set([]))
    expect(read("<< >>")).toEqual(tuple([]))
    expect(read("<<>>")).toEqual(tuple([]))
    expect(read('("c" :> 0 @@ "a b" :> 1)')).toEqual(
      functionOf([
        ["a b", 1],
        ["c", 0],
      ]),
    )
    expect(
      read('( n1 :>\n      << [ phase |-> "p",\n           n |-> {} ] >> @@\n  n2 :> <<>> )'),
    ).toEqual(
      functionOf([
        [model("n1"), tuple([record({ phase: "p", n: set([]) })])],
        [model("n2"), tuple([])],
      ]),
    )
  })

  it("have one form each: functions over 1..n are tuples, over identifiers records", () => {
    expect(read("(1 :> TRUE @@ 2 :> FALSE)")).toEqual(tuple([true, false]))
    expect(read('("b" :> 1 @@ "a" :> 2)')).toEqual(record({ a: 2, b: 1 }))
    expect(record({})).toEqual(tuple([]))
    expect(toTla(read("{3, 1, 2, 3}"))).toBe("{1, 2, 3}")
    expect(toTla(read("[b |-> 1, a |-> (0 :> {n2, n1})]"))).toBe("[a |-> (0 :> {n1, n2}), b |-> 1]")
  })

  it("come back from their text, and their text is a key", () => {
    fc.assert(
      fc.property(anyValue(true), anyValue(true), (a, b) => {
        expect(equalValues(read(toTla(a)), a)).toBe(true)
        expect(toTla(read(toTla(a)))).toBe(toTla(a))
        expect(toTla(a) === toTla(b)).toBe(equalValues(a, b))
      }),
      { numRuns: 1_000 },
    )
  })

  it("are totally ordered", () => {
    fc.assert(
      fc.property(anyValue(true), anyValue(true), anyValue(true), (a, b, c) => {
        expect(Math.sign(compareValues(a, b))).toBe(-Math.sign(compareValues(b, a)) + 0)
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0) {
          expect(compareValues(a, c)).toBeLessThanOrEqual(0)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it("come back from ITF, through JSON", () => {
    fc.assert(
      fc.property(anyValue(false), (value) => {
        expect(equalValues(fromItf(JSON.parse(JSON.stringify(toItf(value)))), value)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
    expect(toItf(7)).toEqual({ "#bigint": "7" })
    expect(toItf(functionOf([[0, set([tuple([1])])]]))).toEqual({
      "#map": [[{ "#bigint": "0" }, { "#set": [{ "#tup": [{ "#bigint": "1" }] }] }]],
    })
  })

  it("that cannot be read say what was expected and where", () => {
    const failure = (text: string) => {
      const { expected, offset } = Result.getOrThrow(Result.flip(parseValue(text)))
      return `${expected} at ${offset}`
    }
    expect(failure("")).toBe("a value at 0")
    expect(failure("<<1, 2")).toBe('">>" at 6')
    expect(failure("{1, }")).toBe("a value at 4")
    expect(failure("[a -> 1]")).toBe('"|->" at 3')
    expect(failure('"open')).toBe("the end of a string at 5")
    expect(failure("1 2")).toBe("the end of the value at 2")
    expect(failure("(1 :> 2 @@ 3)")).toBe('":>" at 12')
    expect(failure("0..99999999999")).toContain("a range's upper bound")
  })
})

describe("states", () => {
  it("read conjunctions, the form with a single variable, and values over several lines", () => {
    expect(parseVariables("x = 0\n")).toEqual(new Map([["x", 0]]))
    const wrapped = '/\\ a = { 1,\n  2 }\n/\\ b = "x\\n/\\\\ c = 1"\n'
    expect(parseVariables(wrapped)).toEqual(
      new Map<string, Value>([
        ["a", set([1, 2])],
        ["b", "x\n/\\ c = 1"],
      ]),
    )
  })

  it("keep a value that cannot be read as its text", () => {
    expect(parseVariables("/\\ a = Nat \\X {1}\n/\\ b = 1").get("a")).toEqual(opaque("Nat \\X {1}"))
    expect(parseVariables("no state at all").size).toBe(0)
  })

  it("have a canonical text that does not depend on the order of variables", () => {
    const one = parseVariables("/\\ b = {2, 1}\n/\\ a = 1")
    const other = parseVariables("/\\ a = 1\n/\\ b = {1, 2}")
    expect(stateToTla(one)).toBe("/\\ a = 1 /\\ b = {1, 2}")
    expect(stateToTla(other)).toBe(stateToTla(one))
  })
})
