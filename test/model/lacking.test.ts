/**
 * Each class of Byzantine messages is needed: a model without one loses coverage that the whole
 * model has. By the explorer; the graphs are compared with TLC's beside the tests, by size. Part of
 * npm run test:slow.
 */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { GoldenCount } from "../../ci/models.ts"
import { exploreModel } from "../../src/cli/model-graph.ts"
import { unmet } from "../../src/model-check/expectation.ts"
import type { Exploration } from "../../src/model-check/explore.ts"
import { pbftModels } from "../../src/model-check/pbft-models.ts"

const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>
const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }

const explored = new Map<string, Exploration>()
const explore = (name: string): Exploration => {
  const spec = pbftModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  const known = explored.get(name)
  if (known !== undefined) return known
  const { exploration } = exploreModel(spec, { limits, graph: false })
  explored.set(name, exploration)
  // What is lost must be lost by the model as it is meant to be.
  expect(unmet(spec, exploration)).toEqual([])
  const { verdict, states, generated, depth } = exploration
  expect(golden[name], `${name} is in spec/golden-counts.json`).toBeDefined()
  expect(golden[name]).toMatchObject({ verdict, states, generated, depth })
  return exploration
}

const lost = [
  ["LacksViews", "ByzantinePrimary", "Ignore:WrongView"],
  ["LacksSeqs", "ByzantinePrimary", "Ignore:OutsideWatermarks"],
  ["LacksPartialAuthenticators", "ByzantinePrimary", "Ignore:BadAuthenticator"],
  ["LacksBadRequests", "ByzantinePrimary", "ReachHeld"],
  ["LacksUnknownDigests", "ByzantineBackup", "ReachMismatchedVote"],
] as const

describe("a model without a class of messages", () => {
  it("is there for each class", () => {
    const lacking = pbftModels.filter((m) => m.name.startsWith("Lacks")).map((m) => m.name)
    expect(lost.map(([name]) => name).sort()).toEqual(lacking.sort())
  })

  it.each(lost)("%s loses the coverage that %s has: %s", (lacking, whole, what) => {
    const reached = (name: string): boolean => {
      const exploration = explore(name)
      return exploration.taken.has(what) || exploration.witnessed.has(what)
    }
    expect(reached(whole)).toBe(true)
    expect(reached(lacking)).toBe(false)
  })
})
