/**
 * `npm test`: every test, with the lines that ran counted by c8 (in the tests' process, its threads
 * and what they start from sources) and, of the commands that tests start from the bundle, by its
 * source maps; with a gate on each folder of src/core. The long explorations run first, uncounted.
 * The bundle is made before all. With arguments (`npm test -- test/net`) they go to vitest and
 * nothing is counted. coverage/tests.json holds vitest's own report of both runs.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { addHits, bundleHits } from "./bundle-coverage.ts"
import {
  byFolder,
  coverageOf,
  type Gate,
  lost,
  percent,
  ranges,
  readLcov,
  shut,
} from "./coverage.ts"
import { listFiles, readText, repositoryRoot } from "./repository.ts"
import { parse } from "./syntax.ts"
import { isIsolated } from "./test-folders.ts"
import { both, counted, slowest, type TestReport, unsuccessful } from "./test-results.ts"

const gate: Gate = { folder: "src/core", percent: 95 }
const folder = join(repositoryRoot, "coverage")
/** Where commands write what ran in them: test/cli/command.ts knows it as well. */
const commands = join(folder, "commands")
/** Its tests are not counted (vitest.config.ts says why); those of the others are. */
const explorations = "explorations"
const others = ["quick", "models", "processes"].flatMap((name) => ["--project", name])
const vitest = [join(repositoryRoot, "node_modules/vitest/vitest.mjs"), "run"]
const reporting = (report: string): ReadonlyArray<string> => [
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
]
const c8 = [
  join(repositoryRoot, "node_modules/c8/bin/c8.js"),
  "--all",
  "--src=src",
  "--include=src/**/*.ts",
  "--reporter=lcovonly",
  `--reports-dir=${folder}`,
]

const say = (line: string): void => console.error(line)

/** Runs node with these arguments in the repository; the exit code, or that of its signal. */
const run = (args: ReadonlyArray<string>): number => {
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: repositoryRoot,
    stdio: "inherit",
  })
  return status ?? (signal === "SIGINT" ? 130 : 143)
}

/** What the tests covered, said by folder; why the gate is shut, a line a folder. */
const tellCoverage = (): ReadonlyArray<string> => {
  const counted = readLcov(readFileSync(join(folder, "lcov.info"), "utf8"))
  const inBundle = bundleHits(commands, join(repositoryRoot, "dist"))
  // Commands ran, or the tests ran without the bundle: then the figures would say too little.
  if (inBundle.size === 0) return ["no command that a test started wrote what ran in the bundle"]
  const hits = addHits(counted, inBundle)
  const sources = listFiles(repositoryRoot, ["src"], true)
    .filter((path) => path.endsWith(".ts"))
    .map((path) => parse(path, readText(repositoryRoot, path)))
  const files = coverageOf(sources, hits)
  say("\nlines that ran, of those that hold code")
  for (const { folder, lines, covered } of byFolder(files)) {
    say(`  ${folder.padEnd(22)} ${percent(covered, lines).padStart(8)}  ${covered} of ${lines}`)
  }
  for (const { path, missed } of files) {
    if (path.startsWith(`${gate.folder}/`) && missed.length > 0) {
      say(`  never ran: ${path}:${ranges(missed)}`)
    }
  }
  return shut(gate, files)
}

const readReport = (file: string): TestReport | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as TestReport) : undefined

/** Runs vitest, and reads what it reported. */
const runReported = (name: string, args: ReadonlyArray<string>) => {
  const file = join(folder, `${name}.json`)
  const code = run([...args, ...reporting(file)])
  return { code, report: readReport(file) }
}

/** Neither may be missing. */
const bothReports = (
  a: TestReport | undefined,
  b: TestReport | undefined,
): TestReport | undefined => (a === undefined || b === undefined ? undefined : both(a, b))

const tellTests = (report: TestReport): void => {
  say("\nslowest files")
  for (const { name, seconds } of slowest(report, 8)) {
    say(`  ${seconds.toFixed(1).padStart(6)} s  ${relative(repositoryRoot, name)}`)
  }
  say(`\n${counted(report)}, ${report.numPendingTests + report.numTodoTests} skipped`)
}

/** The bundle of the sources as they are: the launcher takes no older one. */
const build = (): number => run([join(repositoryRoot, "ci", "build.ts")])

/** Some tests, as the arguments choose them. */
const runSome = (args: ReadonlyArray<string>): number => {
  const file = join(folder, "selected.json")
  rmSync(file, { force: true })
  const code = run([...vitest, ...args, ...reporting(file)])
  const report = readReport(file)
  const problem = report === undefined ? "vitest wrote no report" : unsuccessful(report)
  if (problem !== undefined) say(`npm test: ${problem}`)
  return code !== 0 ? code : problem === undefined ? 0 : 1
}

/** Every test, with the lines that ran. */
const runAll = (): number => {
  const started = Date.now()
  const file = join(folder, "tests.json")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const long = runReported("uncounted", [...vitest, "--project", explorations])
  const rest = runReported("counted", [...c8, process.execPath, ...vitest, ...others])
  const code = long.code !== 0 ? long.code : rest.code
  const report = bothReports(long.report, rest.report)
  if (report !== undefined) {
    tellTests(report)
    writeFileSync(file, JSON.stringify(report))
  }
  const tests = report === undefined ? "vitest wrote no report" : unsuccessful(report)
  const coverage = existsSync(join(folder, "lcov.info")) ? tellCoverage() : ["c8 wrote no report"]
  const raw = join(folder, "tmp")
  const written = existsSync(raw) ? readdirSync(raw).length : 0
  for (const path of [raw, commands]) rmSync(path, { recursive: true, force: true })
  say(`\n${((Date.now() - started) / 1000).toFixed(0)} s in all`)
  const isolated = (rest.report?.testResults ?? []).filter(({ name }) => isIsolated(name))
  // One more for the files that share their threads.
  const all = [tests, ...coverage, lost(written, isolated.length + 1)]
  const problems = all.filter((problem) => problem !== undefined)
  for (const problem of problems) say(`npm test: ${problem}`)
  return code !== 0 ? code : problems.length > 0 ? 1 : 0
}

const args = process.argv.slice(2)
const built = build()
process.exitCode = built !== 0 ? built : args.length > 0 ? runSome(args) : runAll()
