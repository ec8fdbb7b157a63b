/**
 * Explores models with the sources of a copy of the checkout and prints what came out, as JSON;
 * RefinePbft/MODEL is the model together with its abstraction, RefineDProphecy/MODEL with the judge
 * of what its clients see:
 *
 *   node explored.ts ROOT MODEL...
 */
import { hash } from "node:crypto"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** What one model says of the sources: the first check that did not pass, and the graph. */
export interface ExploredModel {
  readonly model: string
  /** null when every check passed. */
  readonly failed: { readonly check: string; readonly why: string } | null
  readonly states: number
  readonly stateDigest: string
  readonly stepDigest: string
}

type ExploreModule = typeof import("../../src/model-check/explore.ts")
type GraphModule = typeof import("../../src/model-check/graph.ts")
type ModelModule = typeof import("../../src/model-check/pbft-model.ts")
type WorldModule = typeof import("../../src/model-check/model-world.ts")
type ModelsModule = typeof import("../../src/model-check/pbft-models.ts")
type ProphecyModule = typeof import("../../src/model-check/prophecy-model.ts")
type ProphecyModelsModule = typeof import("../../src/model-check/prophecy-models.ts")
type DProphecyHistoryModule = typeof import("../../src/model-check/d-prophecy-history.ts")
type DProphecyModelsModule = typeof import("../../src/model-check/d-prophecy-models.ts")
type ZyzzyvaModule = typeof import("../../src/model-check/zyzzyva-model.ts")
type ZyzzyvaModelsModule = typeof import("../../src/model-check/zyzzyva-models.ts")
type ZyzzyvaSpecModule = typeof import("../../src/model-check/zyzzyva-model-spec.ts")
type RefinementModule = typeof import("../../src/model-check/refinement-models.ts")
type ExpectationModule = typeof import("../../src/model-check/expectation.ts")

// A mutant's graph may be many times larger than the model's, which has less than 90 000 here.
const limits = { states: 150_000, depth: Number.MAX_SAFE_INTEGER }

const load = async (root: string) => {
  const from = <M>(file: string): Promise<M> =>
    import(pathToFileURL(join(root, "src", "model-check", file)).href) as Promise<M>
  return {
    ...(await from<ExploreModule>("explore.ts")),
    ...(await from<GraphModule>("graph.ts")),
    ...(await from<ModelModule>("pbft-model.ts")),
    ...(await from<WorldModule>("model-world.ts")),
    ...(await from<ModelsModule>("pbft-models.ts")),
    ...(await from<ExpectationModule>("expectation.ts")),
    ...(await from<ProphecyModule>("prophecy-model.ts")),
    ...(await from<ProphecyModelsModule>("prophecy-models.ts")),
    ...(await from<DProphecyHistoryModule>("d-prophecy-history.ts")),
    ...(await from<DProphecyModelsModule>("d-prophecy-models.ts")),
    ...(await from<RefinementModule>("refinement-models.ts")),
    ...(await from<ZyzzyvaModule>("zyzzyva-model.ts")),
    ...(await from<ZyzzyvaModelsModule>("zyzzyva-models.ts")),
    ...(await from<ZyzzyvaSpecModule>("zyzzyva-model-spec.ts")),
  }
}

type Code = Awaited<ReturnType<typeof load>>
type Failed = ExploredModel["failed"]

/** A model with what must come out of it. */
interface Listed {
  /** A model of whatever protocol: what is asked of it is the same. */
  readonly whole: Parameters<Code["modelWorld"]>[0]
  readonly spec: Parameters<Code["unmet"]>[0] & { readonly invariants: ReadonlyArray<string> }
}

const prophecyPrefix = "Prophecy/"

const zyzzyvaPrefix = "Zyzzyva/"

const listed = (code: Code, name: string): Listed | undefined => {
  if (name.startsWith(prophecyPrefix)) {
    const own = name.slice(prophecyPrefix.length)
    const spec = code.prophecyModels.find((m) => m.name === own)
    return spec && { spec, whole: code.prophecyModel(name, code.constantsOfProphecy(spec)) }
  }
  if (name.startsWith(zyzzyvaPrefix)) {
    const own = name.slice(zyzzyvaPrefix.length)
    const spec = code.zyzzyvaTwinModels.find((m) => m.name === own)
    return spec && { spec, whole: code.zyzzyvaModel(name, code.constantsOfZyzzyva(spec)) }
  }
  const spec = code.pbftModels.find((m) => m.name === name)
  return spec && { spec, whole: code.pbftModel(name, code.constantsOf(spec)) }
}

/** The first check that fails; null when all pass. `recorder` sees the graph on the way. */
const failedOf = (
  code: Code,
  { whole, spec }: Listed,
  recorder?: InstanceType<Code["GraphRecorder"]>,
): Failed => {
  const invariants = whole.invariants.filter((i) => spec.invariants.includes(i.name))
  try {
    const found = code.explore(code.modelWorld({ ...whole, invariants }), limits, recorder)
    const { violation } = found
    if (violation !== undefined) return { check: violation.property, why: violation.why }
    if (found.verdict === "bounded") {
      return { check: "graph", why: `more than ${limits.states} states` }
    }
    const [missed] = code.unmet(spec, found)
    return missed === undefined ? null : { check: missed, why: "what the model must reach" }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { check: error.message, why: error.name }
  }
}

const refinementPrefix = "RefinePbft/"

const refineOne = (code: Code, name: string): ExploredModel => {
  const spec = code.refinements.find((r) => `${refinementPrefix}${r.model.name}` === name)
  if (spec === undefined) throw new Error(`there is no refinement ${name}`)
  const { violation, states } = code.explore(code.refinementWorld(spec), limits)
  const failed = violation === undefined ? null : { check: violation.property, why: violation.why }
  return { model: name, failed, states, stateDigest: "", stepDigest: "" }
}

const historyPrefix = "RefineDProphecy/"

/** What clients of D-Prophecy see, judged. */
const watchOne = (code: Code, name: string): ExploredModel => {
  const all = code.dProphecyRefinements.map(({ model }) => model)
  const found = all.find((m) => `${historyPrefix}${m.name}` === name)
  if (found === undefined) throw new Error(`there is no refinement ${name}`)
  const model = code.dProphecyHistoryModel(found.name, code.constantsOfDProphecy(found))
  const { violation, states } = code.explore(code.modelWorld(model), limits)
  const failed = violation === undefined ? null : { check: violation.property, why: violation.why }
  return { model: name, failed, states, stateDigest: "", stepDigest: "" }
}

// First without the graph: it asserts that the projection is injective, which is a weaker kill.
const exploreOne = (code: Code, name: string): ExploredModel => {
  if (name.startsWith(refinementPrefix)) return refineOne(code, name)
  if (name.startsWith(historyPrefix)) return watchOne(code, name)
  const found = listed(code, name)
  if (found === undefined) throw new Error(`there is no model ${name}`)
  const recorder = new code.GraphRecorder((text) => hash("sha256", text, "hex"))
  const failed = failedOf(code, found) ?? failedOf(code, found, recorder)
  const { states, stateDigest, stepDigest } = recorder.summary()
  return { model: name, failed, states, stateDigest, stepDigest }
}

if (import.meta.main) {
  const [root, ...models] = process.argv.slice(2)
  if (root === undefined || models.length === 0) throw new Error("usage: explored.ts ROOT MODEL...")
  const code = await load(root)
  console.log(JSON.stringify(models.map((name) => exploreOne(code, name))))
}
