/** The states on the way to a violation that the explorer found, in the form of TLC's evidence. */
import type { Violation } from "../model-check/explore.ts"
import type { PathStep } from "../model-check/path.ts"
import type { StateSpace } from "../model-check/state-space.ts"
import type { Counterexample } from "../tla-tools/counterexample.ts"
import { differenceText, differentStates } from "../tla-tools/difference.ts"
import { toTla } from "../tla-tools/value-text.ts"
import type { Variables } from "../tla-tools/value.ts"
import { readState } from "./canonical-value.ts"
import { type ModelSpec, worldOf } from "./model-graph.ts"

const successors = (
  space: StateSpace,
  here: Int32Array,
  step: PathStep,
): ReadonlyArray<Int32Array> => {
  const found: Array<Int32Array> = []
  space.expand(here, (actor, { action, told }, row) => {
    const same = action === step.action && told === step.told
    if (same && space.actorName(actor) === step.process) found.push(row.slice())
  })
  return found
}

// Two steps may be told in the same words: the first of them that the rest of the way follows.
const walk = (
  space: StateSpace,
  here: Int32Array,
  path: ReadonlyArray<PathStep>,
): ReadonlyArray<Int32Array> | undefined => {
  const [step, ...rest] = path
  if (step === undefined) return [here]
  for (const next of successors(space, here, step)) {
    const way = walk(space, next, rest)
    if (way !== undefined) return [here, ...way]
  }
  return undefined
}

/** The states, from the initial one on. States that a reduction takes for one stay apart. */
export const violationStates = (spec: ModelSpec, { path }: Violation): Counterexample => {
  const { space } = worldOf("reduced" in spec ? { ...spec, reduced: false } : spec)
  const start = new Int32Array(space.width)
  space.start(start)
  const rows = walk(space, start, path)
  if (rows === undefined) throw new Error(`the way that was found in ${spec.name} cannot be taken`)
  const states = rows.map((row, k) => ({
    index: k + 1,
    action: path[k - 1]?.action ?? "Initial state",
    place: undefined,
    variables: readState(space.text(row)),
  }))
  return { states, ending: { _tag: "End" } }
}

const indent = " ".repeat(6)

const whole = (variables: Variables): ReadonlyArray<string> =>
  [...variables].map(([name, value]) => `${indent}${name} = ${toTla(value)}`)

/**
 * `lines` (a title and a line a step) with what each step changed under it; with `full` with the
 * whole state that it led to, and the initial state before the first.
 */
export const withStates = (
  lines: ReadonlyArray<string>,
  { states }: Counterexample,
  full: boolean,
): ReadonlyArray<string> =>
  lines.flatMap((line, k) => {
    const [before, after] = [states[k - 1], states[k]]
    if (after === undefined) return [line]
    if (full) return [line, ...(k === 0 ? ["   0  initial state"] : []), ...whole(after.variables)]
    if (before === undefined) return [line]
    const changes = differentStates(before.variables, after.variables)
    return [line, ...changes.map((change) => `${indent}${differenceText(change)}`)]
  })
