/** Every mutant of the code is killed by the check that it names, and the code itself passes. */
import { beforeAll, describe, expect, it } from "vitest"
import { codeMutants } from "./code-mutants.ts"
import { codeBaseline, runCodeMutant } from "./code-run.ts"
import { inParallel } from "./in-parallel.ts"
import type { Outcome } from "./mutation.ts"

const minutes = 60_000
const outcomes = new Map<string, Outcome>()

describe("a mutant of the code", () => {
  beforeAll(async () => {
    const baseline = await codeBaseline(codeMutants.map((m) => m.killedBy))
    await inParallel(codeMutants, 2, async (mutant) => {
      outcomes.set(mutant.name, await runCodeMutant(mutant, baseline))
    })
  }, 10 * minutes)

  it.each(codeMutants.map((m) => [m.name, m.killedBy.check, m.killedBy.where]))(
    "%s: killed by %s in %s",
    (name) => {
      const outcome = outcomes.get(name)
      expect(outcome).toBeDefined()
      expect(outcome?.problem).toBeUndefined()
    },
  )

  it("has a name of its own, and an invariant kills at least twenty", () => {
    expect(new Set(codeMutants.map((m) => m.name)).size).toBe(codeMutants.length)
    const byInvariant = codeMutants.filter((m) => /^[A-Z]\w+$/.test(m.killedBy.check))
    expect(byInvariant.length).toBeGreaterThanOrEqual(20)
  })
})
