/** That the mutants prove something: a mutation applies or is refused, and a survivor is told. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { codeBaseline, type CodeMutant, runCodeMutant } from "./code-run.ts"
import { withCopy } from "./copy.ts"
import { DoesNotApply, mutatedText, type Mutation, problemOf } from "./mutation.ts"

const seconds = 1000

const of = (find: string, replace: string): Mutation => ({
  name: "a mutant",
  file: "src/core/votes.ts",
  find,
  replace,
})

describe("a mutation", () => {
  it("replaces its text, and takes what it puts there literally", () => {
    expect(mutatedText("a + b", of("+", "$& $1 -"))).toBe("a $& $1 - b")
  })

  it.each([
    ["nowhere", 0],
    ["a", 2],
  ])("is refused where its text (%s) stands %i times", (find, count) => {
    expect(() => mutatedText("a + a", of(find, "b"))).toThrow(DoesNotApply)
    expect(() => mutatedText("a + a", of(find, "b"))).toThrow(
      `src/core/votes.ts holds this text ${count} times`,
    )
  })

  it("is made in a copy that goes, and not in the checkout", async () => {
    const before = readFileSync("src/core/votes.ts", "utf8")
    const mutation = of("voters++", "voters--")
    const [root, text] = await withCopy(["src/core"], mutation, async (copy) => [
      copy,
      readFileSync(join(copy, mutation.file), "utf8"),
    ])
    expect(text).toBe(before.replace("voters++", "voters--"))
    expect(readFileSync("src/core/votes.ts", "utf8")).toBe(before)
    expect(existsSync(root)).toBe(false)
  })

  it("leaves no copy behind when it does not apply", async () => {
    const roots: Array<string> = []
    const use = async (copy: string): Promise<void> => void roots.push(copy)
    await expect(withCopy(["src/core"], of("nowhere", ""), use)).rejects.toThrow(DoesNotApply)
    expect(roots).toEqual([])
  })
})

describe("a mutant", () => {
  const killer = { check: "Agreement", where: "Normal" }

  it("counts as killed by the check that it names only, in the model that it names only", () => {
    const why = "two batches"
    expect(problemOf(killer, [{ ...killer, why }])).toBeUndefined()
    expect(problemOf(killer, [])).toBe("survived")
    expect(problemOf(killer, [{ ...killer, check: "TypeOK", why }])).toBe(
      "killed by another check: TypeOK in Normal (two batches)",
    )
    expect(problemOf(killer, [{ ...killer, where: "Restart", why }])).toMatch(/another check/)
  })

  const unchanged: CodeMutant = {
    ...of("voters++", "voters += 1"),
    killedBy: { check: "graph", where: "SecondStory" },
  }

  it(
    "that changes nothing survives: the models and the tests see no difference",
    async () => {
      const test = {
        check: "are counted by digest, one a replica: votes for different batches never add up",
        where: "test/core/votes.test.ts",
      }
      const baseline = await codeBaseline([unchanged.killedBy, test])
      expect(await runCodeMutant(unchanged, baseline)).toMatchObject({ problem: "survived" })
      const tested = await runCodeMutant({ ...unchanged, killedBy: test }, baseline)
      expect(tested).toMatchObject({ kills: [], problem: "survived" })
    },
    60 * seconds,
  )

  it(
    "whose killer is not there is an error",
    async () => {
      const noModel = [{ check: "graph", where: "NoSuchModel" }]
      await expect(codeBaseline(noModel)).rejects.toThrow("there is no model NoSuchModel")
      const noTest = [{ check: "no such test", where: "test/core/votes.test.ts" }]
      await expect(codeBaseline(noTest)).rejects.toThrow(/"no such test" .* did not run/)
    },
    60 * seconds,
  )
})
