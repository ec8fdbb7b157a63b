/**
 * Iteration over a Map or Set in a deterministic module: its order is the order of insertion, that
 * is, the history of the program. Types are followed by name as far as one can without a compiler.
 */
import { field, list, nameOf, type Source, type SyntaxNode, walk } from "../syntax.ts"
import { isExplained, isMember, lastName, visited } from "./determinism.ts"

/** Where Maps and Sets are held: `Disk.slots` for a property of a type. */
export type CollectionProperties = ReadonlySet<string>

const isCollectionType = (node: SyntaxNode | undefined): boolean =>
  /^(Readonly)?(Map|Set)$/.test(typeName(node) ?? "")

const isConstructed = (node: SyntaxNode | undefined): boolean =>
  node?.type === "NewExpression" && /^(Map|Set)$/.test(nameOf(field(node, "callee")) ?? "")

// The name of the type in an annotation `: T`.
const typeName = (holder: SyntaxNode | undefined): string | undefined => {
  const annotation = holder === undefined ? undefined : field(holder, "typeAnnotation")
  const type = annotation === undefined ? undefined : field(annotation, "typeAnnotation")
  return type === undefined ? undefined : nameOf(field(type, "typeName"))
}

/** The properties of all types of these modules that are Maps or Sets. */
export const collectionProperties = (modules: ReadonlyArray<Source>): CollectionProperties => {
  const found = new Set<string>()
  for (const { program } of modules) {
    walk(program, (node, above) => {
      if (node.type !== "TSPropertySignature" || !isCollectionType(node)) return
      const owner = above.findLast((outer) =>
        /^TS(Interface|TypeAlias)Declaration$/.test(outer.type),
      )
      if (owner !== undefined) found.add(`${nameOf(field(owner, "id"))}.${lastKey(node)}`)
    })
  }
  return found
}

const lastKey = (node: SyntaxNode): string | undefined => nameOf(field(node, "key"))

/** What a module says of the types of its variables and functions, by name. */
interface Known {
  readonly collections: Set<string>
  readonly types: Map<string, string>
  readonly returns: Map<string, string>
  readonly properties: Set<string>
}

const known = ({ program }: Source, properties: CollectionProperties): Known => {
  const all: Known = {
    collections: new Set(),
    types: new Map(),
    returns: new Map(),
    properties: new Set(properties),
  }
  walk(program, (node) => {
    const name = nameOf(node)
    const type = typeName(node)
    if (node.type === "Identifier" && name !== undefined && type !== undefined) {
      if (isCollectionType(node)) all.collections.add(name)
      else all.types.set(name, type)
    }
    if (node.type === "VariableDeclarator") learn(node, all)
  })
  // A second time: a variable may hold what a function below it returns.
  walk(program, (node) => {
    if (node.type !== "VariableDeclarator") return
    const init = field(node, "init")
    const name = nameOf(field(node, "id"))
    const callee = init?.type === "CallExpression" ? nameOf(field(init, "callee")) : undefined
    const type = callee === undefined ? undefined : all.returns.get(callee)
    if (name !== undefined && type !== undefined && !all.types.has(name)) all.types.set(name, type)
  })
  return all
}

const learn = (declarator: SyntaxNode, all: Known): void => {
  const name = nameOf(field(declarator, "id"))
  const init = field(declarator, "init")
  if (name === undefined || init === undefined) return
  if (isConstructed(init)) all.collections.add(name)
  const returned = field(init, "returnType")
  const type = returned === undefined ? undefined : field(returned, "typeAnnotation")
  const result = type === undefined ? undefined : nameOf(field(type, "typeName"))
  if (result !== undefined) all.returns.set(name, result)
  if (init.type !== "ObjectExpression" || all.types.has(name)) return
  all.types.set(name, `{${name}}`)
  for (const property of list(init, "properties")) {
    if (isConstructed(field(property, "value")))
      all.properties.add(`{${name}}.${lastKey(property)}`)
  }
}

/** Iteration over a Map or Set that is neither sorted at once nor said to be order-free. */
export const unordered = (
  source: Source,
  properties: CollectionProperties = collectionProperties([source]),
): ReadonlyArray<string> => {
  const all = known(source, properties)
  const isCollection = (node: SyntaxNode | undefined): boolean => {
    if (node === undefined) return false
    if (node.type !== "MemberExpression") {
      return all.collections.has(nameOf(node) ?? "") || isConstructed(node)
    }
    const type = all.types.get(lastName(field(node, "object")) ?? "")
    return type !== undefined && all.properties.has(`${type}.${lastName(node)}`)
  }
  return visited(source, (node, above) => {
    if (!iterates(node, isCollection) || isExplained(source, node, /order-free:/i)) return undefined
    const sorted = above.slice(-4).map((outer) => lastName(field(outer, "callee")) ?? "")
    if (sorted.some((name) => /^(sort|toSorted)$/.test(name))) return undefined
    return "order of a Map or Set: sort it, or say why it does not matter (// order-free: ...)"
  })
}

const iterates = (
  node: SyntaxNode,
  isCollection: (node: SyntaxNode | undefined) => boolean,
): boolean => {
  if (node.type === "ForOfStatement") return isCollection(field(node, "right"))
  if (node.type === "SpreadElement") return isCollection(field(node, "argument"))
  if (node.type !== "CallExpression") return false
  const callee = field(node, "callee")
  if (isMember(callee ?? node, "Array", "from")) return isCollection(list(node, "arguments")[0])
  const object = callee === undefined ? undefined : field(callee, "object")
  return /^(values|keys|entries|forEach)$/.test(lastName(callee) ?? "") && isCollection(object)
}
