/** Behaviours that TLC prints as evidence, and their text: each step shows only what it changed. */
import { differenceText, differentStates } from "./difference.ts"
import type { TraceState } from "./event.ts"
import { placeText } from "./place.ts"
import { toTla } from "./value-text.ts"

/** How a behaviour goes on after its last state. */
export type Ending =
  /** It does not matter: the last state or step is the evidence. */
  | { readonly _tag: "End" }
  /** The last state repeats for ever. */
  | { readonly _tag: "Stuttering" }
  /** `action` leads back to the state at this index (0-based). */
  | { readonly _tag: "Loop"; readonly to: number; readonly action: string }

export interface Counterexample {
  readonly states: ReadonlyArray<TraceState>
  readonly ending: Ending
}

const indent = "     "
const allVariables = (state: TraceState): ReadonlyArray<string> =>
  [...state.variables].map(([name, value]) => `${indent}${name} = ${toTla(value)}`)

const changes = (before: TraceState, after: TraceState): ReadonlyArray<string> => {
  const lines = differentStates(before.variables, after.variables).map(
    (difference) => indent + differenceText(difference),
  )
  return lines.length === 0 ? [`${indent}(nothing changes)`] : lines
}

const heading = (state: TraceState, number: number): string =>
  `${String(number).padStart(3)}  ${state.action}${
    state.place === undefined ? "" : `  ${placeText(state.place)}`
  }`

const endingText = (ending: Ending): ReadonlyArray<string> => {
  if (ending._tag === "End") return []
  if (ending._tag === "Stuttering") return ["     and then nothing happens any more (stuttering)"]
  return [`     and then ${ending.action} leads back to state ${ending.to + 1}`]
}

/**
 * The behaviour in lines: the first state whole, then for every step its action and what it
 * changed. With `full` every state is whole.
 */
export const counterexampleText = (
  trace: Counterexample,
  options: { readonly full?: boolean } = {},
): ReadonlyArray<string> => [
  ...trace.states.flatMap((state, i) => {
    const before = options.full === true ? undefined : trace.states[i - 1]
    return [
      heading(state, i + 1),
      ...(before === undefined ? allVariables(state) : changes(before, state)),
    ]
  }),
  ...endingText(trace.ending),
]
