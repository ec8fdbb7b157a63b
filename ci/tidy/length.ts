/** How long a function, a file and a line may be. */
import {
  field,
  lineAt,
  nameOf,
  nodesOf,
  type Source,
  stringOf,
  type SyntaxNode,
  walk,
} from "../syntax.ts"

export const longestFunction = 70
export const longestFile = 400
export const longestLine = 100

const functions = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"])

// `describe("...", () => { ... })` holds functions; it is none in this sense.
const isSuite = (node: SyntaxNode, parent: SyntaxNode | undefined): boolean =>
  parent?.type === "CallExpression" &&
  nodesOf(field(parent, "callee") ?? node, "Identifier").some((id) => nameOf(id) === "describe")

/** Functions of more lines than a screen holds. */
export const longFunctions = ({ path, text, program }: Source): ReadonlyArray<string> => {
  const problems: Array<string> = []
  walk(program, (node, above) => {
    if (!functions.has(node.type) || isSuite(node, above.at(-1))) return
    const from = lineAt(text, node.start)
    const lines = lineAt(text, node.end) - from + 1
    if (lines > longestFunction) {
      problems.push(`${path}:${from}: a function of ${lines} lines, ${longestFunction} at most`)
    }
  })
  return problems
}

/** A file of more lines than one concept takes. */
export const longFile = (path: string, text: string): ReadonlyArray<string> => {
  const lines = text.replace(/\n$/, "").split("\n").length
  return lines > longestFile ? [`${path}: ${lines} lines, ${longestFile} at most`] : []
}

/**
 * Lines wider than the page. In a module a text that comes last on its line may go past the edge:
 * a message that is broken in two is found by no search.
 */
export const longLines = (
  path: string,
  text: string,
  program?: SyntaxNode,
): ReadonlyArray<string> => {
  const texts = (
    program === undefined ? [] : nodesOf(program, "Literal", "TemplateLiteral", "TemplateElement")
  ).filter((node) => node.type !== "Literal" || stringOf(node) !== undefined)
  const problems: Array<string> = []
  let from = 0
  text.split("\n").forEach((line, k) => {
    const columns = [...line].length
    const to = from + line.length
    const endsInText = (node: SyntaxNode): boolean =>
      node.start < to && node.end > from && /^\W*$/.test(text.slice(node.end, to))
    if (columns > longestLine && !texts.some(endsInText)) {
      problems.push(`${path}:${k + 1}: ${columns} columns, ${longestLine} at most`)
    }
    from = to + 1
  })
  return problems
}
