/** The models of PBFT that are small enough for every run, explored with the real step. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { readActionCounts } from "../../ci/action-coverage.ts"
import type { GoldenCount } from "../../ci/models.ts"
import { type Explored, exploreModel } from "../../src/cli/model-graph.ts"
import { unmet } from "../../src/model-check/expectation.ts"
import {
  everyInvariant,
  type PbftModelSpec,
  pbftModels,
} from "../../src/model-check/pbft-models.ts"

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }
const quick = pbftModels.filter((m) => m.size === "test")
const golden = JSON.parse(readFileSync("spec/golden-counts.json", "utf8")) as Record<
  string,
  GoldenCount
>

const actionCounts = readActionCounts()

const explored = new Map<string, Explored>()
const explore = (spec: PbftModelSpec): Explored => {
  const known = explored.get(spec.name)
  if (known !== undefined) return known
  const result = exploreModel(spec, { limits, graph: true })
  explored.set(spec.name, result)
  return result
}

const named = (name: string): PbftModelSpec => {
  const spec = pbftModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`no model ${name}`)
  return spec
}

describe("models of PBFT", () => {
  it.each(quick.map((m) => [m.name, m] as const))("%s comes out as it must", (_, spec) => {
    const { exploration, graph } = explore(spec)
    expect(unmet(spec, exploration)).toEqual([])
    if (spec.expect !== "holds") return
    const count = golden[spec.name]
    expect(count, `${spec.name} is in spec/golden-counts.json`).toBeDefined()
    const { verdict, states, generated, depth } = exploration
    expect(count).toMatchObject({ verdict, states, generated, depth })
    if (graph === undefined) return
    const { steps, stateDigest, stepDigest } = graph
    expect(count).toMatchObject({ steps, stateDigest, stepDigest })
    expect(actionCounts[spec.name], "spec/action-counts.json").toEqual(graph.stepsOf)
  })

  it("reach every action, every antecedent, and ten witnesses", () => {
    const all = quick.map((m) => explore(m).exploration)
    const taken = new Set(all.flatMap((e) => [...e.taken.keys()]))
    const actions = [
      "ClientSubmit",
      "ClientTimeout",
      "ClientRecvReply",
      "RecvRequest",
      "SendPrePrepare",
      "RecvPrePrepare",
      "RecvPrepare",
      "RecvCommit",
      "Execute",
      "ExecuteTentatively",
      "Settle",
      "RecvRead",
      "AnswerRead",
      "RecvCheckpoint",
      "Timeout",
      "RecvViewChange",
      "SendNewView",
      "RecvNewView",
      "RecvFetchBatch",
      "RecvBatch",
      "EnterView",
      "SendFetchState",
      "RecvFetchState",
      "RecvState",
      "Restart",
    ]
    expect(actions.filter((a) => !taken.has(a))).toEqual([])
    const antecedents = new Set(all.flatMap((e) => [...e.antecedents]))
    // Models in which a view change follows a commit, two replicas have a later checkpoint, or
    // clients are answered tentatively, or write and read, are large.
    const large = ["CarryOver", "CheckpointAgreement", "TentativeStays", "FreshReads"]
    expect(everyInvariant.filter((i) => !antecedents.has(i))).toEqual(large)
    expect(new Set(all.flatMap((e) => [...e.witnessed])).size).toBeGreaterThanOrEqual(10)
  })

  it("says bounded when a limit was reached, and never exhaustive", () => {
    const spec = named("Normal")
    const few = exploreModel(spec, { limits: { states: 100, depth: 1e9 }, graph: false })
    expect(few.exploration.verdict).toBe("bounded")
    const shallow = exploreModel(spec, { limits: { states: 1e9, depth: 5 }, graph: false })
    expect(shallow.exploration.verdict).toBe("bounded")
    expect(shallow.exploration.depth).toBe(5)
  })

  it("finds the shortest way to a violation, and it can be followed", () => {
    const { exploration } = explore(named("QuorumTwoF"))
    expect(exploration.violation?.property).toBe("Agreement")
    expect(exploration.violation?.path.length).toBe(4)
    expect(exploration.depth).toBe(5)
  })

  it("tells what is missing when an expectation is not met", () => {
    const spec = { ...named("Normal"), reaches: ["Restart"], unreachable: ["ReachExecuted"] }
    const { exploration } = explore(named("Normal"))
    expect(unmet(spec, exploration)).toEqual([
      "Restart is never reached",
      "ReachExecuted is reached and must not be",
    ])
  })
})
