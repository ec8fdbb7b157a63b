/** Runs as a whole: they repeat, a swarm finds nothing, and what fails becomes small. */
import { describe, expect, it } from "vitest"
import { isProblem, readScenario, scenarioText } from "../../src/cli/scenario-file.ts"
import { SwarmTotals } from "../../src/cli/simulate-report.ts"
import { step } from "../../src/core/pbft/replica.ts"
import { batchDigest, bytesDigest, checkpointDigest } from "../../src/net/digests.ts"
import type { ReplicaStepped } from "../../src/sim/host.ts"
import { simulate } from "../../src/sim/simulate.ts"
import { deepFreeze } from "../support/deep-freeze.ts"
import { shrunk, type SimulatedRun } from "../../src/cli/simulated-run.ts"
import type { Scenario } from "../../src/sim/scenario.ts"
import { scenarioOf } from "../../src/sim/swarm.ts"
import { quiet, simulated, spec } from "./runs.ts"

const reread = (scenario: Scenario): Scenario => {
  const read = readScenario(scenarioText(scenario))
  if (isProblem(read)) throw new Error(`${read.path}: ${read.problem}`)
  return read
}

describe("a run", () => {
  it("completes everything when nothing goes wrong, and its traces conform", async () => {
    const { failure, outcome, verdict } = await simulated(quiet())
    expect(failure).toBeNull()
    expect(outcome.completed).toBe(3)
    expect(verdict?._tag).toBe("Conforms")
  })

  it.each([2, 11, 46])("of seed %s is the same again, and as a saved scenario", async (seed) => {
    const scenario = scenarioOf(seed)
    const first = await simulated(scenario)
    const second = await simulated(scenarioOf(seed))
    const saved = await simulated(reread(scenario))
    const text = JSON.stringify([...first.files])
    expect(text.length).toBeGreaterThan(10_000)
    expect(JSON.stringify([...second.files])).toBe(text)
    expect(JSON.stringify([...saved.files])).toBe(text)
    expect([second.digest, saved.digest]).toEqual([first.digest, first.digest])
    expect(saved.outcome).toEqual(first.outcome)
  })

  it("goes another way with another seed", async () => {
    const scenario = quiet({ noise: { ...quiet().noise, delayMs: [1, 30] } })
    const { digest } = await simulated(scenario)
    expect((await simulated({ ...scenario, seed: 2 })).digest).not.toBe(digest)
  })
})

describe("the machines", () => {
  it("change no state that they were given, and step twice alike", () => {
    const hashing = { batchDigest, checkpointDigest, hash: bytesDigest }
    const steps: Array<string> = []
    const inspect = ({ config, before, input, step: taken }: ReplicaStepped): void => {
      deepFreeze(taken.state)
      steps.push(taken.action)
      if (steps.length % 10 === 0) expect(step(config, before, input)).toEqual(taken)
    }
    for (const seed of [2, 14]) {
      const write = (): void => undefined
      const options = { hashing, spec, write, inspect }
      expect(simulate(scenarioOf(seed), options).violation).toBeNull()
    }
    expect(steps.length).toBeGreaterThan(500)
  })
})

describe("a swarm", () => {
  it("finds nothing in fifty seeds, in which all kinds of faults happen", async () => {
    const totals = new SwarmTotals()
    for (let seed = 1; seed <= 50; seed++) totals.add(await simulated(scenarioOf(seed)))
    expect(totals.failures).toEqual([])
    const { faults, actions, liveness, verdicts } = totals.document(1) as Readonly<
      Record<"faults" | "actions" | "liveness" | "verdicts", Readonly<Record<string, number>>>
    >
    const kinds = ["Crash", "Crash torn", "Clock", "Cut", "Say", "Byzantine", "lost", "cut"]
    const more = ["Byzantine Twins", "Byzantine Fuzz", "duplicated", "late", "Rekey"]
    for (const kind of [...kinds, ...more]) expect(faults[kind]).toBeGreaterThan(0)
    for (const action of ["Execute", "RecvCheckpoint", "Restart", "Recover", "ChangeKey"]) {
      expect(actions[action]).toBeGreaterThan(0)
    }
    expect(liveness["demanded"]).toBeGreaterThan(25)
    expect(verdicts).toEqual({ Conforms: expect.any(Number), Gap: expect.any(Number) })
  })
})

