/** Every mutant of the specification is killed, in TLC, by the check that it names. */
import { beforeAll, describe, expect, it } from "vitest"
import { inParallel } from "./in-parallel.ts"
import { DoesNotApply, type Outcome } from "./mutation.ts"
import { specMutants } from "./spec-mutants.ts"
import { killsByTlc, runSpecMutant, shortRuns, sizeOf } from "./spec-run.ts"

const minutes = 60_000
const outcomes = new Map<string, Outcome>()
const toolchain = shortRuns()

describe("a mutant of the specification", () => {
  beforeAll(async () => {
    const tlc = await toolchain
    await inParallel(specMutants, 2, async (mutant) => {
      outcomes.set(mutant.name, await runSpecMutant(mutant, tlc))
    })
  }, 10 * minutes)

  it.each(specMutants.map((m) => [m.name, m.killedBy.check, m.killedBy.where]))(
    "%s: killed by %s in %s",
    (name) => {
      const outcome = outcomes.get(name)
      expect(outcome).toBeDefined()
      expect(outcome?.problem).toBeUndefined()
    },
  )

  it("has a name of its own, and an invariant kills at least twelve", () => {
    expect(new Set(specMutants.map((m) => m.name)).size).toBe(specMutants.length)
    const byInvariant = specMutants.filter((m) => /^[A-Z]\w+$/.test(m.killedBy.check))
    expect(byInvariant.length).toBeGreaterThanOrEqual(12)
  })

  it("is put to models that the specification as it is passes", () => {
    const models = specMutants.map((m) => sizeOf(m.killedBy.where))
    expect(models.filter((m) => m.expect !== "holds")).toEqual([])
  })

  it(
    "that changes nothing survives, and one that does not apply is refused",
    async () => {
      const same = {
        name: "nothing is changed",
        file: "spec/tla/Pbft.tla",
        find: "Votes(s2.commits, d) >= Quorum",
        replace: "Quorum <= Votes(s2.commits, d)",
      }
      expect(await killsByTlc(same, "SecondStory", await toolchain)).toEqual([])
      const gone = { ...same, find: "no such text" }
      await expect(killsByTlc(gone, "SecondStory", await toolchain)).rejects.toThrow(DoesNotApply)
    },
    minutes,
  )
})
