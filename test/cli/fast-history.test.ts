/** Histories whose reads say how they were answered: what clients of a sketcher saw. */
import { describe, expect, it } from "vitest"
import {
  clientEvents,
  historyFile,
  judgeHistory,
  keysNotLinearizable,
} from "../../src/cli/client-history.ts"
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
/** What is wrong with it as delay-once, and as linearizable. */
const wrong = (all: ReadonlyArray<Observation>): ReadonlyArray<boolean> =>
  (["delay-once", "linearizable"] as const).map(
    (consistency) => judgeHistory(clientEvents(all), consistency).wrong.length > 0,
  )

describe("what clients of a sketcher saw", () => {
  it("says on the lines of its file how reads were answered", () => {
    const lines = historyFile(clientEvents([next("write", "1"), next("read", "1", fast)]))
    expect(JSON.parse(lines.trim().split("\n").at(-1) ?? "")).toMatchObject({
      type: "ok",
      f: "read",
      value: "1",
      path: "fast",
    })
  })

  it("an old fast answer is delay-once, not linearizable; after a replicated read neither", () => {
    const start = [next("write", "1"), next("read", "1", replicated), next("write", "2")]
    const stale = [...start, next("read", "1", fast)]
    expect(wrong(stale)).toStrictEqual([false, true])
    expect(keysNotLinearizable(stale)).toBe(1)
    const seen = [...start, next("read", "2", replicated), next("read", "1", fast)]
    expect(wrong(seen)).toStrictEqual([true, true])
    expect(keysNotLinearizable([...start, next("read", "2", replicated)])).toBe(0)
  })

  it("a fast answer may come from a read that nobody got the answer of", () => {
    const open = next("read", undefined, { endedAt: Infinity })
    const all = [next("write", "1"), open, next("read", "1", fast)]
    expect(wrong(all)).toStrictEqual([false, false])
    expect(wrong(all.filter((o) => o !== open))).toStrictEqual([true, false])
  })

  it("an invented answer is neither", () => {
    expect(wrong([next("read", "9", replicated)])).toStrictEqual([true, true])
  })
})
