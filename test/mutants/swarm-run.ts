/** Puts mutants of the code to a swarm of simulated runs. */
import { join } from "node:path"
import { runNode } from "./child.ts"
import { withCopy } from "./copy.ts"
import type { Mutation, Outcome } from "./mutation.ts"
import type { Swarmed } from "./swarmed.ts"

/** A mutant that survives so many seeds is not found. */
export const mostSeeds = 150
const limitMs = 900_000

type Protocol = "pbft" | "zyzzyva"

const swarm = (mutation: Mutation | undefined, protocol: Protocol): Promise<Swarmed> =>
  withCopy(["src"], mutation, async (root) => {
    const script = join(import.meta.dirname, "swarmed.ts")
    const args = [script, root, String(mostSeeds), protocol]
    const { code, stdout, stderr } = await runNode(args, root, limitMs)
    if (code !== 0) throw new Error(`the swarm ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as Swarmed
  })

/** The seeds that every mutant is put to, with the code as it is; throws when one fails. */
export const swarmBaseline = async (): Promise<void> => {
  for (const protocol of ["pbft", "zyzzyva"] as const) {
    const { seeds, failure } = await swarm(undefined, protocol)
    if (failure === null) continue
    const why = `${failure.property} (${failure.why})`
    throw new Error(`seed ${seeds} of ${protocol} fails without any mutation: ${why}`)
  }
}

/** `killedBy` says what saw the mutant, and after how many seeds. */
export const runSwarmMutant = async (mutant: Mutation): Promise<Outcome> => {
  const { name, file } = mutant
  const startedAt = performance.now()
  const protocol = file.includes("zyzzyva") ? "zyzzyva" : "pbft"
  const { seeds, failure } = await swarm(mutant, protocol)
  const seconds = (performance.now() - startedAt) / 1000
  const where = `${seeds} ${seeds === 1 ? "seed" : "seeds"}`
  const killedBy = { check: failure?.property ?? "the swarm", where }
  const kills = failure === null ? [] : [{ ...killedBy, why: failure.why }]
  return {
    name,
    file,
    killedBy,
    kills,
    seconds,
    problem: failure === null ? "survived" : undefined,
  }
}
