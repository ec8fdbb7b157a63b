/** Who gives up its view because others stand still below what it has executed. */
import { describe, expect, it } from "vitest"
import { standstillTimer } from "../../../src/core/pbft/standstill.ts"
import { init, type State } from "../../../src/core/pbft/state.ts"
import { viewTimer } from "../../../src/core/pbft/timer.ts"
import { nextStand, type Stand } from "../../../src/core/stand.ts"
import { after, configOf } from "../../support/pbft.ts"
import { recoverOf } from "../../support/recover-guards.ts"
import { recovering } from "../../support/rejoin-guards.ts"

const config = configOf(2)
const state: State = { ...init(config), executed: 5 }
const still = (...executed: ReadonlyArray<number>): ReadonlyArray<Stand> =>
  executed.map((seq) => ({ executed: seq, reports: 3 }))

describe("a replica that waits for nothing itself", () => {
  it("waits for f + 1 others that stand still below it, and not for f, who may lie", () => {
    expect(viewTimer(config, state)).toBeUndefined()
    const timer = standstillTimer(config, state, still(3, 4, 5))
    expect(timer).toEqual({ view: 0, key: "view 0: number 5 of others" })
    expect(standstillTimer(config, state, still(3, 5, 5))).toBeUndefined()
    expect(standstillTimer(config, state, still(3, 9, 9))).toBeUndefined()
    expect(standstillTimer(config, state, still(3))).toBeUndefined()
    const seven = configOf(2, { group: { n: 7, f: 2, quorum: 5 } })
    expect(standstillTimer(seven, state, still(3, 4, 5, 5, 5, 5))).toBeUndefined()
    expect(standstillTimer(seven, state, still(3, 4, 1, 5, 5, 5))?.key).toContain("number 5 of")
  })

  it("waits anew for each number that they come to", () => {
    const keys = [still(3, 4), still(4, 4), still(3, 3)].map(
      (stands) => standstillTimer(config, state, stands)?.key,
    )
    expect(keys).toEqual([5, 5, 4].map((seq) => `view 0: number ${seq} of others`))
  })

  it("does not wait for those that are a moment late", () => {
    const late = still(3, 4).map((stand) => ({ ...stand, reports: 2 }))
    expect(standstillTimer(config, state, late)).toBeUndefined()
    expect(standstillTimer(config, state, [...late, ...still(3)])).toBeUndefined()
  })

  it("does not wait for who may fetch the state of its stable checkpoint", () => {
    const stable: State = { ...state, log: { ...state.log, low: 4 } }
    expect(standstillTimer(config, stable, still(3, 3, 3))).toBeUndefined()
    expect(standstillTimer(config, stable, still(3, 4, 4))).toBeDefined()
  })

  it("has no view to give up where it takes part in none, and no vote to give where it is mute", () => {
    expect(standstillTimer(config, { ...state, active: false }, still(3, 3, 3))).toBeUndefined()
    const mute: State = { ...after(recovering(2), [recoverOf(5)]), executed: 5 }
    expect(standstillTimer(recovering(2), mute, still(3, 3, 3))).toBeUndefined()
  })
})

describe("a peer's stand", () => {
  const told = (
    executed: ReadonlyArray<number>,
    settled: ReadonlyArray<number>,
  ): Stand | undefined =>
    executed.reduce<Stand | undefined>(
      (before, seq, k) => nextStand(before, seq, settled[k] ?? 0),
      undefined,
    )

  it("counts what it repeats from below, and begins again when it moves", () => {
    expect(told([2], [5])).toEqual({ executed: 2, reports: 0 })
    expect(told([2, 2, 2], [5, 5, 5])).toEqual({ executed: 2, reports: 2 })
    expect(told([2, 2, 3], [5, 5, 5])).toEqual({ executed: 3, reports: 0 })
    expect(told([2, 2, 3, 3], [5, 5, 5, 6])).toEqual({ executed: 3, reports: 1 })
  })

  it("does not count what it said while it was as far: this replica may just have gone on", () => {
    expect(told([5, 5, 5, 5], [5, 5, 5, 5])).toEqual({ executed: 5, reports: 0 })
    expect(told([5, 5, 5, 5], [5, 5, 5, 6])).toEqual({ executed: 5, reports: 1 })
  })
})
