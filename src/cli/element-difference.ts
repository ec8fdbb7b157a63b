/**
 * Names the first element of two graphs that only one of them has: a state, or a step (state,
 * action, state). For that both tools explore the model once more and write down every element,
 * so the model must be small.
 */
import { readFileSync, rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { differenceText, differentStates } from "../tla-tools/difference.ts"
import { toTla } from "../tla-tools/value-text.ts"
import { readState } from "./canonical-value.ts"
import {
  type Explored,
  type ExploredByTlc,
  exploreModel,
  type ModelSpec,
  type TlcOptions,
  tlcModel,
} from "./model-graph.ts"

/** Models with more states than this are compared by their digests alone. */
export const mostElements = 100_000

interface Step {
  readonly from: string
  readonly action: string
  readonly to: string
}

/** A graph by its elements; states by the hash of their text, in the order of their discovery. */
export interface Elements {
  readonly who: string
  readonly states: ReadonlyMap<string, string>
  /** In the order of their sources, which is that of a breadth-first search. */
  readonly steps: ReadonlyMap<string, Step>
}

/** Reads the lines that GraphRecorder and the overrides of TLC write. */
export const elementsOf = (who: string, lines: Iterable<string>): Elements => {
  const states = new Map<string, string>()
  const steps = new Map<string, Step>()
  for (const line of lines) {
    const [kind, hash = "", ...rest] = line.split(" ", 2)
    if (kind === "state" && rest.length === 0) states.set(hash, line.slice(7 + hash.length))
    if (kind !== "step") continue
    const [, from = "", action = "", to = ""] = line.split(" ")
    steps.set(line, { from, action, to })
  }
  return { who, states, steps }
}

const indented = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.map((line) => `    ${line}`)

const stateLines = (text: string): ReadonlyArray<string> =>
  [...readState(text)].map(([name, value]) => `${name} = ${toTla(value)}`)

const changes = (before: string, after: string): ReadonlyArray<string> =>
  differentStates(readState(before), readState(after)).map(differenceText)

/** The first step that only `one` has, from a state that both have: its place, and itself. */
const firstStep = (one: Elements, other: Elements): readonly [Step, number] | undefined => {
  const order = new Map([...one.states.keys()].map((hash, k) => [hash, k]))
  for (const [line, step] of one.steps) {
    if (other.steps.has(line) || !other.states.has(step.from)) continue
    return [step, order.get(step.from) ?? 0]
  }
  return undefined
}

const stepLines = (step: Step, one: Elements, other: Elements): ReadonlyArray<string> => {
  const textOf = (hash: string): string | undefined =>
    one.states.get(hash) ?? other.states.get(hash)
  const [from = "", to] = [textOf(step.from), textOf(step.to)]
  // One that `one` lacks in its turn: the same move, done otherwise.
  const instead = [...other.steps].find(
    ([line, s]) => s.from === step.from && s.action === step.action && !one.steps.has(line),
  )?.[1]
  return [
    `first difference: only ${one.who} has this step, ${step.action}`,
    "  from the state, which both have,",
    ...indented(stateLines(from)),
    // A search that stops at a violation may not have written down where its last step led.
    ...(to === undefined
      ? [`  to a state that ${one.who} did not come to`]
      : ["  to the state in which it has changed", ...indented(changes(from, to))]),
    ...otherLines(step, to, other, instead),
  ]
}

const otherLines = (
  { action }: Step,
  to: string | undefined,
  other: Elements,
  instead: Step | undefined,
): ReadonlyArray<string> => {
  const there = instead === undefined ? undefined : other.states.get(instead.to)
  if (to === undefined || there === undefined) {
    return [`  ${other.who} takes no other step ${action} from there`]
  }
  return [
    `  where ${other.who} takes ${action} to a state that differs from that in`,
    ...indented(changes(to, there)),
  ]
}

/**
 * Where the graphs part first; undefined when their elements are the same. `whole` says that
 * neither search was cut short: otherwise what only the code has may not have been reached.
 */
export const partingOf = (
  code: Elements,
  tlc: Elements,
  whole: boolean,
): ReadonlyArray<string> | undefined => {
  const ours = whole ? firstStep(code, tlc) : undefined
  const theirs = firstStep(tlc, code)
  // TLC's own order of states is not known: by that of the code, which has the source as well.
  const places = [...code.states.keys()]
  const theirPlace = theirs === undefined ? Infinity : places.indexOf(theirs[0].from)
  if (ours !== undefined && ours[1] <= theirPlace) return stepLines(ours[0], code, tlc)
  if (theirs !== undefined) return stepLines(theirs[0], tlc, code)
  for (const [one, other] of [
    [code, tlc],
    [tlc, code],
  ] as const) {
    const found = [...one.states].find(([hash]) => !other.states.has(hash))
    if (found === undefined || (one === code && !whole)) continue
    const lines = indented(stateLines(found[1]))
    return [`first difference: only ${one.who} has this state`, ...lines]
  }
  return undefined
}

/** Both tools' graphs of the model, with their elements. */
export const exploreElements = Effect.fn("exploreElements")(function* (
  spec: ModelSpec,
  options: Omit<TlcOptions, "elements">,
) {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "prophecy-elements-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
  )
  const lines: Array<string> = []
  const limits = { states: 2 * mostElements, depth: Number.MAX_SAFE_INTEGER }
  const onElement = (line: string): void => void lines.push(line)
  const ours = exploreModel(spec, { limits, graph: true, onElement })
  const elements = join(folder, "elements.txt")
  const theirs = yield* tlcModel(spec, { ...options, elements })
  const tlc = elementsOf("TLC", readFileSync(elements, "utf8").split("\n"))
  return { ours, theirs, code: elementsOf("the code", lines), tlc }
}, Effect.scoped)

/** Of two graphs that differ: the first element that only one of them has, in lines. */
export const nameDifference = Effect.fn("nameDifference")(function* (
  spec: ModelSpec,
  ours: Explored,
  theirs: ExploredByTlc,
  options: Omit<TlcOptions, "elements">,
) {
  const most = Math.max(ours.exploration.states, theirs.graph.states)
  if (most > mostElements) {
    return [`${most} states are too many to name the first difference (at most ${mostElements})`]
  }
  const { verdict } = theirs.outcome
  const whole = verdict._tag === "exhaustive" && ours.exploration.verdict === "exhaustive"
  const cut = whole ? [] : [`TLC's verdict is ${verdict._tag}: it has not seen all states`]
  const { code, tlc } = yield* exploreElements(spec, options)
  const parting = partingOf(code, tlc, whole)
  return [...cut, ...(parting ?? ["every element that both came to is the same"])]
})
