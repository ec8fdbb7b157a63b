/**
 * What changes what the system does and is no part of the specification. What the code can be read
 * for must be accounted for: modules that see a protocol's states or messages and are not in its
 * `step`, by a line in their head; inputs, effects, durable records and configuration, by
 * spec/correspondence.json; messages, by having the names of the specification.
 */
import { posix } from "node:path"
import {
  exportsOf,
  field,
  list,
  nameOf,
  nodesOf,
  type Source,
  stringOf,
  type SyntaxNode,
} from "../syntax.ts"
import { operators, variables } from "./specification.ts"

/** By a type of the code and a part of it: names of the specification, or why it has none. */
export type Correspondence = Readonly<
  Record<string, Readonly<Record<string, ReadonlyArray<string> | string>>>
>

export interface OutsideModule {
  readonly path: string
  readonly why: string
}

export interface Part {
  readonly type: string
  readonly name: string
  readonly meant: ReadonlyArray<string> | string
}

export interface Outside {
  readonly modules: ReadonlyArray<OutsideModule>
  readonly parts: ReadonlyArray<Part>
  readonly problems: ReadonlyArray<string>
}

export interface OutsideSources {
  readonly name: string
  readonly specification: string
  /** The modules of src/core/<name>. */
  readonly core: ReadonlyArray<Source>
  /** The modules that run the protocol: src/net. */
  readonly shell: ReadonlyArray<Source>
  readonly correspondence: Correspondence
  /** The file of the protocol's messages. */
  readonly messages: string
}

const marker = "Outside the specification:"

/** What a module's head says to be outside, to the end of its paragraph; "" where it is silent. */
const reasonIn = ({ text }: Source): string => {
  const head = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? ""
  const lines = head.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trim())
  const at = lines.findIndex((line) => line.startsWith(marker))
  if (at < 0) return ""
  const end = lines.findIndex((line, k) => k > at && line === "")
  return lines
    .slice(at, end < 0 ? undefined : end)
    .join(" ")
    .slice(marker.length)
    .trim()
}

const importedBy = ({ path, program }: Source): ReadonlyArray<string> =>
  nodesOf(program, "ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration").flatMap(
    (node) => {
      const specifier = stringOf(field(node, "source"))
      return specifier?.startsWith(".") === true
        ? [posix.normalize(posix.join(posix.dirname(path), specifier))]
        : []
    },
  )

/** The modules that the machines' own reach: what they do is compared with the specification. */
const inStep = (core: ReadonlyArray<Source>): ReadonlySet<string> => {
  const byPath = new Map(core.map((m) => [m.path, m]))
  const roots = core.filter(({ path }) => /\/(d-)?(replica|client|sketcher|action)\.ts$/.test(path))
  const reached = new Set<string>()
  const visit = (module: Source): void => {
    if (reached.has(module.path)) return
    reached.add(module.path)
    for (const path of importedBy(module)) {
      const next = byPath.get(path)
      if (next !== undefined) visit(next)
    }
  }
  for (const root of roots) visit(root)
  return reached
}

const outsideModules = ({ name, core, shell }: OutsideSources) => {
  const compared = inStep(core)
  const folder = `src/core/${name}/`
  const seeing = shell.filter((m) => importedBy(m).some((path) => path.startsWith(folder)))
  const asked = [...core.filter(({ path }) => !compared.has(path)), ...seeing]
  const reasons = asked.map((m) => ({ path: m.path, why: reasonIn(m) }))
  const fix = `say in its head what of it the specification leaves out, and why: "${marker} ..."`
  return {
    modules: reasons.filter(({ why }) => why !== ""),
    problems: reasons
      .filter(({ why }) => why === "")
      .map(({ path }) => `${path}: sees the protocol and is not in its step; ${fix}`),
  }
}

