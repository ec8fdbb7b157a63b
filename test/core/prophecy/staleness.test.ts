/**
 * How long a change can stay hidden when the sketcher draws uniformly: k stale reads in a row have
 * probability (s/n)^k at most, with s replicas of n faulty or behind. Seeded runs of the real step.
 */
import { describe, expect, it } from "vitest"
import { rotation } from "../../../src/core/prophecy/sketcher.ts"
import { SketcherTester } from "../../support/prophecy.ts"

const seed = 20260728
const runs = 5_000

// mulberry32: all that matters is that it repeats.
const uniform = (start: number): ((below: number) => number) => {
  let state = start
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** Wilson's interval of 99.9 % for `hits` of `all`. */
const interval = (hits: number, all: number): readonly [low: number, high: number] => {
  const z = 3.2905
  const p = hits / all
  const centre = p + z ** 2 / (2 * all)
  const spread = z * Math.sqrt((p * (1 - p)) / all + z ** 2 / (4 * all ** 2))
  const scale = 1 + z ** 2 / all
  return [(centre - spread) / scale, (centre + spread) / scale]
}

type Draw = (replicas: ReadonlyArray<number>, id: number) => number

/** How many reads after a change are stale before one is not: replicas below `stale` say "old". */
const staleReads = (stale: number, draw: Draw): number => {
  const s = new SketcherTester({ maxStrikes: 0 }).read(1, "q").replicated(0, "old", 1)
  for (let id = 2; ; id++) {
    const replica = draw(rotation(s.config, s.state), id)
    s.read(id, "q", { replica }).fastReply(id, replica, replica < stale ? "old" : "new")
    if (s.responses().length === 0 || id > 50) return id - 2
  }
}

const countsOf = (stale: number, draw: Draw): ReadonlyArray<number> => {
  const lengths = Array.from({ length: runs }, () => staleReads(stale, draw))
  return [1, 2, 3, 4].map((k) => lengths.filter((length) => length >= k).length)
}

describe("a change stays hidden", () => {
  it.each([1, 2])("as long as uniform draws allow, with %i of 4 replicas stale", (stale) => {
    const next = uniform(seed)
    countsOf(stale, (replicas) => replicas[next(replicas.length)] ?? 0).forEach((hits, at) => {
      const bound = (stale / 4) ** (at + 1)
      const [low, high] = interval(hits, runs)
      expect(low, `seed ${seed}, ${at + 1} in a row`).toBeLessThanOrEqual(bound)
      // And not much less: the draw is uniform.
      expect(high, `seed ${seed}, ${at + 1} in a row`).toBeGreaterThanOrEqual(bound)
    })
  })

  it("longer when a key sticks to a replica: the interval tells", () => {
    const next = uniform(seed)
    const sticky = { replica: 0 }
    const [, second = 0] = countsOf(1, (replicas, id) => {
      if (id === 2) sticky.replica = replicas[next(replicas.length)] ?? 0
      return sticky.replica
    })
    expect(interval(second, runs)[0]).toBeGreaterThan((1 / 4) ** 2)
  })

  it("without any bound where an adversary draws", () => {
    expect(staleReads(1, () => 0)).toBeGreaterThan(40)
  })
})
