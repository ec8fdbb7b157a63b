import { expect, test } from "vitest"
import { clientEvents, historyFile, judgeHistory } from "../../src/cli/client-history.ts"
import type { Observation } from "../../src/cli/register-check.ts"
import { register } from "../../src/consistency/model.ts"
import { HistoryReader } from "../../src/consistency/reader.ts"

const seen = (
  client: number,
  kind: Observation["kind"],
  value: string | undefined,
  [startedAt, endedAt]: readonly [number, number],
): Observation => ({ client, key: "k", kind, value, startedAt, endedAt })

const good = [
  seen(0, "write", "a", [0, 4]),
  seen(1, "read", "a", [4, 5]),
  seen(1, "read", undefined, [1, 3]),
  seen(0, "write", undefined, [6, Infinity]),
  seen(0, "read", undefined, [7, 8]),
]

test("what clients saw is judged, and is a history that can be read", () => {
  expect(judgeHistory(clientEvents(good))).toEqual({
    consistency: "linearizable",
    operations: 5,
    keys: 1,
    undecided: 0,
    wrong: [],
  })
  const reader = new HistoryReader(register)
  const events = clientEvents(good)
  const lines = historyFile(events).trimEnd().split("\n")
  expect(lines.map((line) => reader.next(line))).toEqual(events)
})

test("a value that was overwritten is told with what it does not fit with", () => {
  const stale = [...good, seen(1, "write", "b", [9, 10]), seen(1, "read", "a", [11, 12])]
  const { wrong } = judgeHistory(clientEvents(stale))
  expect(wrong[0]).toMatch(/^lines \d+ to \d+: process "1.0" read "k" = "a"$/)
  expect(wrong[1]).toMatch(/process "[01].0" (read|wrote) /)
})

test("what happened at one moment may have been in either order", () => {
  const touching = [seen(0, "write", "a", [0, 4]), seen(1, "read", undefined, [4, 5])]
  expect(judgeHistory(clientEvents(touching)).wrong).toEqual([])
  const apart = [seen(0, "write", "a", [0, 4]), seen(1, "read", undefined, [4.1, 5])]
  expect(judgeHistory(clientEvents(apart)).wrong).toHaveLength(2)
})
