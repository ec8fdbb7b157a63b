import { describe, expect, it } from "vitest"
import { historyLines, judgeHistory, keysNotLinearizable } from "../../src/cli/observed-history.ts"
import type { Observation } from "../../src/cli/register-check.ts"

let clock = 0
/** One operation after the other, each by a client of its own. */
const next = (
  kind: Observation["kind"],
  value: string | undefined,
  more: Partial<Observation> = {},
): Observation => {
  clock += 2
  const client = clock
  return { client, key: "a", kind, value, startedAt: clock, endedAt: clock + 1, ...more }
}
const replicated = { path: "replicated" } as const
const fast = { path: "fast" } as const
const verdicts = (all: ReadonlyArray<Observation>): ReadonlyArray<string> =>
  (["delay-once", "linearizable"] as const).map((c) => judgeHistory(historyLines(all), c).verdict)

describe("what clients of a run saw, as a history", () => {
  it("keeps the order of real time, and says of reads how they were answered", () => {
    const write = next("write", "1")
    const read = next("read", "1", { ...fast, startedAt: write.startedAt + 0.5 })
    const lines = historyLines([read, write]).map((line) => JSON.parse(line) as object)
    expect(lines).toMatchObject([
      { index: 0, type: "invoke", f: "write", key: "a", value: "1" },
      { index: 1, type: "invoke", f: "read", value: null },
      { index: 2, type: "ok", f: "write", value: "1" },
      { index: 3, type: "ok", f: "read", value: "1", path: "fast" },
    ])
    const times = lines.map((line) => (line as { time: number }).time)
    expect(times).toStrictEqual([...new Set(times)].sort((a, b) => a - b))
  })

  it("a client whose request has no end goes on as another process", () => {
    const lost = next("write", "1", { client: 7, endedAt: Infinity })
    const later = next("write", "2", { client: 7 })
    const lines = historyLines([lost, later]).map((l) => JSON.parse(l) as { process: string })
    expect(lines.map(({ process }) => process)).toStrictEqual(["7.0", "7.1", "7.1"])
    expect(verdicts([lost, later])).toStrictEqual(["holds", "holds"])
  })

  it("an old fast answer is delay-once and not linearizable; after a replicated read it is neither", () => {
    const start = [next("write", "1"), next("read", "1", replicated), next("write", "2")]
    const stale = [...start, next("read", "1", fast)]
    expect(verdicts(stale)).toStrictEqual(["holds", "violated"])
    expect(keysNotLinearizable(stale)).toBe(1)
    const seen = [...start, next("read", "2", replicated), next("read", "1", fast)]
    expect(verdicts(seen)).toStrictEqual(["violated", "violated"])
    expect(judgeHistory(historyLines(seen), "delay-once").why).not.toBe("")
    expect(keysNotLinearizable([...start, next("read", "2", replicated)])).toBe(0)
  })

  it("an invented answer is neither", () => {
    expect(verdicts([next("read", "9", replicated)])).toStrictEqual(["violated", "violated"])
  })
})
