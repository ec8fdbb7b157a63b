import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { neverEvaluated, neverTaken } from "../../src/tla-tools/coverage.ts"
import { makeEventReader, readEvents } from "../../src/tla-tools/event-reader.ts"
import { makeLineSplitter } from "../../src/tla-tools/message.ts"
import { functionOf, model, set } from "../../src/tla-tools/value.ts"
import { fixtureText, reportOfText } from "./fixture.ts"

describe("TLC's output as events", () => {
  it("version, mode with seed and polynomial, parsing, counts, depth, outdegree", () => {
    const report = reportOfText(fixtureText("tool-ok-liveness"))
    expect(report.version).toBe("TLC2 Version 2.18 of 20 March 2023")
    expect(report.mode).toEqual({
      _tag: "Mode",
      search: "breadth-first",
      workers: 2,
      seed: "7372685213048711716",
      fp: 51,
    })
    expect(report.modules).toEqual(["Naturals", "Sequences", "FiniteSets", "TLC", "Vote"])
    expect(report.initial).toMatchObject({ distinct: 1, generated: 1 })
    expect(report.progress).toMatchObject({ depth: 8, generated: 1607, distinct: 461, queue: 0 })
    expect(report.statistics).toEqual({ generated: 1607, distinct: 461, queue: 0 })
    expect(report.depth).toBe(8)
    expect(report.outdegree).toMatchObject({ average: 1, minimum: 0, maximum: 8, percentile95: 3 })
    expect(report.temporal).toEqual({ present: true, checkedOnAllStates: true })
    expect([report.success, report.finished, report.cutOff]).toEqual([true, true, false])
  })

  it("counts with commas, of millions", () => {
    expect(reportOfText(fixtureText("sigterm")).progress).toMatchObject({
      generated: 5_825_332,
      distinct: 1_531_046,
      queue: 74_713,
    })
  })

  it("an invariant's violation with every state as data", () => {
    const [violation, ...others] = reportOfText(fixtureText("tool-invariant-violation")).violations
    expect(others).toEqual([])
    expect(violation).toMatchObject({ kind: "invariant", name: "Agreement", occurrences: 1 })
    expect(violation?.trace.states.map(({ action }) => action)).toEqual([
      "Initial predicate",
      "CastVote",
      "CastVote",
      "Equivocate",
      "CastVote",
      "Decide",
      "Decide",
    ])
    const last = violation?.trace.states.at(-1)
    expect(last?.place).toMatchObject({ module: "Vote", line: 12, column: 14 })
    const [a, b] = [model("a"), model("b")]
    expect(last?.variables.get("decided")).toEqual(set([a, b]))
    expect(last?.variables.get("voted")).toEqual(
      functionOf([
        [model("r1"), set([a, b])],
        [model("r2"), set([a])],
        [model("r3"), set([b])],
        [model("r4"), set([])],
      ]),
    )
  })

  it("values wrapped over lines", () => {
    const [violation] = reportOfText(fixtureText("long-values")).violations
    const messages = violation?.trace.states.at(-1)?.variables.get("m")
    const sent = { _tag: "Record" }
    expect(messages).toMatchObject({ _tag: "Set", elements: [sent, sent, sent] })
  })

  it("lassos and stuttering", () => {
    const lasso = reportOfText(fixtureText("liveness-lasso")).violations[0]?.trace
    expect(lasso?.states).toHaveLength(3)
    expect(lasso?.ending).toEqual({ _tag: "Loop", to: 0, action: "Step" })
    const stuttering = reportOfText(fixtureText("liveness-violation")).violations[0]?.trace
    expect(stuttering?.states).toHaveLength(6)
    expect(stuttering?.ending).toEqual({ _tag: "Stuttering" })
  })

  it("an assertion's text and place, an evaluation error's states and place", () => {
    const assertion = reportOfText(fixtureText("assert")).violations[0]
    expect(assertion).toMatchObject({ kind: "assertion", place: { module: "Ev", line: 5 } })
    expect(assertion?.text).toContain("boom at 2")
    expect(assertion?.trace.states.map(({ variables }) => variables.get("x"))).toEqual([0, 1, 2])
    const error = reportOfText(fixtureText("eval-error")).failures[0]
    expect(error).toMatchObject({ kind: "evaluation", code: 2184, place: { line: 6, column: 13 } })
    expect(error?.trace.states).toHaveLength(1)
  })

  it("a parse error's place and reason, a missing file's, nested in another message", () => {
    expect(reportOfText(fixtureText("parse-error")).failures[0]).toMatchObject({
      kind: "parse",
      place: { module: "Bad", line: 6, column: 1 },
      text: expect.stringContaining('Encountered "===="'),
    })
    expect(reportOfText(fixtureText("missing-cfg")).failures).toMatchObject([
      { kind: "config", code: 1000, text: expect.stringContaining("Nope.cfg") },
    ])
  })

  it("an invariant violated by an initial state, an action property", () => {
    const initial = readEvents(
      "@!@!@STARTMSG 2107:1 @!@!@\nInvariant Inv0 is violated by the initial state:\n" +
        "/\\ x = 0\n/\\ y = {}\n\n@!@!@ENDMSG 2107 @!@!@",
    )
    expect(initial).toMatchObject([
      { _tag: "Violation", kind: "invariant", name: "Inv0" },
      { _tag: "State", index: 1, action: "Initial predicate" },
    ])
    const property = readEvents(
      "@!@!@STARTMSG 2112:1 @!@!@\nAction property Ap is violated.\n@!@!@ENDMSG 2112 @!@!@",
    )
    expect(property).toMatchObject([{ _tag: "Violation", kind: "property", name: "Ap" }])
  })

  it("what the specification prints, but not what the parser prints", () => {
    expect(reportOfText(fixtureText("assert")).printed).toEqual([
      '<<"hello", [a |-> 1, b |-> "s", c |-> {1, 2}, d |-> <<1, 2>>, e |-> TRUE]>>',
    ])
    expect(reportOfText(fixtureText("parse-error")).printed).toEqual([])
  })

  it("with -continue, the first of each violation and how many there were", () => {
    const { violations } = reportOfText(fixtureText("continue-violation"))
    const reported = fixtureText("continue-violation").match(/STARTMSG 2110/g)?.length
    expect(violations).toHaveLength(1)
    expect(violations[0]?.occurrences).toBe(reported)
    expect(violations[0]?.trace.states).toHaveLength(7)
  })

  it("do not depend on how the output is cut into chunks", () => {
    const text = fixtureText("long-values")
    const whole = readEvents(text)
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 20 }), (cuts) => {
        const [splitter, reader] = [makeLineSplitter(), makeEventReader()]
        const at = [0, ...cuts.sort((a, b) => a - b), text.length]
        const events = at
          .slice(1)
          .flatMap((end, i) => splitter.feed(text.slice(at[i], end)))
          .concat(splitter.end())
          .flatMap(reader.line)
        expect([...events, ...reader.end()]).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  it("never throw, whatever the lines are", () => {
    const lines = [...new Set(fixtureText("coverage").split("\n")), "@!@!@ENDMSG 1 @!@!@", "\0", ""]
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...lines), fc.string())), (chosen) => {
        const cut = readEvents(chosen.join("\n")).filter(({ _tag }) => _tag === "CutOff").length
        const joined = chosen.join("\n")
        const starts = joined.match(/@!@!@STARTMSG -?\d+:\d @!@!@/g)?.length ?? 0
        expect(cut).toBeLessThanOrEqual(starts)
      }),
    )
  })
})

