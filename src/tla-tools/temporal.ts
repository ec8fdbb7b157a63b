/**
 * Whether a property is temporal (eventually, leads-to, fairness), by reading its definition. TLC
 * checks an invariant or an action property (`[][A]_v`, also `Init /\ [][Next]_v`) step by step,
 * which several workers may do; a temporal formula needs one worker and no symmetry.
 *
 * This is a reading of text, made to err on the side of "temporal". Where it errs otherwise, TLC's
 * own report that a temporal formula is present turns the verdict into `unsound`.
 */

interface Module {
  readonly extended: ReadonlyArray<string>
  readonly definitions: ReadonlyMap<string, string>
}

/** Text without comments and strings, so that words in them count for nothing. */
const bare = (text: string): string => {
  let rest = text.replace(/"[^"\n]*"/g, '""').replace(/\\\*[^\n]*/g, "")
  for (;;) {
    const inner = rest.replace(/\(\*(?:(?!\(\*|\*\))[\s\S])*\*\)/g, "")
    if (inner === rest) return rest
    rest = inner
  }
}

const parseModule = (text: string): Module => {
  const source = bare(text)
  const extended = /^EXTENDS\s+(\w+(?:\s*,\s*\w+)*)/m.exec(source)
  const definitions = new Map<string, string>()
  const starts = [...source.matchAll(/^(?:LOCAL )?(\w+)(?:\([^)]*\))? *==/gm)]
  starts.forEach((start, i) => {
    const body = source.slice(start.index + start[0].length, starts[i + 1]?.index)
    definitions.set(start[1] ?? "", body.split(/^(?:THEOREM|={4,}|ASSUME)/m)[0] ?? "")
  })
  return { extended: extended?.[1]?.match(/\w+/g) ?? [], definitions }
}

/** Names used in a formula; `I!X` is one name. */
const namesIn = (formula: string): ReadonlyArray<string> => formula.match(/\w+(?:!\w+)*/g) ?? []

const temporalToken = /<<|>>|<>|~>|\b[WS]F_|\\AA|\\EE|-\+->/g
const hasTemporalOperator = (formula: string): boolean =>
  (formula.match(temporalToken) ?? []).some((token) => token !== "<<" && token !== ">>")

/** `[]` inside parentheses: an "always" within a formula, which no step-by-step check decides. */
const hasNestedAlways = (formula: string): boolean => {
  let depth = 0
  for (const token of formula.match(/\(|\)|\[\]/g) ?? []) {
    if (token === "(") depth++
    else if (token === ")") depth--
    else if (depth > 0) return true
  }
  return false
}

/**
 * Whether `property` of the module `root` is temporal. `source` gives the text of a module,
 * undefined for the standard ones. A property whose definition is not found counts as temporal.
 */
export const isTemporal = (
  property: string,
  root: string,
  source: (module: string) => string | undefined,
): boolean => {
  const modules = new Map<string, Module | undefined>()
  const load = (name: string): Module | undefined => {
    if (!modules.has(name)) {
      const text = source(name)
      modules.set(name, text === undefined ? undefined : parseModule(text))
    }
    return modules.get(name)
  }
  const seen = new Set<string>()
  const find = (name: string, module: string): readonly [string, string] | undefined => {
    const body = load(module)?.definitions.get(name)
    if (body !== undefined) return [body, module]
    for (const extended of load(module)?.extended ?? []) {
      const inherited = find(name, extended)
      if (inherited !== undefined) return inherited
    }
    return undefined
  }
  const resolve = (name: string, module: string): readonly [string, string] | undefined => {
    const [first = "", ...rest] = name.split("!")
    const found = find(first, module)
    if (rest.length === 0 || found === undefined) return found
    const instance = /INSTANCE\s+(\w+)/.exec(found[0])?.[1]
    return instance === undefined ? undefined : resolve(rest.join("!"), instance)
  }
  const temporal = (name: string, module: string): boolean => {
    const found = resolve(name, module)
    if (found === undefined || seen.has(`${found[1]}!${name}`)) return false
    seen.add(`${found[1]}!${name}`)
    const [body, home] = found
    if (hasTemporalOperator(body) || hasNestedAlways(body)) return true
    return namesIn(body).some((used) => temporal(used, home))
  }
  return resolve(property, root) === undefined || temporal(property, root)
}