// A union's members: the `_tag` of each literal type, the name of each reference.
const membersOf = (type: SyntaxNode): ReadonlyArray<string> => {
  if (type.type === "TSUnionType") return list(type, "types").flatMap(membersOf)
  if (type.type === "TSTypeReference") {
    const name = nameOf(field(type, "typeName"))
    return name === undefined ? [] : [name]
  }
  const tag = list(type, "members").find((m) => nameOf(field(m, "key")) === "_tag")
  const annotation = tag === undefined ? undefined : field(tag, "typeAnnotation")
  const literal = annotation === undefined ? undefined : field(annotation, "typeAnnotation")
  const text = literal === undefined ? undefined : stringOf(field(literal, "literal"))
  return text === undefined ? [] : [text]
}

/** The parts of an exported type: the members of a union, or the fields of an interface. */
const partsOf = (core: ReadonlyArray<Source>, type: string): ReadonlyArray<string> => {
  for (const module of core) {
    const node = exportsOf(module).find((e) => e.name === type)?.node
    if (node === undefined) continue
    const alias = field(node, "typeAnnotation")
    if (alias !== undefined) return membersOf(alias)
    const body = field(node, "body")
    if (body === undefined) continue
    return list(body, "body").flatMap((signature) => nameOf(field(signature, "key")) ?? [])
  }
  return []
}

const constantsOf = (specification: string): ReadonlyArray<string> =>
  [...specification.matchAll(/^CONSTANTS?\s([\s\S]*?)\n\s*\n/gm)].flatMap(([, block = ""]) =>
    [...block.replace(/\\\*.*$/gm, "").matchAll(/(\w+)\s*(?:\([^)]*\))?/g)].map(
      ([, name]) => name as string,
    ),
  )

const accountedFor = (sources: OutsideSources): Pick<Outside, "parts" | "problems"> => {
  const { core, correspondence, specification } = sources
  const known = new Set([
    ...operators(specification).keys(),
    ...variables(specification).map((v) => v.name),
    ...constantsOf(specification),
  ])
  const parts: Array<Part> = []
  const problems: Array<string> = []
  for (const [type, table] of Object.entries(correspondence)) {
    const found = partsOf(core, type)
    if (found.length === 0) problems.push(`correspondence: the code exports no ${type}`)
    for (const name of found) {
      const meant = table[name]
      if (meant === undefined) {
        problems.push(
          `correspondence: ${type} ${name}: name in spec/correspondence.json what of the ` +
            "specification it is, or say why it is outside",
        )
      } else parts.push({ type, name, meant })
    }
    for (const [name, meant] of Object.entries(table)) {
      if (!found.includes(name)) problems.push(`correspondence: ${type} ${name} is not in the code`)
      const names = typeof meant === "string" ? [] : meant
      for (const n of names.filter((each) => !known.has(each))) {
        problems.push(`correspondence: ${type} ${name}: the specification has no ${n}`)
      }
      if (meant.length === 0) problems.push(`correspondence: ${type} ${name}: no name, no reason`)
    }
  }
  return { parts, problems }
}

const messageProblems = ({
  core,
  specification,
  messages,
}: OutsideSources): ReadonlyArray<string> => {
  const types = [...(operators(specification).get("MessageTypes") ?? "").matchAll(/"(\w+)"/g)]
  const specified = new Set(types.map(([, type]) => type as string))
  const inCode = new Set(
    core
      .filter(({ path }) => path.endsWith(`/${messages}`))
      .flatMap(({ program }) => nodesOf(program, "CallExpression"))
      .filter((call) => nameOf(field(field(call, "callee") ?? call, "property")) === "TaggedStruct")
      .flatMap((call) => stringOf(list(call, "arguments")[0]) ?? []),
  )
  return [
    ...[...inCode]
      .filter((m) => !specified.has(m))
      .map((m) => `messages: ${m} is none of the specification's MessageTypes`),
    ...[...specified]
      .filter((m) => !inCode.has(m))
      .map((m) => `messages: the code has no ${m}, one of the specification's MessageTypes`),
  ]
}

/** What is outside, and what is not accounted for. */
export const outsideOf = (sources: OutsideSources): Outside => {
  const { modules, problems } = outsideModules(sources)
  const { parts, problems: unaccounted } = accountedFor(sources)
  return {
    modules,
    parts,
    problems: [...problems, ...unaccounted, ...messageProblems(sources)],
  }
}
