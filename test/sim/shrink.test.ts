/** What failing scenarios are made smaller to: each failure must stay one. */
import { expect, it } from "vitest"
import type { Crash, Scenario } from "../../src/sim/scenario.ts"
import { shrink } from "../../src/sim/shrink.ts"
import { quiet } from "./runs.ts"

const crash = (replica: number): Crash => ({
  _tag: "Crash",
  replica,
  atMs: 10,
  forMs: 10,
  tail: "lost",
})
const long = quiet({
  faults: [crash(0), crash(1), crash(2)],
  calmAtMs: 15_000,
  endMs: 135_000,
})

/** The smallest scenario of those that fail. */
const smallest = (
  scenario: Scenario,
  failed: number | undefined,
  fails: (s: Scenario) => boolean,
) => {
  const shrinking = shrink(scenario, failed)
  let next = shrinking.next()
  while (next.done !== true) next = shrinking.next({ fails: fails(next.value), noise: [] })
  return next.value
}

const hits = ({ faults }: Scenario, replica: number): boolean =>
  faults.some((fault) => fault._tag === "Crash" && fault.replica === replica)

it("what has not come about at the end keeps its whole calm phase: any time may be too short", () => {
  const isSlow = (s: Scenario): boolean => s.endMs - s.calmAtMs < 100_000
  const small = smallest(long, undefined, (s) => isSlow(s) || hits(s, 1))
  expect(small.endMs - small.calmAtMs).toBe(120_000)
  expect(small.calmAtMs).toBe(200)
  expect(small.faults).toEqual([crash(1)])
})

it("what broke at some time ends there", () => {
  const small = smallest(long, 1_234.5, (s) => s.endMs >= 1_235 && hits(s, 1))
  expect(small).toMatchObject({ endMs: 1_235, faults: [crash(1)] })
})