describe("coverage", () => {
  it("per action, per property and per expression", () => {
    const { coverage } = reportOfText(fixtureText("coverage"))
    expect(
      coverage?.actions.map(({ name, distinct, generated }) => [name, distinct, generated]),
    ).toEqual([
      ["Init", 1, 1],
      ["CastVote", 123, 832],
      ["Equivocate", 65, 448],
      ["Decide", 272, 326],
    ])
    expect(coverage?.actions[1]?.expressions[1]).toMatchObject({ nesting: 1, evaluations: 3688 })
    expect(coverage?.properties).toMatchObject([{ name: "TypeOK", expressions: [{ nesting: 0 }] }])
  })

  it("names the actions never taken and the parts of properties never evaluated", () => {
    const used = reportOfText(fixtureText("coverage")).coverage
    expect(used && neverTaken(used)).toEqual([])
    expect(used && neverEvaluated(used)).toEqual([])
    const idle = fixtureText("coverage")
      .replace("module Vote>: 65:448", "module Vote>: 0:0")
      .replace(
        "line 7, col 11 to line 7, col 76 of module Vote: 461",
        "line 7, col 11 to line 7, col 76 of module Vote: 0",
      )
    const { coverage } = reportOfText(idle)
    expect(coverage && neverTaken(coverage).map(({ name }) => name)).toEqual(["Equivocate"])
    expect(coverage && neverEvaluated(coverage)).toMatchObject([
      { property: "TypeOK", place: { line: 7, column: 11 } },
    ])
  })
})
