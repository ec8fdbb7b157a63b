/** What the table of actions needs of a TLA+ module: operators, actions of Next, variables. */

/** The operators of a module by name: the text of each definition after `==`. */
export const operators = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  const start = /^(?:RECURSIVE .*|(\w+)(?:\([^)]*\))?\s*==)/gm
  const starts = [...text.matchAll(start)]
  starts.forEach((match, k) => {
    const [whole, name] = match
    if (name === undefined) return
    const body = text.slice(match.index + whole.length, starts[k + 1]?.index ?? text.length)
    found.set(name, (body.split(/^(?:-{4,}|={4,}|\(\*{4,})/m)[0] ?? "").trim())
  })
  return found
}

export interface NextActions {
  /** The actions that are the disjuncts of Next, in its order. */
  readonly actions: ReadonlyArray<string>
  /** What could not be read. */
  readonly problems: ReadonlyArray<string>
}

/**
 * The actions of `Next`. A disjunct applies an action, perhaps under quantifiers; one that applies
 * `AnyX` stands for the action X in its definition.
 */
export const nextActions = (text: string): NextActions => {
  const all = operators(text)
  const next = all.get("Next")
  if (next === undefined) return { actions: [], problems: ["the module has no Next"] }
  const actions: Array<string> = []
  const problems: Array<string> = []
  for (const disjunct of next.split("\\/").slice(1)) {
    const applied = applies(disjunct)
    const wrapped = applied?.startsWith("Any") ? applies(all.get(applied) ?? "") : applied
    if (applied === undefined || wrapped === undefined || !all.has(wrapped)) {
      problems.push(`Next: no action in \`${disjunct.trim()}\``)
    } else if (applied !== wrapped && applied !== `Any${wrapped}`) {
      problems.push(`${applied} stands for ${wrapped}: it must be called Any${wrapped}`)
    } else actions.push(wrapped)
  }
  if (actions.length === 0) problems.push("Next has no action")
  return { actions, problems }
}

// The operator that is applied behind all quantifiers: `\E i \in S : Op(i)`, or `Op(i)` alone.
const applies = (formula: string): string | undefined =>
  /^\s*(?:\\E\s[\s\S]*?:\s*)*([A-Za-z]\w*)\s*(?:\(|$)/.exec(formula.trim())?.[1]

/** The variables of a module with their comments, in order. */
export const variables = (
  text: string,
): ReadonlyArray<{ readonly name: string; readonly says: string }> => {
  const block = /^VARIABLES?\s([\s\S]*?)\n\s*\n/m.exec(text)?.[1] ?? ""
  return [...block.matchAll(/(\w+),?[ \t]*\\\*[ \t]*(.*)/g)].map(([, name, says]) => ({
    name: name as string,
    says: (says as string).trim(),
  }))
}

/** The keys of the record that a variable starts with: `client = [c \in S |-> [op |-> ...]]`. */
export const recordKeys = (text: string, variable: string): ReadonlyArray<string> => {
  const init = operators(text).get("Init") ?? ""
  const conjunct = init.split("/\\").find((part) => part.trim().startsWith(`${variable} =`)) ?? ""
  const record = /\|->\s*\[([\s\S]*)\]\s*\]/.exec(conjunct)?.[1] ?? ""
  return [...withoutBrackets(record).matchAll(/(\w+)\s*\|->/g)].map(([, key]) => key as string)
}

// Only the keys of the record itself count, not those of what its fields hold.
const withoutBrackets = (text: string): string => {
  const less = text.replace(/\[[^[\]]*\]/g, "")
  return less === text ? text : withoutBrackets(less)
}

/** The events that a trace module matches: what each `IsX` asks `action` to be. */
export const tracedEvents = (text: string): ReadonlyMap<string, string> => {
  const events = new Map<string, string>()
  for (const [name, body] of operators(text)) {
    const event = /\.action = "(\w+)"/.exec(body)?.[1]
    const used = text.split(new RegExp(`\\b${name}\\(`)).length > 2
    if (/^Is[A-Z]/.test(name) && event !== undefined && used) events.set(name, event)
  }
  return events
}
