import { Result } from "effect"
import { describe, expect, it } from "vitest"
import {
  exitCodeOf,
  expectViolations,
  type Limits,
  matchedEvents,
  type Verdict,
} from "../../src/tla-tools/verdict.ts"
import {
  exited,
  fixtureNames,
  fixtureText,
  reportOfText,
  verdictOfFixture,
  verdictOfText,
} from "./fixture.ts"

const brief = (verdict: Verdict): string => {
  switch (verdict._tag) {
    case "violated":
      return `violated ${verdict.violations.map(({ kind, name }) => name ?? kind).join(" ")}`
    case "failed":
      return `failed ${verdict.kind}`
    default:
      return verdict._tag
  }
}

describe("the verdict of each kind of output", () => {
  const cases: ReadonlyArray<readonly [string, number, string, number]> = [
    ["coverage", 0, "exhaustive", 0],
    ["tool-invariant-violation", 12, "violated Agreement", 12],
    ["deadlock", 11, "violated deadlock", 11],
    ["liveness-violation", 13, "violated temporal", 13],
    ["liveness-lasso", 13, "violated temporal", 13],
    ["assert", 14, "violated assertion", 14],
    ["assumption", 10, "violated assumption", 10],
    ["long-values", 12, "violated Inv", 12],
    ["simulate-violation", 12, "violated Agreement", 12],
    ["simulate", 0, "bounded", 3],
    ["eval-error", 75, "failed evaluation", 2],
    ["parse-error", 150, "failed parse", 2],
    ["missing-cfg", 255, "failed config", 2],
    ["missing-spec", 255, "failed config", 2],
    ["sigterm", 143, "failed killed", 70],
  ]
  it.each(cases)("%s, exit code %i: %s", (name, code, expected, ours) => {
    const verdict = verdictOfFixture(name, code)
    expect(brief(verdict)).toBe(expected)
    expect(exitCodeOf(verdict)).toBe(ours)
  })

  it("covers every fixture", () => {
    const falseSuccesses = [
      "continue-violation",
      "stopAfter-budget",
      "tool-ok-liveness",
      "distributed-ok-server",
      "distributed-violation-server",
    ]
    const covered = [...cases.map(([name]) => name), ...falseSuccesses]
    expect(covered.sort()).toEqual(fixtureNames())
  })
})

describe("exit code 0 without success", () => {
  it("-continue went past violations", () => {
    expect(fixtureText("continue-violation")).toContain("No error has been found")
    expect(brief(verdictOfFixture("continue-violation", 0))).toBe("violated Agreement")
  })

  it("-continue is bounded even without a violation", () => {
    expect(brief(verdictOfFixture("coverage", 0, { continued: true }))).toBe("bounded")
  })

  it("the time limit left states unexplored", () => {
    const verdict = verdictOfText(fixtureText("stopAfter-budget"), exited(0, 5_800), {
      stopAfterSeconds: 5,
    })
    expect(verdict).toEqual({
      _tag: "bounded",
      reasons: ["the time limit of 5 s was reached", "89221 states were left unexplored"],
    })
    expect(exitCodeOf(verdict)).toBe(3)
    // The same output, when nobody told us of the limit.
    expect(brief(verdictOfFixture("stopAfter-budget", 0))).toBe("bounded")
  })

  it("a time limit that was not reached bounds nothing; one that was, does", () => {
    const verdictAfter = (milliseconds: number) =>
      brief(
        verdictOfText(fixtureText("coverage"), exited(0, milliseconds), { stopAfterSeconds: 5 }),
      )
    expect(verdictAfter(4_000)).toBe("exhaustive")
    expect(verdictAfter(5_000)).toBe("bounded")
  })

  it("several workers checked a temporal formula", () => {
    const verdict = verdictOfFixture("tool-ok-liveness", 0)
    expect(brief(verdict)).toBe("failed unsound")
    const alone = fixtureText("tool-ok-liveness").replace("with 2 workers", "with 1 worker")
    expect(brief(verdictOfText(alone))).toBe("exhaustive")
  })

  it("SYMMETRY with a temporal formula", () => {
    const limits: Limits = { symmetry: true }
    expect(brief(verdictOfFixture("coverage", 0, limits))).toBe("failed unsound")
  })

  it("a temporal formula was not checked on all states", () => {
    const partial = fixtureText("coverage").replace(
      "the complete state space",
      "the current state space",
    )
    expect(verdictOfText(partial)).toMatchObject({
      _tag: "bounded",
      reasons: ["temporal formulas were not checked on all states"],
    })
  })

  it("distributed runs: without a cause, or without the frame of messages", () => {
    expect(brief(verdictOfFixture("distributed-violation-server", 0))).toBe("failed unexplained")
    expect(brief(verdictOfFixture("distributed-ok-server", 0))).toBe("failed incomplete")
    const frame = "@!@!@STARTMSG 7000:0 @!@!@\nTLC server is ready\n@!@!@ENDMSG 7000 @!@!@\n"
    expect(brief(verdictOfText(frame + fixtureText("coverage")))).toBe("bounded")
  })

  it("no initial state", () => {
    const none = fixtureText("coverage").replace(
      "1 distinct state generated",
      "0 distinct states generated",
    )
    expect(brief(verdictOfText(none))).toBe("failed vacuous")
  })

  it("a rejected trace: only the depth tells", () => {
    const text = fixtureText("coverage")
    const [report, verdict] = [reportOfText(text), verdictOfText(text)]
    expect(Result.getOrThrow(matchedEvents(report, verdict))).toBe(7)
    const several = reportOfText(text.replace("with 1 worker", "with 2 workers"))
    expect(Result.isFailure(matchedEvents(several, verdict))).toBe(true)
    const bounded = verdictOfFixture("stopAfter-budget", 0)
    expect(Result.isFailure(matchedEvents(report, bounded))).toBe(true)
  })
})

