/**
 * The models of PBFT and of its abstraction: writes their configurations, and compares the graph
 * of the code with the graph of the specification, by both tools and with spec/golden-counts.json.
 *
 *   node ci/models.ts --write                     spec/tla/MCPbft*.cfg from pbft-models.ts and
 *                                                 other models, the tables in spec/README.md
 *   node ci/models.ts --counterexamples           test/spec/counterexamples/*.txt, of the models
 *                                                 that must fail
 *   node ci/models.ts --compare large nightly     these sizes or names
 *   node ci/models.ts --compare all --golden      and write the golden counts
 *   node ci/models.ts --compare all --no-tlc      the code's side alone, against the golden counts
 */
import { readFileSync, writeFileSync } from "node:fs"
import { Effect } from "effect"
import { nameDifference } from "../src/cli/element-difference.ts"
import {
  countDifferences,
  differences,
  type Explored,
  type ExploredByTlc,
  exploreModel,
  fullName,
  type ModelSpec,
  tlcCounts,
  tlcModel,
} from "../src/cli/model-graph.ts"
import { unmet } from "../src/model-check/expectation.ts"
import { liveCfgFiles } from "../src/model-check/live-cfg.ts"
import { cfgFiles } from "../src/model-check/pbft-cfg.ts"
import { coreCfgFiles } from "../src/model-check/pbft-core-cfg.ts"
import { type CoreModelSpec, coreModels } from "../src/model-check/pbft-core-models.ts"
import { type PbftModelSpec, pbftModels } from "../src/model-check/pbft-models.ts"
import { dProphecyCfgFiles } from "../src/model-check/d-prophecy-cfg.ts"
import { dProphecyModels } from "../src/model-check/d-prophecy-models.ts"
import { prophecyCfgFiles } from "../src/model-check/prophecy-cfg.ts"
import { prophecyModels } from "../src/model-check/prophecy-models.ts"
import { refinementCfgFiles } from "../src/model-check/refinement-cfg.ts"
import { counterexampleLines } from "../src/model-check/report.ts"
import { zyzzyvaCfgFiles } from "../src/model-check/zyzzyva-core-cfg.ts"
import { zyzzyvaTwinCfgFiles } from "../src/model-check/zyzzyva-cfg.ts"
import { zyzzyvaTwinModels } from "../src/model-check/zyzzyva-models.ts"
import { type ZyzzyvaModelSpec, zyzzyvaModels } from "../src/model-check/zyzzyva-core-models.ts"
import {
  type ActionCounts,
  isCompared,
  readActionCounts,
  writeActionCounts,
  writeCoverage,
} from "./action-coverage.ts"
import { featurePairs, pairTable } from "./feature-pairs.ts"
import { Toolchain } from "../src/tla-tools/toolchain.ts"

const specFolder = "spec/tla"
const goldenPath = "spec/golden-counts.json"
const unlimited = Number.MAX_SAFE_INTEGER
const limits = { states: unlimited, depth: unlimited, bytes: 6 * 2 ** 30 }
const statesOfBounded = 20_000_000

const allModels: ReadonlyArray<ModelSpec> = [
  ...pbftModels,
  ...coreModels,
  ...prophecyModels,
  ...dProphecyModels,
  ...zyzzyvaModels,
  ...zyzzyvaTwinModels,
]

export interface GoldenCount {
  readonly verdict: string
  readonly states: number
  readonly generated: number
  readonly depth: number
  readonly steps: number
  readonly stateDigest: string
  readonly stepDigest: string
}

const goldenOf = ({ exploration: e, graph: g }: Explored): GoldenCount => ({
  verdict: e.verdict,
  states: e.states,
  generated: e.generated,
  depth: e.depth,
  steps: g?.steps ?? 0,
  stateDigest: g?.stateDigest ?? "",
  stepDigest: g?.stepDigest ?? "",
})

const isPbft = (spec: ModelSpec): spec is PbftModelSpec =>
  !("lacks" in spec) && !("protocol" in spec)

const isZyzzyva = (spec: ModelSpec): boolean =>
  "protocol" in spec && spec.protocol === "zyzzyva" && !("lacks" in spec)

const chosen = (words: ReadonlyArray<string>): ReadonlyArray<ModelSpec> =>
  allModels.filter(
    (m) => words.includes("all") || words.includes(m.size) || words.includes(fullName(m)),
  )

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((c, k) => (k === 0 ? String(c).padEnd(28) : String(c).padStart(11))).join(" ")

interface Compared {
  readonly ours: Explored
  readonly wrong: ReadonlyArray<string>
}

