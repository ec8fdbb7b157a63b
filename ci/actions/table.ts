/** The table that ties the actions of a specification to code, traces, papers and tests. */
import type { Source } from "../syntax.ts"
import { handlerName } from "../tidy/handlers.ts"
import { codeActions, type Handler, handlers } from "./code.ts"
import { type FieldRow, fieldTables, type Role, type RoleTable } from "./fields.ts"
import type { Outside } from "./outside.ts"
import { nextActions, tracedEvents } from "./specification.ts"

/** Everything about one protocol that is compared. */
export interface Protocol {
  readonly name: string
  readonly specification: Document
  /** The specification of its traces; undefined until it exists. */
  readonly traces: Document | undefined
  readonly modules: ReadonlyArray<Source>
  /** Actions of the specification that are not the code's: whom it is among. */
  readonly environment: ReadonlyArray<string>
  /** Actions that leave no line in a trace. */
  readonly untraced: ReadonlyArray<string>
  /** Where the code is in src/core, and the file that names its actions. */
  readonly folder: string
  readonly actions: string
  readonly roles: ReadonlyArray<Role>
  /** The tests of the repository. */
  readonly tests: ReadonlyArray<Document>
}

export interface Document {
  readonly path: string
  readonly text: string
}

export interface ActionRow {
  readonly action: string
  readonly handler: Handler | undefined
  readonly event: string
  readonly tests: ReadonlyArray<string>
}

export interface Compared {
  readonly rows: ReadonlyArray<ActionRow>
  readonly roles: ReadonlyArray<RoleTable>
  readonly problems: ReadonlyArray<string>
}

// Not an action: the trace's lines of inputs that no action takes.
const ignored = "Ignored"

/** Compares the names of a protocol on all sides. */
export const compare = (protocol: Protocol): Compared => {
  const { specification, modules, tests, environment } = protocol
  const all = nextActions(specification.text)
  const next = { ...all, actions: all.actions.filter((name) => !environment.includes(name)) }
  const unknown = environment.filter((name) => !all.actions.includes(name))
  const inCode = codeActions(modules, protocol.actions)
  const byName = handlers(modules, [...next.actions, ...inCode])
  const rows = next.actions.map((action) => ({
    action,
    handler: byName.get(handlerName(action))?.[0],
    event: action,
    tests: mentioning(tests, [action, handlerName(action)]),
  }))
  const roles = fieldTables(specification.text, modules, protocol.roles)
  const problems = [
    ...next.problems.map((problem) => `${specification.path}: ${problem}`),
    ...differences(
      next.actions,
      inCode,
      specification.path,
      `src/core/${protocol.folder}/${protocol.actions}`,
    ),
    ...rows.flatMap((row) => handlerProblems(row, byName)),
    ...traceProblems(protocol, next.actions),
    ...unknown.map((name) => `${name}: no action of ${specification.path}`),
    ...roles.flatMap((role) => role.problems).map((problem) => `fields: ${problem}`),
  ]
  return { rows, roles, problems }
}

const differences = (
  one: ReadonlyArray<string>,
  other: ReadonlyArray<string>,
  here: string,
  there: string,
): ReadonlyArray<string> => [
  ...one
    .filter((name) => !other.includes(name))
    .map((name) => `${name}: in ${here}, not in ${there}`),
  ...other
    .filter((name) => !one.includes(name))
    .map((name) => `${name}: in ${there}, not in ${here}`),
]

const handlerProblems = (
  { action, handler, tests }: ActionRow,
  all: ReadonlyMap<string, ReadonlyArray<Handler>>,
): ReadonlyArray<string> => {
  const name = handlerName(action)
  if (handler === undefined) return [`${action}: no module exports a function ${name}`]
  const paths = (all.get(name) ?? []).map(({ path }) => path)
  return [
    ...(paths.length > 1 ? [`${action}: ${name} is exported by ${paths.join(" and ")}`] : []),
    ...(handler.paper === "" ? [`${action}: the doc of ${name} names no paper`] : []),
    ...(tests.length === 0 ? [`${action}: no test mentions it`] : []),
  ]
}

