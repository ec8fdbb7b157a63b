/** The handlers of a protocol: that each names its paper, and that every message has one. */
import { exportsOf, field, list, nameOf, nodesOf, type Source, stringOf } from "../syntax.ts"

/** The names in the unions of string literals that a module exports (`action.ts`). */
export const actionNames = (source: Source): ReadonlyArray<string> => {
  const names = nodesOf(source.program, "TSLiteralType").flatMap((node) => {
    const name = stringOf(field(node, "literal"))
    return name === undefined ? [] : [name]
  })
  return [...new Set(names)]
}

/** The function that takes an action: its name with the first letter lowered. */
export const handlerName = (action: string): string =>
  action.slice(0, 1).toLowerCase() + action.slice(1)

const paper = /(OSDI '99|TOCS|SOSP '07|NSDI '10|OSDI '00)[^.]*\b(section|sections|appendix) ?[\d.]*/

/** The paper's section that a documentation names, or undefined. */
export const sectionOf = (doc: string): string | undefined => paper.exec(doc)?.[0].trim()

/** Exported handlers whose documentation does not start with the action or names no section. */
export const undocumented = (
  modules: ReadonlyArray<Source>,
  actions: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const byName = new Map(actions.map((action) => [handlerName(action), action]))
  return modules.flatMap((source) =>
    exportsOf(source).flatMap(({ name, doc }) => {
      const action = byName.get(name)
      if (action === undefined) return []
      if (!doc.startsWith(action)) return [`${source.path}: ${name}: its doc starts with ${action}`]
      if (sectionOf(doc) === undefined) return [`${source.path}: ${name}: no section of a paper`]
      return []
    }),
  )
}

const receivers = ["recv", "clientRecv", "sketcherRecv"]

/** Messages that no dispatch hands to `recv<Message>`, or to that of a client or sketcher. */
export const unhandled = (
  messages: Source,
  dispatches: ReadonlyArray<Source>,
): ReadonlyArray<string> => {
  const called = new Set(
    dispatches.flatMap(({ program }) =>
      nodesOf(program, "CallExpression").map((call) => nameOf(field(call, "callee"))),
    ),
  )
  return nodesOf(messages.program, "CallExpression").flatMap((call) => {
    const callee = field(call, "callee")
    const made = callee === undefined ? undefined : nameOf(field(callee, "property"))
    const tag = made === "TaggedStruct" ? stringOf(list(call, "arguments")[0]) : undefined
    if (tag === undefined || receivers.some((by) => called.has(`${by}${tag}`))) return []
    return [`${messages.path}: no dispatch calls recv${tag} or clientRecv${tag}`]
  })
}
