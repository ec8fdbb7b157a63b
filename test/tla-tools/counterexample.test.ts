import { describe, expect, it } from "vitest"
import { counterexampleText } from "../../src/tla-tools/counterexample.ts"
import { differenceText, differentValues } from "../../src/tla-tools/difference.ts"
import { fromItf, type Itf, toItfTrace } from "../../src/tla-tools/itf.ts"
import { equalValues, parseValue, type Value } from "../../src/tla-tools/value.ts"
import { Result } from "effect"
import { fixtureText, reportOfText } from "./fixture.ts"

const read = (text: string): Value => Result.getOrThrow(parseValue(text))
const differences = (before: string, after: string): ReadonlyArray<string> =>
  differentValues("v", read(before), read(after)).map(differenceText)
const traceOf = (fixture: string) => {
  const trace = reportOfText(fixtureText(fixture)).violations[0]?.trace
  if (trace === undefined) throw new Error(`${fixture} has no violation`)
  return trace
}

describe("what changed", () => {
  it("is named by the path to it", () => {
    const slot = (phase: string) => `<<<<[phase |-> "p"], [phase |-> "${phase}"]>>>>`
    expect(differences(slot("empty"), slot("prepared"))).toEqual([
      'v[1][2].phase: "empty" -> "prepared"',
    ])
    expect(differences("(n1 :> 0 @@ n2 :> {})", "(n1 :> 0 @@ n2 :> {3})")).toEqual(["v[n2]: + 3"])
  })

  it("in a set is what came and what went", () => {
    expect(differences("{1, 2}", "{2, 3}")).toEqual(["v: - 1", "v: + 3"])
  })

  it("in a sequence is what was appended or taken from its front, else by index", () => {
    expect(differences("<<1>>", "<<1, 5>>")).toEqual(["v[2]: + 5"])
    expect(differences("<<1, 2, 3>>", "<<2, 3>>")).toEqual(["v[1]: - 1"])
    expect(differences("<<1, 2>>", "<<>>")).toEqual(["v[1]: - 1", "v[2]: - 2"])
    expect(differences("<<1, 2>>", "<<1, 3>>")).toEqual(["v[2]: 2 -> 3"])
    expect(differences("<<>>", "[a |-> 1]")).toEqual(["v.a: + 1"])
  })

  it("is the whole value when nothing is shared or the kind differs", () => {
    expect(differences("[a |-> 1]", "[b |-> 1]")).toEqual(["v: [a |-> 1] -> [b |-> 1]"])
    expect(differences("n1", "{1}")).toEqual(["v: n1 -> {1}"])
    expect(differences("<<1>>", "<<1>>")).toEqual([])
  })
})

describe("a counterexample as text", () => {
  it("shows the first state whole and then only changes", () => {
    expect(counterexampleText(traceOf("tool-invariant-violation"))).toEqual([
      "  1  Initial predicate",
      "     decided = {}",
      "     voted = (r1 :> {} @@ r2 :> {} @@ r3 :> {} @@ r4 :> {})",
      "  2  CastVote  Vote.tla:9:19",
      "     voted[r1]: + a",
      "  3  CastVote  Vote.tla:9:19",
      "     voted[r2]: + a",
      "  4  Equivocate  Vote.tla:10:21",
      "     voted[r1]: + b",
      "  5  CastVote  Vote.tla:9:19",
      "     voted[r3]: + b",
      "  6  Decide  Vote.tla:12:14",
      "     decided: + a",
      "  7  Decide  Vote.tla:12:14",
      "     decided: + b",
    ])
  })

  it("with full shows every state whole", () => {
    const lines = counterexampleText(traceOf("tool-invariant-violation"), { full: true })
    expect(lines.filter((line) => line.startsWith("     voted = "))).toHaveLength(7)
  })

  it("says how an infinite behaviour goes on", () => {
    expect(counterexampleText(traceOf("liveness-lasso")).at(-1)).toBe(
      "     and then Step leads back to state 1",
    )
    expect(counterexampleText(traceOf("liveness-violation")).at(-1)).toContain("stuttering")
  })
})

describe("a counterexample as ITF", () => {
  it("has the states' values, the variables, the loop", () => {
    const trace = traceOf("liveness-lasso")
    const itf = toItfTrace(trace, "Las.tla")
    expect(itf.vars).toEqual(["x", "y"])
    expect(itf.loop).toBe(0)
    expect(itf.states[2]).toEqual({
      "#meta": { index: 2, action: "Step" },
      x: { "#bigint": "2" },
      y: { "#bigint": "0" },
    })
    expect(toItfTrace(traceOf("liveness-violation"), "").loop).toBe(5)
    expect(toItfTrace(traceOf("deadlock"), "")).not.toHaveProperty("loop")
  })

  it("loses no value: state by state, through JSON (model values become strings)", () => {
    const trace = traceOf("long-values")
    const itf = JSON.parse(JSON.stringify(toItfTrace(trace, "Long.tla")))
    expect(itf.states).toHaveLength(trace.states.length)
    trace.states.forEach(({ variables }, i) => {
      for (const [name, value] of variables) {
        expect(equalValues(fromItf(itf.states[i][name] as Itf), value)).toBe(true)
      }
    })
  })

  it("also of one state and of one variable", () => {
    const [first] = traceOf("assert").states
    if (first === undefined) throw new Error("no state")
    const itf = toItfTrace({ states: [first], ending: { _tag: "End" } }, "Ev.tla")
    expect(itf).toMatchObject({ vars: ["x"], states: [{ x: { "#bigint": "0" } }] })
  })
})
