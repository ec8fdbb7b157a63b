/** What a TLC configuration file (.cfg) declares. */
import { Result } from "effect"

export interface Configuration {
  readonly specification: string | undefined
  readonly init: string | undefined
  readonly next: string | undefined
  readonly invariants: ReadonlyArray<string>
  readonly properties: ReadonlyArray<string>
  readonly symmetry: ReadonlyArray<string>
  readonly view: string | undefined
  readonly constraints: ReadonlyArray<string>
  readonly actionConstraints: ReadonlyArray<string>
  readonly checkDeadlock: boolean
  /** Constants by name: the text of the value, or of the operator with its arrow (`<- Op`). */
  readonly constants: ReadonlyMap<string, string>
}

/** A line of a .cfg (from 1) that TLC 2.18 would not take, and why. */
export interface ConfigurationError {
  readonly _tag: "ConfigurationError"
  readonly line: number
  readonly message: string
}

const sections = new Map([
  ["SPECIFICATION", "specification"],
  ["INIT", "init"],
  ["NEXT", "next"],
  ["INVARIANT", "invariants"],
  ["INVARIANTS", "invariants"],
  ["PROPERTY", "properties"],
  ["PROPERTIES", "properties"],
  ["SYMMETRY", "symmetry"],
  ["VIEW", "view"],
  ["CONSTRAINT", "constraints"],
  ["CONSTRAINTS", "constraints"],
  ["ACTION_CONSTRAINT", "actionConstraints"],
  ["ACTION_CONSTRAINTS", "actionConstraints"],
  ["CHECK_DEADLOCK", "checkDeadlock"],
  ["CONSTANT", "constants"],
  ["CONSTANTS", "constants"],
])
/** Keywords of later versions: this TLC reads them as names or stops. */
const laterKeywords = new Set(["ALIAS", "POSTCONDITION", "PERIODIC", "_PERIODIC"])

interface Token {
  readonly text: string
  readonly line: number
}

const blank = (text: string): string => text.replace(/[^\n]/g, " ")

/** Blanks comments (`\* ...` and nested `(* ... *)`), keeping line numbers. */
const withoutComments = (text: string): string => {
  let rest = text.replace(/\\\*[^\n]*/g, blank)
  for (;;) {
    const inner = rest.replace(/\(\*(?:(?!\(\*|\*\))[\s\S])*\*\)/g, blank)
    if (inner === rest) return rest
    rest = inner
  }
}

const tokenize = (text: string): ReadonlyArray<Token> =>
  withoutComments(text)
    .split("\n")
    .flatMap((content, index) =>
      [...content.matchAll(/"[^"]*"|<-|[\w!]+|-?\d+|\S/g)].map(([text]) => ({
        text,
        line: index + 1,
      })),
    )

const fail = (line: number, message: string): Result.Result<never, ConfigurationError> =>
  Result.fail({ _tag: "ConfigurationError", line, message })

/** `a = 1 b <- Op` to its assignments; a value lasts until the next `name =` or `name <-`. */
const readConstants = (tokens: ReadonlyArray<Token>): ReadonlyMap<string, string> => {
  const constants = new Map<string, string>()
  const isAssignment = (i: number): boolean => ["=", "<-"].includes(tokens[i + 1]?.text ?? "")
  for (let i = 0; i < tokens.length; i++) {
    if (!isAssignment(i)) continue
    const name = tokens[i]?.text ?? ""
    const arrow = tokens[i + 1]?.text === "<-" ? "<- " : ""
    let end = i + 2
    while (end < tokens.length && !isAssignment(end)) end++
    const words = tokens.slice(i + 2, end).map(({ text }) => text)
    constants.set(name, arrow + words.join(" ").replaceAll(/ ?([{},]) ?/g, "$1"))
    i = end - 1
  }
  return constants
}

/** Reads a .cfg. Whether its names exist is for TLC to say. */
export const parseConfiguration = (
  text: string,
): Result.Result<Configuration, ConfigurationError> => {
  const found = new Map<string, Array<Token>>()
  let section: string | undefined
  for (const token of tokenize(text)) {
    if (laterKeywords.has(token.text)) {
      return fail(token.line, `${token.text} is not supported by TLC 2.18; remove it`)
    }
    const keyword = sections.get(token.text)
    if (keyword !== undefined) {
      section = keyword
      found.set(section, found.get(section) ?? [])
    } else if (section === undefined) {
      return fail(token.line, `expected a keyword such as SPECIFICATION, found "${token.text}"`)
    } else found.get(section)?.push(token)
  }
  const names = (key: string): ReadonlyArray<string> => (found.get(key) ?? []).map((t) => t.text)
  const deadlock = found.get("checkDeadlock")
  if (deadlock !== undefined && !["TRUE", "FALSE"].includes(deadlock[0]?.text ?? "")) {
    return fail(deadlock[0]?.line ?? 1, "CHECK_DEADLOCK must be TRUE or FALSE")
  }
  return Result.succeed({
    specification: names("specification")[0],
    init: names("init")[0],
    next: names("next")[0],
    invariants: names("invariants"),
    properties: names("properties"),
    symmetry: names("symmetry"),
    view: names("view")[0],
    constraints: names("constraints"),
    actionConstraints: names("actionConstraints"),
    checkDeadlock: deadlock?.[0]?.text !== "FALSE",
    constants: readConstants(found.get("constants") ?? []),
  })
}
