/**
 * Asks TLC whether windows are behaviours of the specification, and says what it
 * has against one that is not. Running TLC is the caller's: here is what is asked and how the
 * answer is read.
 */
import { isIgnored } from "../core/machine.ts"
import type { Place } from "./finding.ts"

/**
 * The specification whose behaviour a window is to be; of sketchers Prophecy.tla, of D-Prophecy's
 * clients DProphecy.tla.
 */
export type Specification = "Pbft" | "Zyzzyva" | "Prophecy" | "DProphecy"

/** What TLC did with a window. */
export interface TlcAnswer {
  /** How many steps it could follow: all events, and one more for the comparison at the end. */
  readonly followed: number
  readonly distinctStates: number
  /** What the trace's module printed of the event that it could not follow. */
  readonly printed: ReadonlyArray<Mismatch>
  /** With coverage: the last conjunct of the specification that was evaluated: place and text. */
  readonly lastConjunct?: { readonly place: string; readonly text: string }
}

/** A comparison that failed, or a condition; values as TLA+ text. */
export interface Mismatch {
  readonly field: string
  readonly specification?: string
  readonly trace?: string
}

/** TLC gave no answer: why, and what to do. */
export interface NoAnswer {
  readonly problem: string
}

/** Runs TLC on a specification's Trace*.tla with this TraceData, one worker. */
export type AskTlc = (
  traceData: string,
  options: { readonly specification: Specification; readonly coverage: boolean },
) => Promise<TlcAnswer | NoAnswer>

export type WindowOutcome =
  | { readonly _tag: "Accepted" }
  | {
      readonly _tag: "Rejected"
      /** Number in what is counted; the one after the window's last when its end is wrong. */
      readonly event: number
      /** The line of the event; undefined at the end of the window. */
      readonly place: Place | undefined
      readonly node: string | undefined
      readonly action: string | undefined
      readonly field?: string
      /** What the specification has, and what the trace says. */
      readonly expected?: string
      readonly found?: string
      /** The first conjunct of the action that does not hold. */
      readonly conjunct?: { readonly place: string; readonly text: string }
      readonly message: string
    }
  | { readonly _tag: "Unanswered"; readonly problem: string }

export interface CheckedWindow {
  readonly specification: Specification
  /** What is counted: "events" of the merged run, or "steps of sketcher 0". */
  readonly of: string
  readonly from: number
  readonly to: number
  /** Whether the window starts in the specification's Init, or where the one before it ended. */
  readonly starts: "init" | "previous" | "replayed"
  readonly distinctStates: number
  readonly outcome: WindowOutcome
}

/** A window as TLC is asked about it. */
export interface AskedWindow {
  readonly specification: Specification
  /** What is counted: "events" of the merged run, or "steps of sketcher 0". */
  readonly of: string
  readonly from: number
  readonly to: number
  readonly starts: CheckedWindow["starts"]
  /** The text of TraceData. */
  readonly module: string
  readonly steps: ReadonlyArray<AskedStep>
  /** The step number `k`, from 0, alone in a window that starts where it is taken. */
  readonly alone: (k: number) => string | undefined
}

export interface AskedStep {
  readonly place: Place
  readonly node: string
  readonly action: string
}

/** Has TLC check adjacent windows in their order; stops at the first that it rejects. */
export async function* checkWindows(
  windows: Iterable<AskedWindow>,
  ask: AskTlc,
): AsyncGenerator<CheckedWindow, void, undefined> {
  for (const window of windows) {
    const { specification, of, from, to, starts } = window
    const answer = await ask(window.module, { specification, coverage: false })
    const at = { specification, of, from, to, starts }
    if ("problem" in answer) {
      const outcome = { _tag: "Unanswered" as const, problem: answer.problem }
      yield { ...at, distinctStates: 0, outcome }
      return
    }
    const { distinctStates } = answer
    const outcome = await judge(window, answer, ask)
    yield { ...at, distinctStates, outcome }
    if (outcome._tag === "Rejected") return
  }
}

const judge = async (
  window: AskedWindow,
  answer: TlcAnswer,
  ask: AskTlc,
): Promise<WindowOutcome> => {
  const { steps, from } = window
  const { followed } = answer
  if (followed === steps.length + 1) return { _tag: "Accepted" }
  const step = steps[followed]
  const mismatch = answer.printed[0]
  const { place, node, action } = step ?? {}
  const at = { event: from + followed, place, node, action }
  if (mismatch !== undefined) {
    const { field, specification, trace } = mismatch
    const message =
      step === undefined
        ? "after the window the specification's state is not the one that the replay ends in"
        : "the specification does not allow what the trace says here"
    const values = {
      ...(specification === undefined ? {} : { expected: specification }),
      ...(trace === undefined ? {} : { found: trace }),
    }
    return { _tag: "Rejected", ...at, field, ...values, message }
  }
  const conjunct = step === undefined ? undefined : await failing(window, followed, ask)
  const message = "the action is not enabled in the specification"
  return { _tag: "Rejected", ...at, ...(conjunct && { conjunct }), message }
}

// The event alone, from the state before it, with coverage: in a conjunction TLC evaluates one
// conjunct after the other, so the last one that it came to is the one that does not hold.
const failing = async (
  window: AskedWindow,
  followed: number,
  ask: AskTlc,
): Promise<{ readonly place: string; readonly text: string } | undefined> => {
  const { specification, steps } = window
  if (isIgnored(steps[followed]?.action ?? "")) return undefined
  const module = window.alone(followed)
  if (module === undefined) return undefined
  const answer = await ask(module, { specification, coverage: true })
  return "problem" in answer ? undefined : answer.lastConjunct
}

/** One line a window, more for one that is rejected. */
export const windowText = (checked: CheckedWindow): string => {
  const { of, from, to, starts, distinctStates, outcome } = checked
  const where = `${of} ${from} to ${to}`
  const origin = { init: "from Init", previous: "from where the last one ended", replayed: "" }
  const start = origin[starts] === "" ? "" : `, ${origin[starts]}`
  switch (outcome._tag) {
    case "Accepted":
      return `TLC       ${where}${start}: accepted, ${distinctStates} states`
    case "Unanswered":
      return `TLC       ${where}${start}: no answer: ${outcome.problem}`
    case "Rejected": {
      const { event, place, node, action, field, expected, found, conjunct, message } = outcome
      const line = place === undefined ? "" : ` (${place.file}:${place.line}, ${node}, ${action})`
      const lines = [
        `TLC       ${where}${start}: rejected at ${of === "events" ? "event" : "step"} ${event}${line}: ${message}`,
      ]
      if (field !== undefined) lines.push(`  field     ${field}`)
      if (expected !== undefined) lines.push(`  expected  ${expected}`)
      if (found !== undefined) lines.push(`  found     ${found}`)
      if (conjunct !== undefined) {
        lines.push(`  conjunct  ${conjunct.text}  (${conjunct.place})`)
      }
      return lines.join("\n")
    }
  }
}
