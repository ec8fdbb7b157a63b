/**
 * The models of PBFT: writes their configurations, and compares the graph of the code with the
 * graph of the specification, by both tools and with spec/golden-counts.json.
 *
 *   node ci/models.ts --write                     spec/tla/MCPbft-*.cfg from pbft-models.ts, and
 *                                                 the table in spec/README.md
 *   node ci/models.ts --compare large nightly     these sizes or names
 *   node ci/models.ts --compare all --golden      and write the golden counts
 *   node ci/models.ts --compare all --no-tlc      the code's side alone, against the golden counts
 */
import { readFileSync, writeFileSync } from "node:fs"
import { Effect } from "effect"
import {
  differences,
  type Explored,
  type ExploredByTlc,
  exploreModel,
  tlcModel,
} from "../src/cli/model-graph.ts"
import { unmet } from "../src/model-check/expectation.ts"
import { cfgFiles } from "../src/model-check/pbft-cfg.ts"
import { type PbftModelSpec, pbftModels } from "../src/model-check/pbft-models.ts"
import { Toolchain } from "../src/tla-tools/toolchain.ts"

const goldenPath = "spec/golden-counts.json"
const limits = { states: 20_000_000, depth: Number.MAX_SAFE_INTEGER }

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

const chosen = (words: ReadonlyArray<string>): ReadonlyArray<PbftModelSpec> =>
  pbftModels.filter(
    (m) => words.includes("all") || words.includes(m.size) || words.includes(m.name),
  )

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((c, k) => (k === 0 ? String(c).padEnd(28) : String(c).padStart(11))).join(" ")

interface Compared {
  readonly ours: Explored
  readonly wrong: ReadonlyArray<string>
}

const reportOne = (
  spec: PbftModelSpec,
  ours: Explored,
  theirs: ExploredByTlc | undefined,
  wrong: ReadonlyArray<string>,
): Compared => {
  const { states, depth, generated } = ours.exploration
  const times = [ours.seconds.toFixed(1), theirs?.seconds.toFixed(1) ?? "-"]
  const good = theirs === undefined ? "explored" : "equal"
  const verdict = wrong.length === 0 ? good : "DIFFERENT"
  console.log(row([spec.name, states, depth, generated, ...times, verdict]))
  for (const line of wrong) console.log(`    ${line}`)
  return { ours, wrong }
}

const compareOne = (
  spec: PbftModelSpec,
  golden: Readonly<Record<string, GoldenCount>>,
  withTlc: boolean,
): Effect.Effect<Compared, Error> =>
  Effect.gen(function* () {
    const ours = exploreModel(spec, { limits, graph: true })
    const known = golden[spec.name]
    const stale =
      known !== undefined && JSON.stringify(known) !== JSON.stringify(goldenOf(ours))
        ? [`not as in ${goldenPath}: ${JSON.stringify(goldenOf(ours))}`]
        : []
    if (spec.byTlc === "nothing" || !withTlc) {
      return reportOne(spec, ours, undefined, [...unmet(spec, ours.exploration), ...stale])
    }
    const theirs: ExploredByTlc = yield* tlcModel(spec, { specFolder: "spec/tla", heap: "5g" })
    const tlc = theirs.outcome.verdict._tag
    const wrong = [...unmet(spec, ours.exploration)]
    if (spec.expect === "holds") {
      if (tlc !== "exhaustive") wrong.push(`TLC's verdict is ${tlc}`)
      wrong.push(...differences(ours, theirs))
      const seen = new Set([...theirs.graph.actions, ...theirs.graph.witnesses])
      const missed = spec.byTlc === "all" ? spec.reaches.filter((name) => !seen.has(name)) : []
      wrong.push(...missed.map((name) => `${name} is never reached in TLC`))
      wrong.push(...stale)
    } else if (tlc !== "violated") wrong.push(`TLC's verdict is ${tlc}, must be violated`)
    return reportOne(spec, ours, theirs, wrong)
  }).pipe(
    Effect.provide(Toolchain.layer),
    Effect.mapError((e) => new Error(`${spec.name}: ${e.message}`)),
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
  for (const spec of models) {
    const { ours, wrong } = yield* compareOne(spec, update ? {} : golden, withTlc)
    if (wrong.length > 0) failed++
    if (spec.expect === "holds") golden[spec.name] = goldenOf(ours)
  }
  if (update && failed === 0) writeFileSync(goldenPath, `${JSON.stringify(golden, undefined, 2)}\n`)
  console.log(`${models.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 4
})

const readGolden = (): Record<string, GoldenCount> =>
  JSON.parse(readFileSync(goldenPath, "utf8")) as Record<string, GoldenCount>

const expected = (spec: PbftModelSpec): string =>
  spec.expect === "holds" ? "holds" : `${spec.expect.violates} must fail`

const writeReadme = (): void => {
  const golden = readGolden()
  const rows = pbftModels.map((m) => {
    const g = golden[m.name]
    const counts = g === undefined ? ["", "", ""] : [g.states, g.steps, g.depth]
    const when = m.byTlc === "nothing" ? `${m.size}, explorer alone` : m.size
    return `| ${[m.name, m.why, when, expected(m), ...counts].join(" | ")} |`
  })
  const table = [
    "| model | what it is for | when | outcome | states | steps | depth |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n")
  const path = "spec/README.md"
  const mark = "<!-- generated by npm run models -->\n"
  const [before] = readFileSync(path, "utf8").split(mark)
  writeFileSync(path, `${before}${mark}\n${table}\n`)
}

const words = process.argv.slice(2)
if (words.includes("--write")) {
  for (const [name, text] of cfgFiles()) writeFileSync(`spec/tla/${name}`, text)
  writeReadme()
} else if (words.includes("--compare")) {
  process.exitCode = await Effect.runPromise(compare(words))
} else {
  console.error("usage: node ci/models.ts --write | --compare SIZE|NAME... [--golden] [--no-tlc]")
  process.exitCode = 2
}
