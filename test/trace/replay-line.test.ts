import { describe, expect, it } from "vitest"
import { type Finding, Rejection } from "../../src/trace-check/finding.ts"
import { sameLine } from "../../src/trace-check/replay-line.ts"
import { SaidStep, stepStart } from "../../src/trace-check/said-step.ts"
import { verdictOf } from "../../src/trace-check/verdict.ts"

const place = { file: "replica-0.ndjson", line: 8 }
const at = { place, node: "replica 0", step: 7 }

const lineOf = (post: string): string =>
  `{"n":7,"action":"Enter","in":{"type":"Enter"},"post":{${post}}}`

/** What is found in a line, where the model would write another one. */
const found = (expected: string, text: string): Finding | undefined => {
  const start = stepStart(text)
  if (start === undefined) throw new Error("no step's line")
  try {
    sameLine(at, expected, new SaidStep(place, text, start))
    return undefined
  } catch (error) {
    if (error instanceof Rejection) return error.finding
    throw error
  }
}

const words = ["NaN", "Infinity", "-Infinity", "undefined"]

describe("a line", () => {
  it.each(words)("that the model would write, but is no JSON, is not one: %s", (word) => {
    const text = lineOf(`"view":${word}`)
    const finding = found(text, text)
    expect(finding).toMatchObject({ ...place, rule: "NotJson" })
    expect(finding?.message).toContain("the line is not JSON")
    expect(verdictOf(finding as Finding, undefined, [])._tag).toBe("Unreadable")
  })

  it.each(words)("for which the model comes to no JSON is impossible: %s", (word) => {
    const finding = found(lineOf(`"view":${word}`), lineOf(`"view":0`))
    expect(finding).toMatchObject({ ...place, rule: "Impossible", node: "replica 0", step: 7 })
  })

  it.each(words)("that differs from the model's and is no JSON is not one: %s", (word) => {
    const finding = found(lineOf(`"view":0`), lineOf(`"view":${word}`))
    expect(finding).toMatchObject({ ...place, rule: "NotJson" })
  })

  it.each(words)("may have any word in a string: %s", (word) => {
    const text = lineOf(`"result":":${word},"`)
    expect(found(text, text)).toBeUndefined()
  })
})
