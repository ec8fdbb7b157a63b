/** Every scenario of test/scenarios shows what it says it shows, the same on every run. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { readFile, scenarioFiles, scenarioFolder, simulated } from "./runs.ts"

describe("scenarios", () => {
  it.each(scenarioFiles)("%s", async (name) => {
    const scenario = readFile(name)
    const run = await simulated(scenario)
    expect(run.failure).toBeNull()
    expect(run.outcome.violation?.property).toBe(scenario.expect.violates)
    expect((await simulated(scenario)).digest).toBe(run.digest)
  })

  it("each says what it must show, and is in the table; the table names no other", () => {
    const table = readFileSync(join(scenarioFolder, "README.md"), "utf8")
    const named = [...table.matchAll(/^\|.*`([^`]+\.json)` \|/gm)].map(([, name]) => name)
    expect(named.toSorted()).toEqual(scenarioFiles)
    const silent = scenarioFiles.filter((name) => Object.keys(readFile(name).expect).length === 0)
    expect(silent).toEqual([])
    const rows = table.split("\n").filter((line) => /^\| \d/.test(line))
    const numbers = new Set(rows.map((row) => Number(row.split("|")[1])))
    expect([...numbers]).toEqual(Array.from({ length: 35 }, (_, k) => k + 1))
    for (const row of rows) expect(row).toMatch(/\.json` \||\| [a-z]/)
  })

  it("one whose expectation is not met fails", async () => {
    const scenario = readFile("gap.json")
    const wrong = [
      { completes: false },
      { actions: ["Restart"] },
      { never: ["RecvCommit"] },
      { actions: ["r2 SendNewView"] },
      { never: ["r1 SendNewView"] },
      { view: 2 },
      { executes: { "2": ["put x 2"] } },
      { executes: { "99": [] } },
      { proven: ["replica 2"] },
      { violates: "Agreement" },
    ]
    for (const expected of wrong) {
      const { failure } = await simulated({ ...scenario, expect: expected })
      expect(failure?.kind).toBe("expectation")
      expect(failure?.property).toBe(Object.keys(expected)[0])
    }
  })
})
