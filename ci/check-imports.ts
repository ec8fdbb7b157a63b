/**
 * Who may import whom. The table is .oxlintrc.json, folder by folder, and oxlint applies it. Here:
 * that oxlint read every module that git tracks, that each module falls under a row of the table
 * and each row has modules, and the ways around it that oxlint does not see (paths that are not in
 * their shortest form, `import("x").T` as a type, `import(variable)`, barrels). A run that checked
 * nothing fails, and so does one that missed a folder.
 */
import { spawnSync } from "node:child_process"
import { basename, dirname, join, matchesGlob, normalize, posix } from "node:path"
import { goneFiles, listFiles, readText, repositoryRoot } from "./repository.ts"
import { field, lineAt, nodesOf, parse, type Source, type SyntaxNode, stringOf } from "./syntax.ts"

export interface ImportReport {
  /** How many modules were checked. */
  readonly modules: number
  /** What is wrong, each with its place; empty when the rules hold. */
  readonly problems: ReadonlyArray<string>
}

interface Linted {
  readonly number_of_files: number
  readonly diagnostics: ReadonlyArray<{
    readonly code: string
    readonly message: string
    readonly help?: string
    readonly filename: string
    readonly labels: ReadonlyArray<{ readonly span: { readonly line: number } }>
  }>
}

interface Table {
  readonly overrides?: ReadonlyArray<{
    readonly files: ReadonlyArray<string>
    readonly rules: Readonly<Record<string, unknown>>
  }>
}

const importRules = /no-restricted-imports|no-cycle|no-self-import/

/** Folders that have their rules before they have their modules. */
const plannedFolders: ReadonlyArray<string> = []

/** Checks the modules under `src` of `root`, a checkout or a copy of one. */
export const checkImports = (root: string, planned = plannedFolders): ImportReport => {
  const files = listFiles(root, ["src"], true).filter((path) => path.endsWith(".ts"))
  if (files.length === 0) return { modules: 0, problems: ["src holds no module: nothing checked"] }
  const table = JSON.parse(readText(root, ".oxlintrc.json")) as Table
  const gone = goneFiles(root, ["src"]).filter((path) => path.endsWith(".ts"))
  const problems = [
    ...applyTable(root, files.length),
    ...gone.map((path) => `${path}: git tracks it and it is not there: remove it in git as well`),
    ...emptyFolders(table, files, planned),
    ...files.filter((path) => !isCovered(table, path)).map((path) => `${path}: no import rule`),
    ...files.flatMap((path) => waysAround(parse(path, readText(root, path)))),
  ]
  return { modules: files.length, problems }
}

/** The folders that a pattern speaks of: `a/{b,c}/*.ts` of `a/b` and `a/c`. */
export const foldersOf = (pattern: string): ReadonlyArray<string> => {
  const [all, choices] = /\{([^{}]*)\}/.exec(pattern) ?? []
  if (all !== undefined && choices !== undefined) {
    return choices.split(",").flatMap((choice) => foldersOf(pattern.replace(all, choice)))
  }
  return [dirname(pattern.replace(/\*.*$/, "x"))]
}

const emptyFolders = (
  { overrides = [] }: Table,
  files: ReadonlyArray<string>,
  planned: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const ruled = overrides
    .filter(({ rules }) => "no-restricted-imports" in rules)
    .flatMap((row) => row.files.flatMap(foldersOf))
  const holds = (folder: string): boolean => files.some((path) => path.startsWith(`${folder}/`))
  const empty = [...new Set(ruled)].filter((f) => !holds(f) && !planned.includes(f))
  const begun = planned.filter(holds)
  return [
    ...(ruled.length === 0 ? [".oxlintrc.json has no import rule"] : []),
    ...empty.map((folder) => `${folder}: an import rule speaks of it, and no module is there`),
    ...begun.map((folder) => `${folder}: it has modules now: take it off the planned folders`),
  ]
}

const applyTable = (root: string, expected: number): ReadonlyArray<string> => {
  const oxlint = join(repositoryRoot, "node_modules", "oxlint", "bin", "oxlint")
  const args = [oxlint, "-c", ".oxlintrc.json", "-f", "json", "src"]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" })
  const linted = readLinted(stdout)
  if (linted === undefined) return [`oxlint did not report: ${(stdout + stderr).trim()}`]
  const count = linted.number_of_files
  const short = count === expected ? [] : [`oxlint read ${count} of ${expected} modules`]
  const broken = linted.diagnostics
    .filter(({ code }) => importRules.test(code))
    .map(({ filename, labels, message, help, code }) => {
      const why = code.includes("no-cycle") || help === undefined ? "" : ` ${help}`
      return `${filename}:${labels[0]?.span.line ?? 1}: ${message}${why}`
    })
  return [...short, ...broken]
}

const readLinted = (text: string): Linted | undefined => {
  try {
    return JSON.parse(text) as Linted
  } catch {
    return undefined
  }
}

const isCovered = (table: Table, path: string): boolean =>
  (table.overrides ?? []).some(
    ({ files, rules }) =>
      "no-restricted-imports" in rules && files.some((glob) => matchesGlob(path, glob)),
  )

/** What oxlint cannot see in one module. */
export const waysAround = (source: Source): ReadonlyArray<string> => {
  const { path, text, program } = source
  const at = (node: SyntaxNode, what: string): string =>
    `${path}:${lineAt(text, node.start)}: ${what}`
  const problems = basename(path) === "index.ts" ? [`${path}: a barrel; import what is meant`] : []
  const statements = nodesOf(
    program,
    "ImportDeclaration",
    "ExportNamedDeclaration",
    "ExportAllDeclaration",
    "ImportExpression",
  )
  for (const node of statements) {
    const from = field(node, "source")
    if (from === undefined) continue
    const specifier = stringOf(from)
    if (specifier === undefined) problems.push(at(node, "import of a computed name"))
    else if (specifier !== shortest(path, specifier)) {
      problems.push(at(node, `write '${shortest(path, specifier)}' for '${specifier}'`))
    }
  }
  for (const node of nodesOf(program, "TSImportType")) {
    problems.push(at(node, "import the type by a statement"))
  }
  return problems
}

// The one way to write a relative specifier; packages and node's modules are as they are.
const shortest = (path: string, specifier: string): string => {
  if (!specifier.startsWith(".")) return specifier
  const target = posix.join(dirname(path), normalize(specifier))
  const relative = posix.relative(dirname(path), target)
  return relative.startsWith("../") ? relative : `./${relative}`
}

if (import.meta.main) {
  const { modules, problems } = checkImports(repositoryRoot)
  for (const problem of problems) console.error(problem)
  console.error(`imports: ${modules} modules checked, ${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
