/**
 * One model explored by both tools: the real `step` in this process, the specification by TLC.
 * Equal means: the same set of states, the same set of steps (state, action, state) without
 * self-loops, the same depth, the same number of successors computed.
 */
import { hash } from "node:crypto"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Data, Effect } from "effect"
import {
  type Exploration,
  explore,
  type Limits,
  type Progress,
  type World,
} from "../model-check/explore.ts"
import { GraphRecorder, type GraphSummary, type OnElement } from "../model-check/graph.ts"
import type { Model } from "../model-check/model.ts"
import { modelWorld } from "../model-check/model-world.ts"
import { cfgName } from "../model-check/pbft-cfg.ts"
import { coreCfgName } from "../model-check/pbft-core-cfg.ts"
import { type CoreModelSpec, coreModelWorld } from "../model-check/pbft-core-models.ts"
import { pbftModel } from "../model-check/pbft-model.ts"
import { constantsOf, type PbftModelSpec } from "../model-check/pbft-models.ts"
import { reductionOf } from "../model-check/pbft-reduction.ts"
import { dProphecyCfgName } from "../model-check/d-prophecy-cfg.ts"
import { dProphecyModel } from "../model-check/d-prophecy-model.ts"
import { constantsOfDProphecy, type DProphecyModelSpec } from "../model-check/d-prophecy-models.ts"
import { prophecyCfgName } from "../model-check/prophecy-cfg.ts"
import { prophecyModel } from "../model-check/prophecy-model.ts"
import { constantsOfProphecy, type ProphecyModelSpec } from "../model-check/prophecy-models.ts"
import { zyzzyvaCfgName } from "../model-check/zyzzyva-core-cfg.ts"
import { type ZyzzyvaModelSpec, zyzzyvaModelWorld } from "../model-check/zyzzyva-core-models.ts"
import { zyzzyvaTwinCfgName } from "../model-check/zyzzyva-cfg.ts"
import { zyzzyvaModel } from "../model-check/zyzzyva-model.ts"
import { constantsOfZyzzyva, type ZyzzyvaTwinSpec } from "../model-check/zyzzyva-model-spec.ts"
import { compileOverrides } from "../tla-tools/overrides.ts"
import { runTlc, type TlcOutcome } from "../tla-tools/tlc.ts"

export interface Explored {
  readonly exploration: Exploration
  readonly graph: GraphSummary | undefined
  readonly seconds: number
}

export interface ExploreOptions {
  readonly limits: Limits
  /** Whether the graph is recorded (costs a hash of each state's text and of each step). */
  readonly graph: boolean
  readonly onElement?: OnElement
  readonly progress?: (now: Progress) => void
}

const sha256 = (text: string): string => hash("sha256", text, "hex")

/** A model of any protocol that both tools know. */
export type ModelSpec =
  | PbftModelSpec
  | CoreModelSpec
  | ProphecyModelSpec
  | DProphecyModelSpec
  | ZyzzyvaModelSpec
  | ZyzzyvaTwinSpec

export const isZyzzyva = (spec: ModelSpec): spec is ZyzzyvaModelSpec => "viewChange" in spec

/** Where a model is from, and what each tool takes for it. */
interface Kind {
  /** As `prophecy check` calls it. */
  readonly protocol: "pbft" | "pbft-core" | "prophecy" | "d-prophecy" | "zyzzyva-core" | "zyzzyva"
  /** Before its name among those of all modules. */
  readonly prefix: string
  readonly module: string
  readonly config: string
  readonly world: () => World
}

/** A model of processes with the real `step`, keeping only its own invariants. */
const stepped = (whole: Model, invariants: ReadonlyArray<string>): World =>
  modelWorld({ ...whole, invariants: whole.invariants.filter((i) => invariants.includes(i.name)) })

