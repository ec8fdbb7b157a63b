/** TypeScript as syntax trees (by the parser of rolldown), for the checks of this folder. */
import { parseAst } from "rolldown/parseAst"

/** A node of an ESTree with TypeScript's additions. `start` and `end` are offsets in the text. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** A source file: its path from the root of the repository, its text and its tree. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly program: SyntaxNode
}

/** Parses a source; throws with the file's name where it is no TypeScript. */
export const parse = (path: string, text: string): Source => {
  try {
    return { path, text, program: parseAst(text, { lang: "ts" }, path) as unknown as SyntaxNode }
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && "type" in value && "start" in value

/** The nodes directly below `node`, in the order of their fields. */
export const children = (node: SyntaxNode): ReadonlyArray<SyntaxNode> =>
  Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )

/** Calls `visit` with every node from `node` down, and with the nodes above each, nearest last. */
export const walk = (
  node: SyntaxNode,
  visit: (node: SyntaxNode, above: ReadonlyArray<SyntaxNode>) => void,
  above: ReadonlyArray<SyntaxNode> = [],
): void => {
  visit(node, above)
  const path = [...above, node]
  for (const child of children(node)) walk(child, visit, path)
}

/** Every node of a type, in the order of the text. */
export const nodesOf = (root: SyntaxNode, ...types: ReadonlyArray<string>): Array<SyntaxNode> => {
  const found: Array<SyntaxNode> = []
  walk(root, (node) => {
    if (types.includes(node.type)) found.push(node)
  })
  return found
}

/** The node in a field that holds exactly one. */
export const field = (node: SyntaxNode, name: string): SyntaxNode | undefined => {
  const value = node[name]
  return isNode(value) ? value : undefined
}

/** The nodes in a field that holds a list. */
export const list = (node: SyntaxNode, name: string): ReadonlyArray<SyntaxNode> => {
  const value = node[name]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The name of an identifier, or undefined. */
export const nameOf = (node: SyntaxNode | undefined): string | undefined =>
  node !== undefined && typeof node["name"] === "string" ? node["name"] : undefined

/** The text of a string literal, or undefined. */
export const stringOf = (node: SyntaxNode | undefined): string | undefined =>
  node?.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined

/** The line of an offset, counted from 1. */
export const lineAt = (text: string, offset: number): number => {
  let line = 1
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1))
    line++
  return line
}

/** The declarations that a module exports by name, with their documentation. */
export interface Exported {
  readonly name: string
  readonly node: SyntaxNode
  /** The text of the documentation comment right above it, or "". */
  readonly doc: string
}

/** What a module exports where it is declared: `export const`, `function`, `type`, ... */
export const exportsOf = ({ text, program }: Source): ReadonlyArray<Exported> =>
  list(program, "body").flatMap((statement) => {
    const declared = field(statement, "declaration")
    if (statement.type !== "ExportNamedDeclaration" || declared === undefined) return []
    const doc = docAbove(text, statement.start)
    const declarators = list(declared, "declarations")
    const ids = declarators.length > 0 ? declarators : [declared]
    return ids.flatMap((node) => {
      const name = nameOf(field(node, "id"))
      return name === undefined ? [] : [{ name, node, doc }]
    })
  })

const docAbove = (text: string, start: number): string => {
  const before = text.slice(0, start).trimEnd()
  if (!before.endsWith("*/")) return ""
  const open = before.lastIndexOf("/**")
  if (open === -1 || before.indexOf("*/", open) !== before.length - 2) return ""
  return before
    .slice(open + 3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trim())
    .join(" ")
    .trim()
}