const reportOne = (
  spec: ModelSpec,
  ours: Explored,
  theirs: Pick<ExploredByTlc, "seconds"> | undefined,
  wrong: ReadonlyArray<string>,
): Compared => {
  const { states, depth, generated } = ours.exploration
  const times = [ours.seconds.toFixed(1), theirs?.seconds.toFixed(1) ?? "-"]
  const good = theirs === undefined ? "explored" : "equal"
  const verdict = wrong.length === 0 ? good : "DIFFERENT"
  console.log(row([fullName(spec), states, depth, generated, ...times, verdict]))
  for (const line of wrong) console.log(`    ${line}`)
  return { ours, wrong }
}

/** Where TLC's counterexample is not ours: the invariant, and the length of the shortest way. */
const unlikeTlc = (
  violates: string,
  { exploration }: Explored,
  { outcome: { verdict, report } }: ExploredByTlc,
): ReadonlyArray<string> => {
  if (verdict._tag !== "violated") return [`TLC's verdict is ${verdict._tag}, must be violated`]
  const name = verdict.violations[0]?.name
  return [
    ...(name === violates ? [] : [`TLC says that ${name} is violated`]),
    ...(report.depth === exploration.depth ? [] : [`in TLC after ${report.depth} states`]),
  ]
}

/** By the explorer alone: there is no graph to compare with, so none is recorded. */
const exploreAlone = (spec: ModelSpec, known: GoldenCount | undefined): Compared => {
  const states = spec.size === "bounded" ? statesOfBounded : unlimited
  const ours = exploreModel(spec, { limits: { ...limits, states }, graph: false })
  const wrong = [...unmet(spec, ours.exploration)]
  if (known !== undefined && known.states !== ours.exploration.states) {
    wrong.push(`${goldenPath} has ${known.states} states`)
  }
  return reportOne(spec, ours, undefined, wrong)
}

/** By both tools, but no graph is recorded: verdict, states and successors are compared. */
const compareCounts = Effect.fn("compareCounts")(function* (
  spec: CoreModelSpec | ZyzzyvaModelSpec,
) {
  const ours = exploreModel(spec, { limits, graph: false })
  const { outcome, seconds } = yield* tlcCounts(spec, { specFolder: "spec/tla", heap: "5g" })
  const tlc = outcome.verdict._tag
  const wrong = [
    ...unmet(spec, ours.exploration),
    ...(tlc === "exhaustive" ? [] : [`TLC's verdict is ${tlc}`]),
    ...countDifferences(ours, outcome),
  ]
  return reportOne(spec, ours, { seconds }, wrong)
})

const compareOne = (
  spec: ModelSpec,
  golden: Readonly<Record<string, GoldenCount>>,
  withTlc: boolean,
): Effect.Effect<Compared, Error> =>
  Effect.gen(function* () {
    if ("lacks" in spec && spec.byTlc === "counts") return yield* compareCounts(spec)
    const known = golden[fullName(spec)]
    const alone = spec.size === "explorer" || spec.size === "bounded" || spec.byTlc === "nothing"
    if (alone) return exploreAlone(spec, known)
    const ours = exploreModel(spec, { limits, graph: true })
    const stale =
      known !== undefined && JSON.stringify(known) !== JSON.stringify(goldenOf(ours))
        ? [`not as in ${goldenPath}: ${JSON.stringify(goldenOf(ours))}`]
        : []
    if (!withTlc) {
      return reportOne(spec, ours, undefined, [...unmet(spec, ours.exploration), ...stale])
    }
    const theirs: ExploredByTlc = yield* tlcModel(spec, { specFolder, heap: "5g" })
    const tlc = theirs.outcome.verdict._tag
    const wrong = [...unmet(spec, ours.exploration)]
    if (spec.expect === "holds") {
      if (tlc !== "exhaustive") wrong.push(`TLC's verdict is ${tlc}`)
      const different = differences(ours, theirs)
      wrong.push(...different)
      if (different.length > 0) {
        wrong.push(...(yield* nameDifference(spec, ours, theirs, { specFolder, heap: "5g" })))
      }
      const seen = new Set([...Object.keys(theirs.graph.stepsOf), ...theirs.graph.witnesses])
      const witnessed = spec.byTlc !== "graph" || "lacks" in spec
      const missed = witnessed ? spec.reaches.filter((name) => !seen.has(name)) : []
      wrong.push(...missed.map((name) => `${name} is never reached in TLC`))
      wrong.push(...stale)
    } else wrong.push(...unlikeTlc(spec.expect.violates, ours, theirs))
    return reportOne(spec, ours, theirs, wrong)
  }).pipe(
    Effect.provide(Toolchain.layer),
    Effect.mapError((e) => new Error(`${fullName(spec)}: ${e.message}`)),
  )

