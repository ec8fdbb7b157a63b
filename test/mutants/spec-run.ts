/** Puts mutants of the specification to TLC. */
import { join } from "node:path"
import { Effect } from "effect"
import {
  differences,
  type ExploredByTlc,
  exploreModel,
  fullName,
  tlcModel,
} from "../../src/cli/model-graph.ts"
import { type RefinedByTlc, tlcRefinement } from "../../src/cli/refinement.ts"
import { type PbftModelSpec, pbftModels } from "../../src/model-check/pbft-models.ts"
import { type ZyzzyvaTwinSpec, zyzzyvaTwinModels } from "../../src/model-check/zyzzyva-models.ts"
import { type RefinementSpec, refinements } from "../../src/model-check/refinement-models.ts"
import { findToolchain, Toolchain, type ToolchainShape } from "../../src/tla-tools/toolchain.ts"
import { withCopy } from "./copy.ts"
import { type Kill, type Killer, type Mutation, type Outcome, problemOf } from "./mutation.ts"

/** A mutant of spec/tla; `killedBy.where` is the model, or RefinePbft/MODEL, that TLC checks. */
export interface SpecMutant extends Mutation {
  readonly killedBy: Killer
}

const limits = { states: 100_000, depth: Number.MAX_SAFE_INTEGER }

type TwinSpec = PbftModelSpec | ZyzzyvaTwinSpec

const zyzzyvaPrefix = "Zyzzyva/"

/** The model that a mutant names: one of Zyzzyva's under its prefix, or one of PBFT's. */
export const modelOf = (name: string): TwinSpec => {
  const spec = name.startsWith(zyzzyvaPrefix)
    ? zyzzyvaTwinModels.find((m) => `${zyzzyvaPrefix}${m.name}` === name)
    : pbftModels.find((m) => m.name === name)
  if (spec === undefined) throw new Error(`there is no model ${name}`)
  return spec
}

const refinementPrefix = "RefinePbft/"

const isRefinement = (where: string): boolean => where.startsWith(refinementPrefix)

/** The model with its abstraction, as `where` names it. */
const refinementNamed = (where: string): RefinementSpec => {
  const spec = refinements.find((r) => `${refinementPrefix}${r.model.name}` === where)
  if (spec === undefined) throw new Error(`there is no refinement ${where}`)
  return spec
}

/** The size of the model that `where` names, and whether it must hold. */
export const sizeOf = (where: string): Pick<TwinSpec, "size" | "expect"> =>
  isRefinement(where) ? { size: refinementNamed(where).size, expect: "holds" } : modelOf(where)

/** Java and TLC, found once; the JVM compiles in its quick way only, since these runs are short. */
export const shortRuns = async (): Promise<ToolchainShape> => {
  const found = await Effect.runPromise(findToolchain(process.env))
  const options = [process.env.JAVA_TOOL_OPTIONS, "-XX:TieredStopAtLevel=1"]
  const JAVA_TOOL_OPTIONS = options.filter((o) => o !== undefined).join(" ")
  return { ...found, environment: { ...found.environment, JAVA_TOOL_OPTIONS } }
}

/** The specification's graph against the code's, which is explored now. */
const graphKill = (spec: TwinSpec, theirs: ExploredByTlc): Kill | undefined => {
  const ours = exploreModel(spec, { limits, graph: true })
  const [why] = differences(ours, theirs)
  return why === undefined ? undefined : { check: "graph", where: fullName(spec), why }
}

const killsOf = (spec: TwinSpec, theirs: ExploredByTlc): ReadonlyArray<Kill> => {
  const where = fullName(spec)
  const { verdict } = theirs.outcome
  switch (verdict._tag) {
    case "violated":
      return verdict.violations.map(({ name, kind, text }) => ({
        check: name ?? kind,
        where,
        why: text,
      }))
    case "failed":
      return [{ check: verdict.kind, where, why: verdict.message }]
    case "bounded":
      throw new Error(`TLC did not explore all of ${where}: ${verdict.reasons.join(", ")}`)
    case "exhaustive": {
      const seen = new Set([...Object.keys(theirs.graph.stepsOf), ...theirs.graph.witnesses])
      const reached = spec.unreachable.filter((name) => seen.has(name))
      const kills = reached.map((name) => ({
        check: `${name} is reached and must not be`,
        where,
        why: "TLC saw it",
      }))
      return kills.length > 0 ? kills : [graphKill(spec, theirs) ?? []].flat()
    }
  }
}

const killsOfRefinement = (where: string, { outcome }: RefinedByTlc): ReadonlyArray<Kill> => {
  const { verdict } = outcome
  if (verdict._tag === "exhaustive") return []
  if (verdict._tag !== "violated") throw new Error(`TLC says of ${where}: ${verdict._tag}`)
  // TLC tells the place of a step property, not its name; there is one.
  return verdict.violations.map(({ name, kind, text }) => ({
    check: name ?? (kind === "property" ? "RefinesCore" : kind),
    where,
    why: text,
  }))
}

/** What TLC says of this model with the mutation in it, or of the specification as it is. */
export const killsByTlc = (
  mutation: Mutation | undefined,
  model: string,
  toolchain: ToolchainShape,
): Promise<ReadonlyArray<Kill>> =>
  withCopy(["spec/tla"], mutation, async (root) => {
    if (isRefinement(model)) {
      const refined = tlcRefinement(refinementNamed(model), { specFolder: join(root, "spec/tla") })
      const found = Effect.provideService(refined, Toolchain, toolchain)
      return killsOfRefinement(model, await Effect.runPromise(found))
    }
    const spec = modelOf(model)
    const explored = tlcModel(spec, { specFolder: join(root, "spec/tla") }).pipe(
      Effect.map((theirs) => killsOf(spec, theirs)),
      Effect.provideService(Toolchain, toolchain),
    )
    return Effect.runPromise(explored)
  })

/** Puts a mutant to its killer. */
export const runSpecMutant = async (
  mutant: SpecMutant,
  toolchain: ToolchainShape,
): Promise<Outcome> => {
  const { name, file, killedBy } = mutant
  const startedAt = performance.now()
  const kills = await killsByTlc(mutant, killedBy.where, toolchain)
  const seconds = (performance.now() - startedAt) / 1000
  return { name, file, killedBy, kills, seconds, problem: problemOf(killedBy, kills) }
}
