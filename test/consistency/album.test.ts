/** The talk's story: one album, two requests. A check by request would accept the leak. */
import { expect, test } from "vitest"
import type { Consistency, HistoryEvent } from "../../src/consistency/call.ts"
import type { Json } from "../../src/consistency/json.ts"
import { album } from "../../src/consistency/model.ts"
import { HistoryReader } from "../../src/consistency/reader.ts"
import { isDelayOnce } from "./support/definition.ts"
import { firstBad } from "./support/judged.ts"

interface Step {
  readonly process: string
  readonly op: Json
  readonly result?: Json
  readonly path?: "replicated" | "fast"
}

/** One after the other; `object` names what each step is asked of. */
const story = (
  steps: ReadonlyArray<Step>,
  object: (step: Step) => string = () => "album",
): ReadonlyArray<HistoryEvent> => {
  const reader = new HistoryReader(album)
  return steps.flatMap((step, k) => {
    const { process, op, result = null, path } = step
    const same = { process, object: object(step), request: JSON.stringify(op), op }
    const told = path === undefined ? {} : { path }
    const lines = [
      { index: 2 * k, time: 2 * k + 1, type: "invoke", ...same },
      { index: 2 * k + 1, time: 2 * k + 2, type: "ok", ...same, result, ...told },
    ]
    return lines.map((line) => {
      const event = reader.next(JSON.stringify(line))
      if ("bad" in event) throw new Error(event.bad)
      return event
    })
  })
}

const shared: ReadonlyArray<Step> = [
  { process: "alice", op: { allow: "colleague" } },
  { process: "colleague", op: { view: "colleague" }, result: [], path: "replicated" },
  { process: "alice", op: { forbid: "colleague" } },
  { process: "alice", op: { upload: "beach.jpg" } },
]
const refreshed = (result: Json, path: "replicated" | "fast"): ReadonlyArray<Step> => [
  ...shared,
  { process: "colleague", op: { view: "colleague" }, result, path },
]

const verdict = (
  steps: ReadonlyArray<Step>,
  consistency: Consistency,
  object?: (step: Step) => string,
) => firstBad(story(steps, object), consistency, album)

test("the colleague may be shown his old page, or be refused; never the photos", () => {
  expect(verdict(refreshed([], "fast"), "delay-once")).toBe(0)
  expect(verdict(refreshed([], "fast"), "linearizable")).toBe(10)
  expect(verdict(refreshed(null, "replicated"), "delay-once")).toBe(0)
  for (const path of ["fast", "replicated"] as const) {
    expect(verdict(refreshed(["beach.jpg"], path), "delay-once")).toBe(10)
    expect(isDelayOnce(album, story(refreshed(["beach.jpg"], path)))).toBe(false)
  }
})

test("nor is the leak hidden by a sketch that another reader left of another request", () => {
  const friend: ReadonlyArray<Step> = [
    { process: "alice", op: { allow: "friend" } },
    ...shared,
    { process: "friend", op: { view: "friend" }, result: ["beach.jpg"], path: "replicated" },
    { process: "colleague", op: { view: "colleague" }, result: ["beach.jpg"], path: "fast" },
  ]
  expect(verdict(friend, "delay-once")).toBe(14)
  expect(verdict(friend.slice(0, -1), "delay-once")).toBe(0)
})

test("a check that took each request for an object of its own would accept it", () => {
  const leak = refreshed(["beach.jpg"], "replicated")
  // The colleague's page and the uploads, without the change of the list that Alice made first.
  const byRequest = leak.filter((s) => JSON.stringify(s.op) !== '{"forbid":"colleague"}')
  expect(verdict(byRequest, "delay-once")).toBe(0)
  expect(verdict(leak, "delay-once")).toBe(10)
  // Albums are told from each other.
  const own = (s: Step) => ("forbid" in (s.op as object) ? "other album" : "album")
  expect(verdict(leak, "delay-once", own)).toBe(0)
})

test("one request may show the new state and another one the old after it", () => {
  const steps: ReadonlyArray<Step> = [
    { process: "alice", op: { allow: "bob" } },
    { process: "alice", op: { allow: "carol" } },
    { process: "bob", op: { view: "bob" }, result: [], path: "replicated" },
    { process: "carol", op: { view: "carol" }, result: [], path: "replicated" },
    { process: "alice", op: { upload: "beach.jpg" } },
    { process: "bob", op: { view: "bob" }, result: ["beach.jpg"], path: "replicated" },
    // Carol's page is another request: nobody has asked the group for it since.
    { process: "carol", op: { view: "carol" }, result: [], path: "fast" },
  ]
  expect(verdict(steps, "delay-once")).toBe(0)
  expect(verdict(steps, "linearizable")).toBe(14)
  // Bob's own page may not go back.
  const back: Step = { process: "bob", op: { view: "bob" }, result: [], path: "fast" }
  expect(verdict([...steps, back], "delay-once")).toBe(16)
})
