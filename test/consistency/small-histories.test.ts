/** Both checkers against the definition, on every small history of a register. */
import { expect, test } from "vitest"
import type { HistoryEvent } from "../../src/consistency/call.ts"
import { register } from "../../src/consistency/model.ts"
import { isDelayOnce, isLinearizable } from "./support/definition.ts"
import { historyOf, interleavings, type Kind, kindsOf, sequences } from "./support/histories.ts"
import { firstBad, firstBadBySearch } from "./support/judged.ts"

const judges = { linearizable: isLinearizable, "delay-once": isDelayOnce } as const

/** What is wrong with the checkers' verdicts; undefined when nothing is. */
const wrong = (
  events: ReadonlyArray<HistoryEvent>,
  accepted: { count: number },
  searches: boolean,
): string | undefined => {
  for (const consistency of ["linearizable", "delay-once"] as const) {
    const expected = judges[consistency](register, events)
    if (expected) accepted.count++
    if ((firstBad(events, consistency) === 0) !== expected) return `${consistency}: by value`
    if (searches && (firstBadBySearch(events, consistency) === 0) !== expected)
      return `${consistency}: search`
  }
  return undefined
}

const checkAll = (
  kinds: ReadonlyArray<Kind>,
  length: number,
): { all: number; accepted: number } => {
  const accepted = { count: 0 }
  let all = 0
  for (const chosen of sequences(kinds, length)) {
    for (const order of interleavings(chosen)) {
      all++
      const why = wrong(historyOf(chosen, order), accepted, length < 3 || all % 4 === 0)
      if (why !== undefined) expect.fail(`${why}: ${JSON.stringify(chosen)} in order ${order}`)
    }
  }
  return { all, accepted: accepted.count }
}

test("every history of two operations, with every way to end", () => {
  const { all, accepted } = checkAll(kindsOf([1, 2], ["ok", "none", "info", "fail"]), 2)
  expect(all).toBeGreaterThan(500)
  expect(accepted).toBeGreaterThan(300)
})

test("every history of three operations, ended or not", { timeout: 120_000 }, () => {
  const { all, accepted } = checkAll(kindsOf([1, 2], ["ok", "none"]), 3)
  expect(all).toBe(26_031)
  expect(accepted).toBeGreaterThan(10_000)
})
