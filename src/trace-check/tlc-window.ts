/**
 * Asks TLC whether the windows of a chain are behaviours of the specification, and says what it
 * has against one that is not. Running TLC is the caller's: here is what is asked and how the
 * answer is read.
 */
import { isIgnored } from "../core/machine.ts"
import type { Chain } from "./chain.ts"
import { after } from "./chain.ts"
import { adjacent, type EmittedWindow, emitChain } from "./emit-tla.ts"
import type { StepEvent } from "./event.ts"
import type { Place } from "./finding.ts"

/** What TLC did with a window. */
export interface TlcAnswer {
  /** How many steps it could follow: all events, and one more for the comparison at the end. */
  readonly followed: number
  readonly distinctStates: number
  /** What TracePbft printed of the event that it could not follow. */
  readonly printed: ReadonlyArray<Mismatch>
  /** With coverage: the last conjunct of Pbft.tla that was evaluated, as place and text. */
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

/** Runs TLC on spec/tla/TracePbft.tla with this TraceData, one worker. */
export type AskTlc = (
  traceData: string,
  options: { readonly coverage: boolean },
) => Promise<TlcAnswer | NoAnswer>

export type WindowOutcome =
  | { readonly _tag: "Accepted" }
  | {
      readonly _tag: "Rejected"
      /** Number in the merged run; the one after the window's last when its end is wrong. */
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
  readonly from: number
  readonly to: number
  /** Whether the window starts in the specification's Init, or where the one before it ended. */
  readonly starts: "init" | "previous" | "replayed"
  readonly distinctStates: number
  readonly outcome: WindowOutcome
}

const nodeOf = (event: StepEvent): string =>
  event._tag === "ReplicaStep" ? `replica ${event.replica}` : `client ${event.client}`

/** Has TLC check the windows of a chain in their order; stops at the first that it rejects. */
export async function* checkChain(
  chain: Chain,
  size: number,
  ask: AskTlc,
): AsyncGenerator<CheckedWindow, void, undefined> {
  let previous: EmittedWindow | undefined
  for (const window of emitChain(chain, size)) {
    const follows = previous !== undefined && adjacent(previous, window)
    if (previous !== undefined && !follows) throw new Error("adjacent windows share a state")
    const starts = follows ? "previous" : chain.fromInit ? "init" : "replayed"
    const answer = await ask(window.module, { coverage: false })
    const { from, to } = window
    if ("problem" in answer) {
      const outcome = { _tag: "Unanswered" as const, problem: answer.problem }
      yield { from, to, starts, distinctStates: 0, outcome }
      return
    }
    const { distinctStates } = answer
    const outcome = await judge(chain, window, answer, ask)
    yield { from, to, starts, distinctStates, outcome }
    if (outcome._tag === "Rejected") return
    previous = window
  }
}

const judge = async (
  chain: Chain,
  window: EmittedWindow,
  answer: TlcAnswer,
  ask: AskTlc,
): Promise<WindowOutcome> => {
  const { events, from } = window
  const { followed } = answer
  if (followed === events.length + 1) return { _tag: "Accepted" }
  const event = events[followed]
  const mismatch = answer.printed[0]
  const at = { event: from + followed, place: event?.place, node: event && nodeOf(event) }
  const action = event?.step.action
  if (mismatch !== undefined) {
    const { field, specification, trace } = mismatch
    const message =
      event === undefined
        ? "after the window the specification's state is not the one that the replay ends in"
        : "the specification does not allow what the trace says here"
    const values = {
      ...(specification === undefined ? {} : { expected: specification }),
      ...(trace === undefined ? {} : { found: trace }),
    }
    return { _tag: "Rejected", ...at, action, field, ...values, message }
  }
  const conjunct = event === undefined ? undefined : await failing(chain, window, followed, ask)
  const message = "the action is not enabled in the specification"
  return { _tag: "Rejected", ...at, action, ...(conjunct && { conjunct }), message }
}

// The event alone, from the state before it, with coverage: in a conjunction TLC evaluates one
// conjunct after the other, so the last one that it came to is the one that does not hold.
const failing = async (
  chain: Chain,
  window: EmittedWindow,
  followed: number,
  ask: AskTlc,
): Promise<{ readonly place: string; readonly text: string } | undefined> => {
  const event = window.events[followed]
  if (event === undefined || isIgnored(event.step.action)) return undefined
  const start = window.events.slice(0, followed).reduce(after, window.start)
  const alone: Chain = {
    header: chain.header,
    batchDigest: chain.batchDigest,
    resultDigest: chain.resultDigest,
    from: window.from + followed,
    fromInit: false,
    start,
    events: [event],
  }
  const module = emitChain(alone, 1)[0]?.module
  if (module === undefined) return undefined
  const answer = await ask(module, { coverage: true })
  return "problem" in answer ? undefined : answer.lastConjunct
}

/** One line a window, more for one that is rejected. */
export const windowText = (checked: CheckedWindow): string => {
  const { from, to, starts, distinctStates, outcome } = checked
  const where = `events ${from} to ${to}`
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
      const lines = [`TLC       ${where}${start}: rejected at event ${event}${line}: ${message}`]
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
