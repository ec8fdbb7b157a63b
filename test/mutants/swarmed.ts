/**
 * Simulates seeds with the sources of a copy of the checkout until one of them fails, and prints
 * what came out, as JSON:
 *
 *   node swarmed.ts ROOT SEEDS PROTOCOL
 */
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** How a swarm ended. */
export interface Swarmed {
  /** How many seeds were run, from 1 on; the last one failed, unless nothing did. */
  readonly seeds: number
  readonly failure: { readonly property: string; readonly why: string } | null
}

type RunModule = typeof import("../../src/cli/simulated-run.ts")
type SwarmModule = typeof import("../../src/sim/swarm.ts")

/** The traces of a simulation name a specification; here any will do. */
const spec = "0".repeat(64)

type Protocol = Parameters<SwarmModule["scenarioOf"]>[1]

const main = async (root: string, most: number, protocol: Protocol): Promise<Swarmed> => {
  const from = <M>(file: string): Promise<M> =>
    import(pathToFileURL(join(root, "src", file)).href) as Promise<M>
  const { simulateScenario } = await from<RunModule>("cli/simulated-run.ts")
  const { scenarioOf } = await from<SwarmModule>("sim/swarm.ts")
  for (let seed = 1; seed <= most; seed++) {
    const { failure } = await simulateScenario(scenarioOf(seed, protocol), { spec })
    if (failure !== null) return { seeds: seed, failure }
  }
  return { seeds: most, failure: null }
}

if (import.meta.main) {
  const [root, most, protocol] = process.argv.slice(2)
  if (root === undefined || most === undefined || protocol === undefined) {
    throw new Error("usage: swarmed.ts ROOT SEEDS PROTOCOL")
  }
  console.log(JSON.stringify(await main(root, Number(most), protocol as Protocol)))
}