describe("a failure", () => {
  // A quorum that is too small, in a run full of things that have nothing to do with it.
  const broken: Scenario = {
    ...scenarioOf(9),
    ...quiet(
      {
        byzantine: [
          {
            replica: 0,
            behaviours: [
              { _tag: "Replay", chance: 0.1 },
              { _tag: "Equivocate", to: ["r3"], both: false, story: "reordered" },
            ],
          },
        ],
        noise: { delayMs: [1, 5], loss: 0.1, duplicate: 0.1, late: 0.1, lateMs: 20 },
        faults: [
          { _tag: "Crash", replica: 2, atMs: 400, forMs: 10, tail: "torn" },
          { _tag: "Cut", from: ["c1"], to: ["r2"], messages: [], startMs: 0, endMs: 50 },
        ],
        clocks: [{ node: "r1", rate: 1.1 }],
      },
      { quorum: 2 },
    ),
  }

  it("becomes small, is what it was, and repeats itself from its file", async () => {
    const run = await simulated(broken)
    expect(run.failure?.property).toBe("PreparedUnique")
    const small = await shrunk(run, { spec, attempts: 400 })
    expect(small.failure?.property).toBe("PreparedUnique")
    const { requests, faults, clocks, byzantine, noise, fates } = small.scenario
    expect(requests).toHaveLength(1)
    expect(faults).toEqual([])
    expect(clocks).toEqual([])
    expect(byzantine).toHaveLength(1)
    expect(byzantine[0]?.behaviours.map(({ _tag }) => _tag)).toEqual(["Equivocate"])
    expect([noise.loss, noise.duplicate, noise.late]).toEqual([0, 0, 0])
    expect(fates.length).toBeLessThan(3)
    expect((await simulated(reread(small.scenario))).digest).toBe(small.digest)
  })

  it("that needs a lost message names the message", async () => {
    // A client that does not ask again: its request, or too many of its replies, must get lost.
    const lossy = (seed: number): Scenario =>
      quiet(
        {
          seed,
          noise: { delayMs: [1, 3], loss: 0.3, duplicate: 0.1, late: 0.1, lateMs: 20 },
          calmAtMs: 300,
          endMs: 20_000,
        },
        { retransmitMs: 100_000 },
      )
    const runs: Array<SimulatedRun> = []
    for (let seed = 1; seed <= 8; seed++) runs.push(await simulated(lossy(seed)))
    const run = runs.find(({ failure }) => failure !== null)
    if (run === undefined) throw new Error("no seed loses a request")
    expect(run.failure?.property).toBe("Liveness")
    const small = await shrunk(run, { spec, attempts: 400 })
    expect(small.failure?.property).toBe("Liveness")
    const { fates, requests, noise } = small.scenario
    expect([noise.loss, noise.duplicate, noise.late]).toEqual([0, 0, 0])
    expect(requests).toHaveLength(1)
    expect(fates.length).toBeGreaterThan(0)
    for (const { message, delaysMs } of fates) {
      expect(message).toMatch(/^(Request|Reply) /)
      expect(delaysMs).toEqual([])
    }
  })

  it("is not made smaller by more runs than allowed", async () => {
    const run = await simulated(broken)
    const told: Array<number> = []
    const small = await shrunk(run, { spec, attempts: 2, told: (n) => void told.push(n) })
    expect(told).toEqual([1, 2])
    expect(small.failure?.property).toBe("PreparedUnique")
    const { outcome } = await simulated(quiet())
    expect(outcome.violation).toBeNull()
  })
})