const kindOf = (spec: ModelSpec): Kind => {
  if (isZyzzyva(spec)) {
    const world = (): World => zyzzyvaModelWorld(spec)
    const names = { protocol: "zyzzyva-core", prefix: "ZyzzyvaCore/" } as const
    return { ...names, module: "MCZyzzyvaCore.tla", config: zyzzyvaCfgName(spec), world }
  }
  if ("lacks" in spec) {
    const world = (): World => coreModelWorld(spec)
    const names = { protocol: "pbft-core", prefix: "PbftCore/", module: "MCPbftCore.tla" } as const
    return { ...names, config: coreCfgName(spec), world }
  }
  if ("protocol" in spec && spec.protocol === "zyzzyva") {
    const whole = (): Model => zyzzyvaModel(spec.name, constantsOfZyzzyva(spec))
    const world = (): World => stepped(whole(), spec.invariants)
    const names = { protocol: "zyzzyva", prefix: "Zyzzyva/", module: "MCZyzzyva.tla" } as const
    return { ...names, config: zyzzyvaTwinCfgName(spec), world }
  }
  if ("protocol" in spec && spec.protocol === "d-prophecy") {
    const whole = (): Model => dProphecyModel(spec.name, constantsOfDProphecy(spec))
    const world = (): World => stepped(whole(), spec.invariants)
    const names = {
      protocol: "d-prophecy",
      prefix: "DProphecy/",
      module: "MCDProphecy.tla",
    } as const
    return { ...names, config: dProphecyCfgName(spec), world }
  }
  if ("protocol" in spec) {
    const whole = (): Model => prophecyModel(spec.name, constantsOfProphecy(spec))
    const world = (): World => stepped(whole(), spec.invariants)
    const names = { protocol: "prophecy", prefix: "Prophecy/", module: "MCProphecy.tla" } as const
    return { ...names, config: prophecyCfgName(spec), world }
  }
  const whole = (): Model => {
    const constants = constantsOf(spec)
    return { ...pbftModel(spec.name, constants), ...(spec.reduced ? reductionOf(constants) : {}) }
  }
  const world = (): World => stepped(whole(), spec.invariants)
  return { protocol: "pbft", prefix: "", module: "MCPbft.tla", config: cfgName(spec), world }
}

/** As `prophecy check` calls it. */
export const protocolOf = (spec: ModelSpec): Kind["protocol"] => kindOf(spec).protocol

/** The name of a model among those of all modules, as in spec/golden-counts.json. */
export const fullName = (spec: ModelSpec): string => `${kindOf(spec).prefix}${spec.name}`

export const worldOf = (spec: ModelSpec): World => kindOf(spec).world()

/** Explores the model: protocols with the real `step`, abstractions by their own form here. */
export const exploreModel = (spec: ModelSpec, options: ExploreOptions): Explored => {
  const recorder = options.graph ? new GraphRecorder(sha256, options.onElement) : undefined
  const startedAt = performance.now()
  const exploration = explore(worldOf(spec), options.limits, recorder, options.progress)
  const seconds = (performance.now() - startedAt) / 1000
  return { exploration, graph: recorder?.summary(), seconds }
}

/** What spec/tla/overrides wrote about TLC's graph. */
export interface TlcGraph extends GraphSummary {
  /** Steps into states that TLC did not visit: 0 unless a constraint cut the model. */
  readonly unknown: number
  readonly witnesses: ReadonlyArray<string>
}

const emptyGraph: TlcGraph = {
  states: 0,
  stateDigest: "",
  steps: 0,
  stepDigest: "",
  stepsOf: {},
  unknown: 0,
  witnesses: [],
}

/** TLC ended without the summary that the overrides write. */
export class GraphMissing extends Data.TaggedError("GraphMissing")<{ readonly model: string }> {
  override get message(): string {
    return `TLC ended without a graph of model ${this.model}: it was interrupted or out of memory.`
  }
}

export interface ExploredByTlc {
  readonly outcome: TlcOutcome
  readonly graph: TlcGraph
  readonly seconds: number
  /** Of a graph that differs: the first element that only one side has, in lines. */
  readonly parting?: ReadonlyArray<string>
}