const traceProblems = (
  { traces, untraced }: Protocol,
  actions: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  if (traces === undefined) return []
  const events = tracedEvents(traces.text)
  const misnamed = [...events]
    .filter(([name, event]) => name !== `Is${event}`)
    .map(([name, event]) => `${traces.path}: ${name} matches the event ${event}`)
  const matched = [...events.values()].filter((event) => event !== ignored)
  const traced = actions.filter((action) => !untraced.includes(action))
  return [...misnamed, ...differences(traced, matched, "the specification", traces.path)]
}

const mentioning = (
  tests: ReadonlyArray<Document>,
  names: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const name = new RegExp(`["'\`](${names.join("|")})["'\`]`)
  return tests.filter(({ text }) => name.test(text)).map(({ path }) => path)
}

/** The document for people: what `compare` found. Paths are written from the folder `spec`. */
export const render = (
  protocols: ReadonlyArray<{
    readonly protocol: Protocol
    readonly compared: Compared
    readonly outside: Outside
  }>,
): string =>
  [
    "<!-- Generated by `npm run actions` from the specification and the code: do not edit. -->",
    "",
    "# Actions",
    "",
    "One input of a machine is one action of its specification, under one name on every side: the",
    "TLA+ action, the function with its first letter lowered, the event in a trace. `npm run check`",
    "fails where a name is missing on a side or where this file is stale.",
    ...protocols.flatMap(({ protocol, compared, outside }) => [
      ...section(protocol, compared),
      ...outsideSection(outside),
    ]),
    "",
  ].join("\n")

const section = (protocol: Protocol, compared: Compared): ReadonlyArray<string> => [
  "",
  `## ${link(protocol.specification.path)}`,
  "",
  "| action | function | trace event | paper | tests that mention it |",
  "|---|---|---|---|---|",
  ...compared.rows.map(({ action, handler, event, tests }) => {
    const code = handler === undefined ? "" : `\`${handler.name}\` in ${link(handler.path)}`
    return row(
      `\`${action}\``,
      code,
      `\`${event}\``,
      handler?.paper ?? "",
      tests.map(link).join(" "),
    )
  }),
  "",
  protocol.traces === undefined
    ? "No specification of traces yet."
    : `Each event is matched by \`Is<action>\` in ${link(protocol.traces.path)}.`,
  ...(protocol.untraced.length === 0
    ? []
    : ["", `Without a line in a trace: ${protocol.untraced.map(code).join(", ")}.`]),
  ...(protocol.environment.length === 0
    ? []
    : [
        "",
        `Not of the code, but of whom it is among: ${protocol.environment.map(code).join(", ")}.`,
      ]),
  ...compared.roles.flatMap(({ role, state, rows }) => [
    "",
    `### A ${role}'s variables`,
    "",
    ...fieldSection(state, rows),
  ]),
]

const fieldSection = (state: string, rows: ReadonlyArray<FieldRow>): ReadonlyArray<string> => [
  `| variable | field of \`${state}\` | key in projections | meaning |`,
  "|---|---|---|---|",
  ...rows.map(({ variable, field, key, says }) =>
    row(code(variable), code(field), code(key), says),
  ),
]

const outsideSection = ({ modules, parts }: Outside): ReadonlyArray<string> => [
  "",
  "### Inputs, effects, records and configuration",
  "",
  "What each part of the code's types is in the specification. The messages have its names.",
  "",
  "| type | part | in the specification |",
  "|---|---|---|",
  ...parts.map(({ type, name, meant }) =>
    row(
      `\`${type}\``,
      `\`${name}\``,
      typeof meant === "string" ? `outside: ${meant}` : meant.map(code).join(", "),
    ),
  ),
  "",
  "### Outside the specification",
  "",
  "Modules that see the protocol's states or messages and are not part of its `step`: what of their",
  "doings the specification leaves out, and why. `npm run check` fails where one does not say.",
  "",
  "| module | what is left out, and why |",
  "|---|---|",
  ...modules.map(({ path, why }) => row(link(path), why)),
]

const code = (text: string): string =>
  text === "" ? "" : text.startsWith("(") ? text.slice(1, -1) : `\`${text}\``
const row = (...cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
const link = (path: string): string => {
  const name = path.split("/").at(-1) ?? path
  return `[${name}](${path.startsWith("spec/") ? path.slice("spec/".length) : `../${path}`})`
}
