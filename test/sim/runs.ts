/** Scenarios for tests, and how they are run. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { repositoryRoot } from "../../ci/repository.ts"
import { isProblem, readScenario } from "../../src/cli/scenario-file.ts"
import { type SimulatedRun, simulateScenario } from "../../src/cli/simulated-run.ts"
import type { Cluster, Scenario } from "../../src/sim/scenario.ts"

export const spec = "0".repeat(64)

export const simulated = (scenario: Scenario): Promise<SimulatedRun> =>
  simulateScenario(scenario, { spec })

export const scenarioFolder = join(repositoryRoot, "test", "scenarios")

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(scenarioFolder, folder))
    .filter((name) => name.endsWith(".json"))
    .sort()

export const scenarioFiles: ReadonlyArray<string> = filesIn("")

/** Those of Zyzzyva, as `readFile` takes them. */
export const zyzzyvaFiles = filesIn("zyzzyva").map((name) => `zyzzyva/${name}`)

export const readFile = (name: string): Scenario => {
  const read = readScenario(readFileSync(join(scenarioFolder, name), "utf8"))
  if (isProblem(read)) throw new Error(`${name}: ${read.path}: ${read.problem}`)
  return read
}

/** A small group that has nothing to suffer. */
export const quiet = (over: Partial<Scenario> = {}, cluster: Partial<Cluster> = {}): Scenario => ({
  schema: "prophecy-scenario/1",
  about: "nothing goes wrong",
  seed: 1,
  cluster: {
    n: 4,
    clients: 2,
    hostileClients: 0,
    checkpointInterval: 2,
    logSize: 4,
    maxBatch: 2,
    pipeline: 4,
    retransmitMs: 250,
    viewChangeMs: 1000,
    progressMs: 100,
    ...cluster,
  },
  noise: { delayMs: [1, 3], loss: 0, duplicate: 0, late: 0, lateMs: 0 },
  syncMs: [1, 2],
  clocks: [],
  faults: [],
  byzantine: [],
  fates: [],
  requests: [
    { client: 0, atMs: 0, operation: "put x 1" },
    { client: 1, atMs: 50, operation: "get x" },
    { client: 0, atMs: 100, operation: "delete x" },
  ],
  calmAtMs: 500,
  endMs: 30_500,
  expect: {},
  ...over,
})