describe("nothing but complete, clean output is exhaustive", () => {
  const good = fixtureText("coverage")
  it("cut after any line, it is not", () => {
    const lines = good.split("\n")
    const complete = lines.lastIndexOf("@!@!@ENDMSG 2186 @!@!@")
    for (let n = 0; n <= complete; n++) {
      expect(brief(verdictOfText(lines.slice(0, n).join("\n")))).not.toBe("exhaustive")
    }
    expect(brief(verdictOfText(lines.slice(0, complete + 1).join("\n")))).toBe("exhaustive")
  })

  it("with another exit code, a signal, or no exit, it is not", () => {
    for (const code of [1, 10, 12, 75, 150, 255]) {
      expect(brief(verdictOfText(good, exited(code)))).toBe("failed unexplained")
    }
    expect(brief(verdictOfText(good, exited(null, 1_000, "SIGKILL")))).toBe("failed killed")
  })

  it("with any message of severity 1 it is not", () => {
    const message = "@!@!@STARTMSG 2147:1 @!@!@\nfingerprint\n@!@!@ENDMSG 2147 @!@!@\n"
    const verdict = verdictOfText(message + good)
    expect(brief(verdict)).toBe("failed system")
    expect(exitCodeOf(verdict)).toBe(70)
  })

  it("without TLC's success message or final counts, it is not", () => {
    const without = (code: number): string =>
      good.replace(new RegExp(`@!@!@STARTMSG ${code}[\\s\\S]*?ENDMSG ${code} @!@!@\n`), "")
    expect(brief(verdictOfText(without(2193)))).toBe("failed incomplete")
    expect(brief(verdictOfText(without(2199)))).toBe("failed incomplete")
  })
})

describe("a model that must be violated", () => {
  const violated = verdictOfFixture("tool-invariant-violation", 12)
  const why = (verdict: Verdict, names: ReadonlyArray<string>): string =>
    Result.getOrThrow(Result.flip(expectViolations(verdict, names)))

  it("gives its counterexample", () => {
    const [first] = Result.getOrThrow(expectViolations(violated, ["Agreement"]))
    expect(first?.trace.states).toHaveLength(7)
  })

  it("fails when it is not, when another is, when one is missing, when nothing is known", () => {
    expect(why(verdictOfFixture("coverage", 0), ["Agreement"])).toContain("all states satisfy it")
    expect(why(violated, ["Validity"])).toContain("also violated: Agreement")
    expect(why(violated, ["Agreement", "Validity"])).toContain("never violated: Validity")
    expect(why(verdictOfFixture("stopAfter-budget", 0), ["A"])).toContain("left unexplored")
    expect(why(verdictOfFixture("parse-error", 150), ["A"])).toContain("parse")
  })

  it("names a temporal property when there is only one", () => {
    const limits = { temporalProperties: ["Live"] }
    const verdict = verdictOfFixture("liveness-lasso", 13, limits)
    expect(Result.isSuccess(expectViolations(verdict, ["Live"]))).toBe(true)
    const two = verdictOfFixture("liveness-lasso", 13, { temporalProperties: ["Live", "Other"] })
    expect(why(two, ["Live"])).toContain("also violated: temporal")
  })
})