export interface TlcOptions {
  /** The folder of the modules: spec/tla, or a copy of it. */
  readonly specFolder: string
  /** Every state and step goes to this file, a line each. */
  readonly elements?: string
  readonly heap?: string
}

/** Sizes of models that TLC explores in seconds. */
const shortSizes: ReadonlyArray<ModelSpec["size"]> = ["test", "mutant"]

/** Has TLC explore the model, one worker, and sum up its graph. */
export const tlcModel = Effect.fn("tlcModel")(function* (
  spec: ModelSpec,
  { specFolder, elements, heap }: TlcOptions,
) {
  const classes = yield* compileOverrides(join(specFolder, "overrides"))
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "prophecy-graph-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
  )
  const file = join(folder, "graph.json")
  const startedAt = performance.now()
  const { module, config } = kindOf(spec)
  const outcome = yield* runTlc({
    spec: join(specFolder, module),
    config: join(specFolder, config),
    workers: 1,
    short: shortSizes.includes(spec.size),
    heap,
    classPath: [classes],
    properties: {
      "prophecy.graph": file,
      ...(elements === undefined ? {} : { "prophecy.elements": elements }),
    },
  })
  // An initial state that violates an invariant ends TLC before there is anything to record.
  const nothing = outcome.verdict._tag === "violated" && !existsSync(file)
  const graph = yield* Effect.try({
    try: () => (nothing ? emptyGraph : (JSON.parse(readFileSync(file, "utf8")) as TlcGraph)),
    catch: () => new GraphMissing({ model: spec.name }),
  })
  return { outcome, graph, seconds: (performance.now() - startedAt) / 1000 } as ExploredByTlc
}, Effect.scoped)

/** Has TLC explore the model without recording its graph: any number of workers may. */
export const tlcCounts = Effect.fn("tlcCounts")(function* (
  spec: CoreModelSpec | ZyzzyvaModelSpec,
  { specFolder, heap }: TlcOptions,
) {
  const { module, config } = kindOf(spec)
  const startedAt = performance.now()
  const outcome = yield* runTlc({
    spec: join(specFolder, module),
    config: join(specFolder, config),
    workers: "auto",
    heap,
  })
  return { outcome, seconds: (performance.now() - startedAt) / 1000 }
})

/** Where the counts of an exploration are not TLC's; several workers may see another depth. */
export const countDifferences = (
  { exploration: { states, generated } }: Explored,
  { report }: TlcOutcome,
): ReadonlyArray<string> =>
  unequal([
    ["distinct states", states, report.statistics?.distinct],
    ["generated", generated, report.statistics?.generated],
  ])

type Pair = readonly [what: string, ours: string | number, theirs: string | number | undefined]

const unequal = (pairs: ReadonlyArray<Pair>): ReadonlyArray<string> =>
  pairs
    .filter(([, we, they]) => we !== they)
    .map(([what, we, they]) => `${what}: the code has ${we}, TLC has ${they ?? "none"}`)

const byAction = ({ stepsOf }: GraphSummary): string =>
  Object.entries(stepsOf)
    .map(([action, count]) => `${action} ${count}`)
    .sort()
    .join(" ")

/** Where the two graphs differ: one line a difference, none when they are equal. */
export const differences = (ours: Explored, theirs: ExploredByTlc): ReadonlyArray<string> => {
  const { graph, exploration } = ours
  if (graph === undefined) return ["our graph was not recorded"]
  const { report } = theirs.outcome
  return unequal([
    ["distinct states", graph.states, report.statistics?.distinct],
    ["recorded states", graph.states, theirs.graph.states],
    ["digest of the states", graph.stateDigest, theirs.graph.stateDigest],
    ["steps", graph.steps, theirs.graph.steps],
    ["digest of the steps", graph.stepDigest, theirs.graph.stepDigest],
    ["steps of each action", byAction(graph), byAction(theirs.graph)],
    ["depth", exploration.depth, report.depth],
    ["generated", exploration.generated, report.statistics?.generated],
    ["steps out of the graph", 0, theirs.graph.unknown],
  ])
}
