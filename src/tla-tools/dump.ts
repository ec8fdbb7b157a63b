/**
 * Reads back the state graph that TLC writes with `-dump dot,actionlabels` (`dumpDot` of a run).
 *
 * What such a file holds, found by experiment with TLC 2.18 (1 and 2 workers, the same each time):
 * - every distinct state once, with its text; initial states are marked by `style = filled`;
 * - every successor that TLC generated once, as an edge with its action's name (without
 *   parameters): also self-loops and edges to states seen before. The number of edges is TLC's
 *   count of generated states less the initial ones. An action that reaches a state in two ways
 *   gives two equal edges;
 * - a disjunct of Next that is not a named operator has the label of the operator it stands in;
 * - no edge, and no state, outside a CONSTRAINT or ACTION_CONSTRAINT (such successors do count as
 *   generated, so there the counts differ);
 * - under SYMMETRY or VIEW one representative of each class, with the edges from representatives;
 * - with a temporal property a dashed edge from each state to itself: the stuttering step of the
 *   tableau, no action; it is left out here;
 * - after a violation the part explored until then.
 *
 * An edge may precede the text of its target. Values wrap over lines as in counterexamples. States
 * are named by 64-bit fingerprints, kept as text: they do not fit a JavaScript number.
 */
import { createReadStream } from "node:fs"
import { Result } from "effect"
import { makeLineSplitter } from "./message.ts"
import { parseVariables, type Variables } from "./value.ts"

export type DumpItem =
  | {
      readonly _tag: "State"
      readonly id: string
      readonly initial: boolean
      /** TLC's text of the state; {@link parseVariables} reads it. */
      readonly text: string
    }
  | { readonly _tag: "Edge"; readonly from: string; readonly to: string; readonly action: string }

/** A line (from 1) that a complete dump does not have, and why. */
export class DumpInvalid extends Error {
  readonly _tag = "DumpInvalid"
  readonly path: string
  readonly line: number
  constructor(path: string, line: number, cause: string) {
    super(`${path}:${line}: ${cause}`)
    this.path = path
    this.line = line
  }
}

const header = "strict digraph DiskGraph {"
const statePattern = /^(-?\d+) \[label="((?:[^"\\]|\\.)*)"(,style = filled)?\];?$/
const edgePattern = /^(-?\d+) -> (-?\d+) \[(?:label="([^"]*)",.*|style="dashed")\];$/
const frame = /^(?:nodesep=.*|subgraph .*|color=.*|edge \[.*|\{rank = same;.*|\}|)$/

const unescapeLabel = (label: string): string =>
  label.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char))

/** One line of a dump: an item, nothing for the file's frame, or why it is neither. */
export const parseDumpLine = (line: string): Result.Result<DumpItem | undefined, string> => {
  const edge = edgePattern.exec(line)
  if (edge !== null) {
    const [, from = "", to = "", action] = edge
    return Result.succeed(action === undefined ? undefined : { _tag: "Edge", from, to, action })
  }
  const state = statePattern.exec(line)
  if (state !== null) {
    const [, id = "", label = "", filled] = state
    const text = unescapeLabel(label)
    return Result.succeed({ _tag: "State", id, initial: filled !== undefined, text })
  }
  return frame.test(line)
    ? Result.succeed(undefined)
    : Result.fail(`neither a state nor an edge: ${line.slice(0, 80)}`)
}

/**
 * The items of a dump, in the file's order, with memory for one line. Rejects with
 * {@link DumpInvalid} for a file that is no dump, is cut off, or has a line that cannot be read.
 */
export async function* readDump(path: string): AsyncGenerator<DumpItem, void, undefined> {
  const splitter = makeLineSplitter()
  let number = 0
  let last = ""
  const read = (line: string): DumpItem | undefined => {
    number++
    if (number === 1) {
      if (line !== header) throw new DumpInvalid(path, 1, "not a state graph written by TLC")
      return undefined
    }
    last = line === "" ? last : line
    const item = parseDumpLine(line)
    if (Result.isFailure(item)) throw new DumpInvalid(path, number, item.failure)
    return item.success
  }
  for await (const chunk of createReadStream(path, { encoding: "utf8" })) {
    for (const line of splitter.feed(chunk as string)) {
      const item = read(line)
      if (item !== undefined) yield item
    }
  }
  for (const line of splitter.end()) {
    const item = read(line)
    if (item !== undefined) yield item
  }
  if (last !== "}")
    throw new DumpInvalid(path, number + 1, "the file ends before its closing brace")
}

/**
 * A state graph. States are numbered in the file's order (breadth-first from the initial ones);
 * edge `i` leads from `from[i]` to `to[i]` by the action `actions[action[i]]`.
 */
export interface StateGraph<S> {
  readonly states: ReadonlyArray<S>
  readonly initial: ReadonlyArray<number>
  readonly actions: ReadonlyArray<string>
  readonly from: ReadonlyArray<number>
  readonly to: ReadonlyArray<number>
  readonly action: ReadonlyArray<number>
}

const number = (numbers: Map<string, number>, key: string): number => {
  const known = numbers.get(key)
  if (known !== undefined) return known
  numbers.set(key, numbers.size)
  return numbers.size - 1
}

/**
 * Reads a whole graph. `project` says what to keep of a state (for instance a digest of its
 * canonical text), so that the graph needs little memory however large its states are.
 */
export const readStateGraph = async <S>(
  path: string,
  project: (variables: Variables) => S,
): Promise<StateGraph<S>> => {
  const states: Array<S> = []
  const initial: Array<number> = []
  const [from, to, action]: [Array<number>, Array<number>, Array<number>] = [[], [], []]
  const ids = new Map<string, number>()
  const names = new Map<string, number>()
  const described = new Set<number>()
  for await (const item of readDump(path)) {
    if (item._tag === "State") {
      const id = number(ids, item.id)
      states[id] = project(parseVariables(item.text))
      described.add(id)
      if (item.initial) initial.push(id)
    } else {
      from.push(number(ids, item.from))
      to.push(number(ids, item.to))
      action.push(number(names, item.action))
    }
  }
  if (described.size !== ids.size) {
    const missing = [...ids].find(([, id]) => !described.has(id))?.[0]
    throw new DumpInvalid(path, 0, `state ${missing} has edges but no text`)
  }
  return { states, initial, actions: [...names.keys()], from, to, action }
}
