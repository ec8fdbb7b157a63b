/** Zyzzyva in the simulator: runs repeat, a swarm finds nothing, and each monitor says no. */
import { describe, expect, it } from "vitest"
import { shrunk } from "../../src/cli/simulated-run.ts"
import { SwarmTotals } from "../../src/cli/simulate-report.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import { batchDigest, bytesDigest, checkpointDigest } from "../../src/net/digests.ts"
import { simulate } from "../../src/sim/simulate.ts"
import type { Cluster, Scenario } from "../../src/sim/scenario.ts"
import { scenarioOf } from "../../src/sim/swarm.ts"
import type { ZyzzyvaStepped } from "../../src/sim/zyzzyva-replica-node.ts"
import { deepFreeze } from "../support/deep-freeze.ts"
import { quiet, readFile, simulated, spec, zyzzyvaFiles } from "./runs.ts"

const zyzzyva = (over: Partial<Scenario> = {}, cluster: Partial<Cluster> = {}): Scenario =>
  quiet(over, { protocol: "zyzzyva", commitMs: 20, ...cluster })

describe("a run of Zyzzyva", () => {
  it("completes everything by the answers of all when nothing goes wrong", async () => {
    const { failure, outcome } = await simulated(zyzzyva())
    expect(failure).toBeNull()
    expect(outcome.completed).toBe(3)
    expect(outcome.actions["ClientCommit"]).toBeUndefined()
  })

  it.each([2, 11, 46])("of seed %s is the same again", async (seed) => {
    const first = await simulated(scenarioOf(seed, "zyzzyva"))
    const second = await simulated(scenarioOf(seed, "zyzzyva"))
    expect(second.digest).toBe(first.digest)
    expect(second.outcome).toEqual(first.outcome)
  })

  it("changes no state that a machine was given, and steps twice alike", () => {
    const hashing = { batchDigest, checkpointDigest, hash: bytesDigest }
    const steps: Array<string> = []
    const inspectZyzzyva = ({ config, before, input, step: taken }: ZyzzyvaStepped): void => {
      deepFreeze(taken.state)
      steps.push(taken.action)
      if (steps.length % 10 === 0) expect(step(config, before, input)).toEqual(taken)
    }
    for (const seed of [2, 14]) {
      const options = { hashing, spec, write: (): void => undefined, inspectZyzzyva }
      expect(simulate(scenarioOf(seed, "zyzzyva"), options).violation).toBeNull()
    }
    expect(steps.length).toBeGreaterThan(200)
  })
})

describe("a swarm of Zyzzyva", () => {
  it("finds nothing in forty seeds, in which all kinds of faults happen", async () => {
    const totals = new SwarmTotals()
    for (let seed = 1; seed <= 40; seed++) totals.add(await simulated(scenarioOf(seed, "zyzzyva")))
    expect(totals.failures).toEqual([])
    const { faults, actions, liveness } = totals.document(1) as Readonly<
      Record<"faults" | "actions" | "liveness", Readonly<Record<string, number>>>
    >
    for (const kind of ["Crash", "Crash torn", "Clock", "Cut", "Say", "Byzantine", "lost"]) {
      expect(faults[kind]).toBeGreaterThan(0)
    }
    const fast = ["AnswerRead", "ClientRecvReadResponse"]
    const all = [
      ...fast,
      "Restart",
      "RecvPom",
      "RecvFillHole",
      "EnterView",
      "RecvViewConfirm",
      "RecvState",
    ]
    for (const action of all) expect(actions[action]).toBeGreaterThan(0)
    expect(liveness["demanded"]).toBe(40)
  })
})

describe("a failure of Zyzzyva", () => {
  it("becomes small, and is what it was", async () => {
    const published = readFile("zyzzyva/certificate-of-an-old-view-published.json")
    const broken: Scenario = {
      ...published,
      expect: {},
      noise: { ...published.noise, duplicate: 0.05 },
      clocks: [{ node: "r3", rate: 1.01 }],
      requests: [...published.requests, { client: 0, atMs: 6000, operation: "get x" }],
    }
    const run = await simulated(broken)
    expect(run.failure?.property).toBe("CarryOver")
    const small = await shrunk(run, { spec, attempts: 120 })
    expect(small.failure?.property).toBe("CarryOver")
    const { clocks, noise, requests, byzantine } = small.scenario
    expect([clocks, noise.duplicate]).toEqual([[], 0])
    expect(requests.length).toBeLessThan(broken.requests.length)
    expect(byzantine).toHaveLength(1)
  })
})

describe("scenarios of Zyzzyva", () => {
  it.each(zyzzyvaFiles)("%s", async (name) => {
    const scenario = readFile(name)
    expect(Object.keys(scenario.expect)).not.toEqual([])
    const run = await simulated(scenario)
    expect(run.failure).toBeNull()
    expect(run.outcome.violation?.property).toBe(scenario.expect.violates)
  })
})
