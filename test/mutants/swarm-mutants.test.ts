/** Each of these mutants of the code is found by simulated runs, and the code itself passes. */
import { beforeAll, describe, expect, it } from "vitest"
import { inParallel } from "./in-parallel.ts"
import type { Outcome } from "./mutation.ts"
import { swarmMutants, unknown } from "./swarm-mutants.ts"
import { mostSeeds, runSwarmMutant, swarmBaseline } from "./swarm-run.ts"

const minutes = 60_000
const outcomes = new Map<string, Outcome>()

describe("a mutant of the code, put to a swarm", () => {
  beforeAll(async () => {
    await swarmBaseline()
    await inParallel(swarmMutants, 2, async (mutant) => {
      outcomes.set(mutant.name, await runSwarmMutant(mutant))
    })
    const found = [...outcomes.values()].filter(({ problem }) => problem === undefined)
    for (const { name, killedBy } of found) {
      console.log(`${killedBy.where.padStart(9)}  ${name}: ${killedBy.check}`)
    }
  }, 15 * minutes)

  it.each(swarmMutants.map(({ name }) => [name]))(`%s: found in ${mostSeeds} seeds`, (name) => {
    const outcome = outcomes.get(name)
    expect(outcome).toBeDefined()
    expect(outcome?.problem).toBeUndefined()
  })

  it("is one that exists, and there are at least twenty", () => {
    expect(unknown).toEqual([])
    expect(new Set(swarmMutants.map(({ name }) => name)).size).toBe(swarmMutants.length)
    expect(swarmMutants.length).toBeGreaterThanOrEqual(20)
  })
})
