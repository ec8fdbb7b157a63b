/** Histories of an ideal sketcher, as they are and spoiled: too long to be counted out. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { registerCalls, sketched } from "../../bench/ideal-sketcher.ts"
import type { HistoryEvent } from "../../src/consistency/call.ts"
import { keyValue, register } from "../../src/consistency/model.ts"
import { runs } from "../support/runs.ts"
import { isDelayOnce, isLinearizable } from "./support/definition.ts"
import { firstBad, firstBadBySearch } from "./support/judged.ts"
import { spoiled } from "./support/spoiled.ts"

interface Drawn {
  readonly seed: number
  readonly calls: number
  readonly clients: number
  readonly values: number
  readonly lost: number
  readonly untold: number
  readonly spoils: number
}

const drawn = (calls: number): fc.Arbitrary<Drawn> =>
  fc.record({
    seed: fc.nat(),
    calls: fc.integer({ min: 1, max: calls }),
    clients: fc.integer({ min: 1, max: 3 }),
    values: fc.constantFrom(Infinity, Infinity, 2, 3),
    lost: fc.constantFrom(0, 0, 5, 20),
    untold: fc.constantFrom(0, 30, 100),
    spoils: fc.integer({ min: 0, max: 3 }),
  })

const ideal = ({ values, ...drawn }: Drawn, sketches = true): ReadonlyArray<HistoryEvent> =>
  sketched({ ...drawn, model: register, ask: registerCalls(60, values), sketches })

const changed = (d: Drawn): ReadonlyArray<HistoryEvent> =>
  Array.from({ length: d.spoils }).reduce<ReadonlyArray<HistoryEvent>>(
    (events, _, k) => spoiled(events, d.seed + k),
    ideal(d),
  )

const consistencies = ["linearizable", "delay-once"] as const

describe("a history", () => {
  it("of an ideal sketcher is delay-once, and of a store without one linearizable", () => {
    const undecided = { count: 0, all: 0 }
    fc.assert(
      fc.property(drawn(60), (d) => {
        const values = { ...d, values: Infinity }
        expect(firstBad(ideal(values), "delay-once")).toBe(0)
        expect(firstBad(ideal(values, false), "linearizable")).toBe(0)
        const found = firstBad(ideal({ ...d, lost: 0 }), "delay-once")
        undecided.all++
        if (found === undefined) undecided.count++
        else expect(found).toBe(0)
      }),
      runs(150),
    )
    expect(undecided.count).toBeLessThan(undecided.all / 2)
  })

  it("of five calls, spoiled, is judged as the definition judges it", () => {
    fc.assert(
      fc.property(drawn(5), (d) => {
        const events = changed(d)
        expect(firstBad(events, "delay-once") === 0).toBe(isDelayOnce(register, events))
        expect(firstBad(events, "linearizable") === 0).toBe(isLinearizable(register, events))
      }),
      runs(400),
    )
  })

  it("of some calls, spoiled, has the same first bad event by values and by search", () => {
    const seen = { bad: 0, good: 0 }
    fc.assert(
      fc.property(drawn(12), (d) => {
        const events = changed({ ...d, values: Infinity })
        for (const consistency of consistencies) {
          const found = firstBad(events, consistency)
          const searched = firstBadBySearch(events, consistency)
          if (searched !== undefined) expect(found).toBe(searched)
          if (found === 0) seen.good++
          else seen.bad++
        }
      }),
      runs(150),
    )
    expect(Math.min(seen.good, seen.bad)).toBeGreaterThan(20)
  })

  it("of a key-value service with few keys is delay-once too", () => {
    const ask = (random: (n: number) => number) => {
      const key = `k${random(3)}`
      const value = random(3)
      const operations = [
        ["get", key],
        ["get", key],
        ["put", key, value],
        ["delete", key],
      ]
      const operation = operations[random(4)] as ReadonlyArray<string | number>
      return { operation, request: JSON.stringify(operation) }
    }
    fc.assert(
      fc.property(drawn(30), (d) => {
        const options = { ...d, lost: 0, model: keyValue, ask, sketches: true }
        const found = firstBad(sketched(options), "delay-once", keyValue)
        if (found !== undefined) expect(found).toBe(0)
      }),
      runs(100),
    )
  })
})
