import { expect, test } from "vitest"
import { SaidStep, stepStart } from "../../src/trace-check/said-step.ts"
import { goldenRun } from "./support/golden.ts"

const place = { file: "file", line: 7 }
const lines = (["golden", "golden-view-change"] as const).flatMap((name) =>
  [...goldenRun(name).values()].flat(),
)
const steps = lines.filter((line) => "action" in (JSON.parse(line) as object))

test("each line of a step, as it is written, is taken apart: what it was given, and the rest", () => {
  expect(steps.length).toBeGreaterThan(100)
  for (const line of steps) {
    const { post, ...given } = JSON.parse(line) as { readonly post: unknown }
    const start = stepStart(line)
    expect(start).toEqual(given)
    if (start === undefined) throw new Error("no start")
    expect(new SaidStep(place, line, start).post).toEqual(post)
  }
})

test("a line of another kind, or written in another way, is left to whoever reads all of it", () => {
  for (const line of lines) expect(stepStart(line) !== undefined).toBe(steps.includes(line))
  const other = [
    `{ "n":1,"action":"Enter","in":{"type":"Enter"},"post":{}}`,
    `{"n":01,"action":"Enter","in":{"type":"Enter"},"post":{}}`,
    `{"n":1,"action":"Enter","in":{"type":"Enter"}}`,
    `{"n":1,"action":"Enter","in":{"type":"Enter",,"post":{}}`,
    `{"n":1,"action":"","in":{"type":"Enter"},"post":{}}`,
    `{"n":12345678901234567,"action":"Enter","in":{"type":"Enter"},"post":{}}`,
  ]
  for (const line of other) expect(stepStart(line)).toBeUndefined()
})

test("bytes that look like the mark of the changes do not end the input", () => {
  const operation = 'x","post":{"y'
  const line = `{"n":1,"client":0,"action":"ClientSubmit","in":${JSON.stringify({ operation })},"post":{}}`
  expect(stepStart(line)).toEqual({ n: 1, client: 0, action: "ClientSubmit", in: { operation } })
})
