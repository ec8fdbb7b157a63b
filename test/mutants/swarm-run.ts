/** Puts mutants of the code to a swarm of simulated runs. */
import { join } from "node:path"
import { runNode } from "./child.ts"
import { withCopy } from "./copy.ts"
import type { Mutation, Outcome } from "./mutation.ts"
import type { Swarmed } from "./swarmed.ts"

/** A mutant that survives so many seeds is not found. */
export const mostSeeds = 150
const limitMs = 900_000

const swarm = (mutation: Mutation | undefined): Promise<Swarmed> =>
  withCopy(["src"], mutation, async (root) => {
    const script = join(import.meta.dirname, "swarmed.ts")
    const { code, stdout, stderr } = await runNode([script, root, String(mostSeeds)], root, limitMs)
    if (code !== 0) throw new Error(`the swarm ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as Swarmed
  })

/** The seeds that every mutant is put to, with the code as it is; throws when one fails. */
export const swarmBaseline = async (): Promise<void> => {
  const { seeds, failure } = await swarm(undefined)
  if (failure === null) return
  throw new Error(`seed ${seeds} fails without any mutation: ${failure.property} (${failure.why})`)
}

/** `killedBy` says what saw the mutant, and after how many seeds. */
export const runSwarmMutant = async (mutant: Mutation): Promise<Outcome> => {
  const { name, file } = mutant
  const startedAt = performance.now()
  const { seeds, failure } = await swarm(mutant)
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
