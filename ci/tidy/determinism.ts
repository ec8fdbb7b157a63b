/**
 * What a deterministic module may not use: time, randomness, promises, exceptions, an order that
 * depends on history. For src/core and src/sim, whose runs must be repeatable step by step.
 */
import {
  children,
  field,
  lineAt,
  list,
  nameOf,
  type Source,
  type SyntaxNode,
  walk,
} from "../syntax.ts"

const bannedNames = new Map([
  ["Date", "time comes in with an input"],
  ["Promise", "a step returns its effects"],
  ["queueMicrotask", "a step returns its effects"],
])

const loops = new Set([
  "ForStatement",
  "ForOfStatement",
  "ForInStatement",
  "WhileStatement",
  "DoWhileStatement",
])

type Visit = (node: SyntaxNode, above: ReadonlyArray<SyntaxNode>) => string | undefined

/** Use of a banned word. `throws`: this is the one module that may throw. */
export const banned = (source: Source, throws: boolean): ReadonlyArray<string> =>
  visited(source, (node, above) => {
    const name = nameOf(node)
    if (node.type === "Identifier" && name !== undefined && isReference(node, above.at(-1))) {
      const why = bannedNames.get(name)
      if (why !== undefined) return `${name}: ${why}`
    }
    if (isMember(node, "Math", "random")) return "Math.random: a draw comes in with an input"
    if (node["async"] === true || node.type === "AwaitExpression")
      return "async: a step waits for nothing"
    if (node.type === "ThrowStatement" && !throws) return "throw: only assert does"
    if (node.type === "ForInStatement") return "for..in: its order is no one's promise"
    if (node.type === "TSAsExpression" && field(node, "typeAnnotation")?.type === "TSAnyKeyword") {
      return "as any"
    }
    if (node.type === "TSNonNullExpression" && !isExplained(source, node)) {
      return "a non-null `!` without a comment that says why"
    }
    return undefined
  })

/** `let` that is more than what a loop counts or adds up. */
export const rebound = (source: Source): ReadonlyArray<string> =>
  visited(source, (node, above) => {
    const name = assigned(node)
    if (name === undefined || accumulates(node)) return undefined
    const scope = above.findLast((outer) => declares(outer, name))
    if (scope === undefined) return undefined
    const inside = above.slice(above.indexOf(scope) + 1)
    if (loops.has(scope.type) || inside.some(isLoop)) return undefined
    return `\`${name}\` is assigned again outside a loop: give the new value a name`
  })

/** What `visit` says of the nodes of a module, each with its place. */
export const visited = ({ path, text, program }: Source, visit: Visit): ReadonlyArray<string> => {
  const problems: Array<string> = []
  walk(program, (node, above) => {
    const what = visit(node, above)
    if (what !== undefined) problems.push(`${path}:${lineAt(text, node.start)}: ${what}`)
  })
  return problems
}

// The name of a property or of a declared type is no use of the global name.
const isReference = (node: SyntaxNode, parent: SyntaxNode | undefined): boolean =>
  parent === undefined ||
  !(
    (parent.type === "MemberExpression" && field(parent, "property") === node) ||
    (/Property|Signature/.test(parent.type) && field(parent, "key") === node)
  )

export const isMember = (node: SyntaxNode, object: string, property: string): boolean =>
  node.type === "MemberExpression" &&
  nameOf(field(node, "object")) === object &&
  nameOf(field(node, "property")) === property

/** Whether a comment on the line of a node, or on the one above it, says how. */
export const isExplained = ({ text }: Source, node: SyntaxNode, how = /\S/): boolean => {
  const lines = text.split("\n")
  const at = lineAt(text, node.start) - 1
  const same = /\/\/(.*)$/.exec(lines[at] ?? "")?.[1]
  const above = /^\s*\/\/(.*)$/.exec(lines[at - 1] ?? "")?.[1]
  return [same, above].some((comment) => comment !== undefined && how.test(comment))
}

const assigned = (node: SyntaxNode): string | undefined => {
  if (node.type === "AssignmentExpression") return nameOf(field(node, "left"))
  if (node.type === "UpdateExpression") return nameOf(field(node, "argument"))
  return undefined
}

const accumulates = (node: SyntaxNode): boolean =>
  node.type === "UpdateExpression" || node["operator"] === "+="

const declares = (scope: SyntaxNode, name: string): boolean =>
  [...children(scope)].some(
    (child) =>
      child.type === "VariableDeclaration" &&
      list(child, "declarations").some((d) => nameOf(field(d, "id")) === name),
  )

const isLoop = (node: SyntaxNode): boolean =>
  loops.has(node.type) ||
  (node.type === "CallExpression" && lastName(field(node, "callee")) === "forEach")

/** The name of an identifier or of a member: `c` of `a.b.c`. */
export const lastName = (node: SyntaxNode | undefined): string | undefined =>
  node?.type === "MemberExpression" ? nameOf(field(node, "property")) : nameOf(node)
