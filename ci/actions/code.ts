/** What the actions' table needs of the code of a protocol. */
import { basename } from "node:path"
import { exportsOf, field, list, nameOf, nodesOf, type Source, stringOf } from "../syntax.ts"
import { actionNames, handlerName } from "../tidy/handlers.ts"

export interface Handler {
  readonly name: string
  readonly path: string
  /** What its documentation says in parentheses after the action's name: the papers. */
  readonly paper: string
}

/** The actions that `action.ts`, or the file of that name, names. */
export const codeActions = (modules: ReadonlyArray<Source>, file: string): ReadonlyArray<string> =>
  modules.filter(({ path }) => basename(path) === file).flatMap(actionNames)

/** The exported functions by name; those of one name in a list. */
export const handlers = (
  modules: ReadonlyArray<Source>,
  actions: ReadonlyArray<string>,
): ReadonlyMap<string, ReadonlyArray<Handler>> => {
  const found = new Map<string, Array<Handler>>()
  const wanted = new Set(actions.map(handlerName))
  for (const module of modules) {
    for (const { name, doc, node } of exportsOf(module)) {
      const isFunction = nodesOf(node, "ArrowFunctionExpression", "FunctionExpression").length > 0
      if (!wanted.has(name) || !isFunction) continue
      const paper = /^\w+ \(([^)]*)\)/.exec(doc)?.[1] ?? ""
      found.set(name, [...(found.get(name) ?? []), { name, path: module.path, paper }])
    }
  }
  return found
}

/** The fields of an exported interface, in order; undefined where no module exports it. */
export const fieldsOf = (
  modules: ReadonlyArray<Source>,
  name: string,
): ReadonlyArray<string> | undefined => {
  for (const module of modules) {
    const found = exportsOf(module).find((e) => e.name === name)
    const body = found === undefined ? undefined : field(found.node, "body")
    if (body === undefined) continue
    return list(body, "body").flatMap((signature) => {
      const key = nameOf(field(signature, "key"))
      return key === undefined ? [] : [key]
    })
  }
  return undefined
}

/** The keys of the JSON text that a module puts together by hand: `"key":` in its literals. */
export const jsonKeys = (modules: ReadonlyArray<Source>, file: string): ReadonlySet<string> => {
  const keys = new Set<string>()
  for (const { path, program } of modules) {
    if (basename(path) !== file) continue
    for (const node of nodesOf(program, "TemplateElement", "Literal")) {
      const value = node["value"] as { readonly raw?: string } | undefined
      const text = stringOf(node) ?? value?.raw ?? ""
      for (const match of text.matchAll(/"(\w+)":/g)) keys.add(match[1] as string)
    }
  }
  return keys
}
