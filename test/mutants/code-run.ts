/** Puts mutants of the code to the models and to the tests. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { runNode } from "./child.ts"
import { withCopy } from "./copy.ts"
import type { ExploredModel } from "./explored.ts"
import { type Kill, type Killer, type Mutation, type Outcome, problemOf } from "./mutation.ts"

export interface CodeMutant extends Mutation {
  readonly killedBy: Killer
}

/** What each model says of the code as it is. */
export type Baseline = ReadonlyMap<string, ExploredModel>

const sources = ["src/core", "src/consistency", "src/sim", "src/model-check"]
const tests = [
  "test/consistency",
  "test/core",
  "test/paper",
  "test/support",
  "bench/ideal-sketcher.ts",
  "ci/repository.ts",
  "ci/syntax.ts",
]

const isTest = (where: string): boolean => where.endsWith(".test.ts")

const explore = async (
  root: string,
  models: ReadonlyArray<string>,
): Promise<ReadonlyArray<ExploredModel>> => {
  const script = join(import.meta.dirname, "explored.ts")
  const { code, stdout, stderr } = await runNode([script, root, ...models], root)
  if (code !== 0) throw new Error(`exploring ${models.join(", ")} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout) as ReadonlyArray<ExploredModel>
}

const differs = (found: ExploredModel, before: ExploredModel | undefined): string | undefined => {
  if (before === undefined) return undefined
  if (found.states !== before.states) return `${found.states} states, not ${before.states}`
  if (found.stateDigest !== before.stateDigest) return "other states"
  return found.stepDigest === before.stepDigest ? undefined : "other steps"
}

const killOf = (found: ExploredModel, baseline: Baseline): Kill | undefined => {
  const where = found.model
  if (found.failed !== null) return { ...found.failed, where }
  const why = differs(found, baseline.get(where))
  return why === undefined ? undefined : { check: "graph", where, why }
}

interface TestReport {
  readonly testResults: ReadonlyArray<{
    readonly assertionResults: ReadonlyArray<{
      readonly title: string
      readonly status: string
      readonly failureMessages: ReadonlyArray<string>
    }>
  }>
}

const escaped = (title: string): string => title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** Runs these tests of one file in the copy; the kills are the failures. */
export const runTests = async (
  root: string,
  where: string,
  checks: ReadonlyArray<string>,
): Promise<ReadonlyArray<Kill>> => {
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const report = join(root, "report.json")
  const only = ["-t", `(${checks.map(escaped).join("|")})$`, "--root", root]
  const args = ["run", where, ...only, "--experimental.viteModuleRunner=false"]
  const { stdout, stderr } = await runNode(
    [vitest, ...args, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    root,
  )
  const results = readReport(report, stderr).testResults.flatMap((file) => file.assertionResults)
  const ran = results.filter((r) => r.status === "passed" || r.status === "failed")
  const missing = checks.find((check) => !ran.some((r) => r.title === check))
  if (missing !== undefined) {
    throw new Error(`the test "${missing}" of ${where} did not run:\n${stdout}${stderr}`)
  }
  return ran
    .filter((r) => r.status === "failed")
    .map((r) => ({ check: r.title, where, why: r.failureMessages[0]?.split("\n")[0] ?? "failed" }))
}

const readReport = (path: string, stderr: string): TestReport => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as TestReport
  } catch {
    throw new Error(`vitest wrote no report: ${stderr}`)
  }
}

/** The tests of each file that kill something: a file's tests run together. */
export const checksByFile = (
  killers: ReadonlyArray<Killer>,
): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    [...Map.groupBy(killers, (k) => k.where)].map(([where, all]) => [
      where,
      [...new Set(all.map((k) => k.check))],
    ]),
  )

/** Everything that must pass for the code as it is; throws where something does not. */
export const codeBaseline = (killers: ReadonlyArray<Killer>): Promise<Baseline> =>
  withCopy([...sources, ...tests], undefined, async (root) => {
    const models = new Set(killers.map((k) => k.where).filter((where) => !isTest(where)))
    const found = models.size === 0 ? [] : await explore(root, [...models])
    for (const { model, failed } of found) {
      if (failed !== null) {
        throw new Error(`${model} fails without any mutation: ${failed.check} (${failed.why})`)
      }
    }
    const byTests = killers.filter((k) => isTest(k.where))
    for (const [where, checks] of checksByFile(byTests)) {
      const [kill] = await runTests(root, where, checks)
      if (kill !== undefined) throw new Error(`${kill.check} fails without any mutation`)
    }
    return new Map(found.map((f) => [f.model, f]))
  })

/** All the kills of a mutation by these models. */
const killsBy = (
  mutation: Mutation,
  models: ReadonlyArray<string>,
  baseline: Baseline,
): Promise<ReadonlyArray<Kill>> =>
  withCopy(sources, mutation, async (root) =>
    (await explore(root, models)).flatMap((found) => killOf(found, baseline) ?? []),
  )

/** Puts a mutant to its killer. */
export const runCodeMutant = async (mutant: CodeMutant, baseline: Baseline): Promise<Outcome> => {
  const { name, file, killedBy } = mutant
  const startedAt = performance.now()
  const kills = isTest(killedBy.where)
    ? await withCopy([...sources, ...tests], mutant, (root) =>
        runTests(root, killedBy.where, [killedBy.check]),
      )
    : await killsBy(mutant, [killedBy.where], baseline)
  const seconds = (performance.now() - startedAt) / 1000
  return { name, file, killedBy, kills, seconds, problem: problemOf(killedBy, kills) }
}
