/**
 * That specification, code, traces and tests speak of the same actions and variables, and that what
 * is no part of the specification says so. Writes the table of them (`--write`); without it, fails
 * on a difference and where spec/actions.md is stale.
 */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { dProphecyRoles, pbftRoles, prophecyRoles, zyzzyvaRoles } from "./actions/fields.ts"
import { type Correspondence, outsideOf } from "./actions/outside.ts"
import { type Compared, compare, type Protocol, render } from "./actions/table.ts"
import { listFiles, readText, repositoryRoot } from "./repository.ts"
import { parse } from "./syntax.ts"

const table = "spec/actions.md"

/** The protocols that have a specification, with the name of its module. */
const specified = [
  {
    name: "pbft",
    module: "Pbft",
    folder: "pbft",
    actions: "action.ts",
    environment: [],
    untraced: [],
    roles: pbftRoles,
    correspondence: "spec/correspondence.json",
  },
  {
    name: "prophecy",
    module: "Prophecy",
    folder: "prophecy",
    actions: "action.ts",
    environment: ["Order", "Apply", "AnswerReadOnly"],
    // It changes no state of a replica: docs/trace-format.md.
    untraced: ["RecvFastRead"],
    roles: prophecyRoles,
    correspondence: "spec/correspondence-prophecy.json",
  },
  {
    name: "d-prophecy",
    module: "DProphecy",
    folder: "prophecy",
    actions: "d-action.ts",
    environment: ["Order", "Apply"],
    // As RecvFastRead.
    untraced: ["RecvSketchRead"],
    roles: dProphecyRoles,
    correspondence: "spec/correspondence-d-prophecy.json",
  },
  {
    name: "zyzzyva",
    module: "Zyzzyva",
    folder: "zyzzyva",
    actions: "action.ts",
    environment: [],
    untraced: [],
    roles: zyzzyvaRoles,
    correspondence: "spec/correspondence-zyzzyva.json",
  },
]

const documents = (root: string, paths: ReadonlyArray<string>) =>
  paths.map((path) => ({ path, text: readText(root, path) }))

const readProtocol = (root: string, each: (typeof specified)[number]): Protocol => {
  const { name, module, folder, actions, environment, untraced, roles } = each
  const traces = `spec/tla/Trace${module}.tla`
  const sources = listFiles(root, [`src/core/${folder}`], true).filter((p) => p.endsWith(".ts"))
  // The tests of the checks themselves name actions that are planted.
  const tests = listFiles(root, ["test"], true).filter(
    (p) => p.endsWith(".test.ts") && !/^test\/(ci\/|tidy)/.test(p),
  )
  return {
    name,
    specification: documents(root, [`spec/tla/${module}.tla`])[0] as Protocol["specification"],
    traces: existsSync(join(root, traces)) ? documents(root, [traces])[0] : undefined,
    modules: sources.map((path) => parse(path, readText(root, path))),
    folder,
    actions,
    environment,
    untraced,
    roles,
    tests: documents(root, tests),
  }
}

export interface ActionsReport {
  /** How many actions were compared. */
  readonly actions: number
  readonly problems: ReadonlyArray<string>
  /** What is worth knowing and no failure. */
  readonly notes: ReadonlyArray<string>
  /** What spec/actions.md must hold. */
  readonly text: string
}

/** Compares what the checkout `root` says. */
export const checkActions = (root: string): ActionsReport => {
  const shell = listFiles(root, ["src/net"], true)
    .filter((path) => path.endsWith(".ts"))
    .map((path) => parse(path, readText(root, path)))
  // Checkouts of tests hold but one protocol.
  const present = specified.filter(({ folder, module }) =>
    [`spec/tla/${module}.tla`, `src/core/${folder}`].some((path) => existsSync(join(root, path))),
  )
  const all = present.map((each) => {
    const protocol = readProtocol(root, each)
    const correspondence = JSON.parse(readText(root, each.correspondence)) as Correspondence
    const { modules: core, specification } = protocol
    const messages = each.actions.replace("action", "message")
    const text = specification.text
    const sources = {
      name: each.folder,
      core,
      shell,
      correspondence,
      messages,
      specification: text,
    }
    return { protocol, compared: compare(protocol), outside: outsideOf(sources) }
  })
  const text = render(all)
  const written = existsSync(join(root, table)) ? readText(root, table) : ""
  const differences = [
    ...all.flatMap(({ compared }: { compared: Compared }) => compared.problems),
    ...all.flatMap(({ outside }) => outside.problems),
  ]
  const stale = written === text ? [] : [`${table} is stale: npm run actions`]
  const notes = all
    .filter(({ protocol }) => protocol.traces === undefined)
    .map(
      ({ protocol }) => `${protocol.name}: no specification of traces yet, its names not compared`,
    )
  return {
    actions: all.reduce((sum, { compared }) => sum + compared.rows.length, 0),
    problems: [...differences, ...stale],
    notes,
    text,
  }
}

if (import.meta.main) {
  if (process.argv.includes("--write")) {
    writeFileSync(join(repositoryRoot, table), checkActions(repositoryRoot).text)
  }
  const { actions, problems, notes } = checkActions(repositoryRoot)
  for (const line of [...notes, ...problems]) console.error(line)
  console.error(`actions: ${actions} compared, ${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