const compare = Effect.fn("compare")(function* (args: ReadonlyArray<string>) {
  const update = args.includes("--golden")
  const withTlc = !args.includes("--no-tlc")
  const golden = readGolden()
  const models = chosen(args.filter((a) => !a.startsWith("--")))
  if (models.length === 0) {
    console.error("no model chosen: name sizes (test, large, nightly), models, or all")
    return 2
  }
  console.log(row(["model", "states", "depth", "generated", "code s", "TLC s", "graphs"]))
  let failed = 0
  const counts: Record<string, ActionCounts[string]> = {}
  const found: Record<string, GoldenCount> = {}
  for (const spec of models) {
    const { ours, wrong } = yield* compareOne(spec, update ? {} : golden, withTlc)
    if (wrong.length > 0) failed++
    if (spec.expect === "holds") found[fullName(spec)] = goldenOf(ours)
    if ((isPbft(spec) || isZyzzyva(spec)) && isCompared(spec) && ours.graph !== undefined) {
      counts[fullName(spec)] = ours.graph.stepsOf
    }
  }
  if (update && failed === 0) {
    // What stands there now: others may have been counted while these took their time.
    const all = { ...readGolden(), ...found }
    writeFileSync(goldenPath, `${JSON.stringify(all, undefined, 2)}\n`)
    writeActionCounts(counts)
  }
  console.log(`${models.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 4
})

const readGolden = (): Record<string, GoldenCount> =>
  JSON.parse(readFileSync(goldenPath, "utf8")) as Record<string, GoldenCount>

const expected = (spec: ModelSpec): string => {
  if (spec.expect !== "holds") return `${spec.expect.violates} must fail`
  return spec.size === "bounded" ? "bounded, no violation" : "holds"
}

const tableOf = (models: ReadonlyArray<ModelSpec>): string => {
  const golden = readGolden()
  const rows = models.map((m) => {
    const g = golden[fullName(m)]
    const counts = g === undefined ? ["", "", ""] : [g.states, g.steps || "", g.depth]
    const when = m.byTlc === "nothing" ? `${m.size}, explorer alone` : m.size
    return `| ${[m.name, m.why, when, expected(m), ...counts].join(" | ")} |`
  })
  return [
    "| model | what it is for | when | outcome | states | steps | depth |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n")
}

const writeReadme = (): void => {
  const path = "spec/README.md"
  const mark = "<!-- generated by npm run models -->\n"
  const [before] = readFileSync(path, "utf8").split(mark)
  const core = `### Models of the abstraction\n\n${tableOf(coreModels)}`
  const prophecy = `### Models of Prophecy\n\n${tableOf(prophecyModels)}`
  const distributed = `### Models of D-Prophecy\n\n${tableOf(dProphecyModels)}`
  const zyzzyva = `### Models of Zyzzyva's abstraction\n\n${tableOf(zyzzyvaModels)}`
  const twin = `### Models of Zyzzyva\n\n${tableOf(zyzzyvaTwinModels)}`
  const parts = [tableOf(pbftModels), core, prophecy, distributed, zyzzyva, twin]
  writeFileSync(path, `${before}${mark}\n${parts.join("\n\n")}\n`)
}

/** The shortest way to each violation, for the tests to follow. */
const writeCounterexamples = (): void => {
  const wrong = zyzzyvaModels.filter((m) => m.expect !== "holds")
  const kept: ReadonlyArray<readonly [string, ReadonlyArray<ModelSpec>]> = [
    ["counterexamples", coreModels.filter((m) => m.size === "mutant")],
    ["zyzzyva-counterexamples", wrong],
  ]
  for (const [folder, models] of kept) {
    for (const spec of models) {
      const { violation } = exploreModel(spec, { limits, graph: false }).exploration
      if (violation === undefined) throw new Error(`${spec.name} violates nothing`)
      const text = `${counterexampleLines(violation).join("\n")}\n`
      writeFileSync(`test/spec/${folder}/${spec.name}.txt`, text)
    }
  }
}

const words = process.argv.slice(2)
if (words.includes("--write")) {
  const files = [
    cfgFiles,
    liveCfgFiles,
    coreCfgFiles,
    refinementCfgFiles,
    prophecyCfgFiles,
    dProphecyCfgFiles,
    zyzzyvaCfgFiles,
    zyzzyvaTwinCfgFiles,
  ]
  for (const [name, text] of files.flatMap((of) => [...of()])) {
    writeFileSync(`spec/tla/${name}`, text)
  }
  writeReadme()
  const pairs = pairTable(featurePairs(pbftModels, readActionCounts()))
  writeCoverage({ Pbft: pbftModels, Zyzzyva: zyzzyvaTwinModels }, pairs)
} else if (words.includes("--counterexamples")) {
  writeCounterexamples()
} else if (words.includes("--compare")) {
  process.exitCode = await Effect.runPromise(compare(words))
} else {
  console.error(
    "usage: node ci/models.ts --write | --counterexamples | " +
      "--compare SIZE|NAME... [--golden] [--no-tlc]",
  )
  process.exitCode = 2
}
