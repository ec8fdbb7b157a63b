/**
 * Everything that one run of TLC reported, folded from its events. No judgement: see `verdict.ts`.
 */
import type { Counterexample, Ending } from "./counterexample.ts"
import { type Coverage, coverageOf } from "./coverage.ts"
import type { Counts, FailureKind, TlcEvent, TraceState, ViolationKind } from "./event.ts"
import type { Place } from "./place.ts"

type Event<Tag extends TlcEvent["_tag"]> = Extract<TlcEvent, { readonly _tag: Tag }>

/** A violation with its evidence. With -continue only the first of each kind and name is kept. */
export interface Violation {
  readonly kind: ViolationKind
  readonly name: string | undefined
  readonly place: Place | undefined
  readonly text: string
  readonly trace: Counterexample
  /** How often TLC reported this kind and name. */
  readonly occurrences: number
}
export interface Failure {
  readonly kind: FailureKind
  readonly code: number
  readonly place: Place | undefined
  readonly text: string
  /** The states that led to an evaluation error; may be empty. */
  readonly trace: Counterexample
}

export interface Report {
  readonly version: string | undefined
  readonly mode: Event<"Mode"> | undefined
  readonly distributed: boolean
  readonly modules: ReadonlyArray<string>
  readonly initial: Event<"InitialStates"> | undefined
  readonly progress: Event<"Progress"> | undefined
  readonly statistics: Counts | undefined
  readonly depth: number | undefined
  readonly outdegree: Event<"Outdegree"> | undefined
  /** The last complete coverage block. */
  readonly coverage: Coverage | undefined
  /** Whether TLC had a temporal formula to check, and whether it checked it on all states. */
  readonly temporal: { readonly present: boolean; readonly checkedOnAllStates: boolean }
  readonly violations: ReadonlyArray<Violation>
  readonly failures: ReadonlyArray<Failure>
  readonly warnings: ReadonlyArray<{ readonly code: number; readonly text: string }>
  /** What the specification printed: the first lines, and how many there were. */
  readonly printed: ReadonlyArray<string>
  readonly printedLines: number
  readonly success: boolean
  readonly finished: boolean
  readonly cutOff: boolean
  readonly exit: Event<"Exited"> | undefined
}

/** Lines printed by the specification that a report keeps. */
const printedLimit = 10_000

type Draft = { -readonly [K in keyof Report]: Report[K] }
interface Evidence {
  readonly cause: Event<"Violation"> | Event<"Failure">
  readonly states: Array<TraceState>
  ending: Ending
  place: Place | undefined
}

export interface Reporter {
  readonly take: (event: TlcEvent) => void
  readonly report: () => Report
}

const emptyDraft = (): Draft => ({
  version: undefined,
  mode: undefined,
  distributed: false,
  modules: [],
  initial: undefined,
  progress: undefined,
  statistics: undefined,
  depth: undefined,
  outdegree: undefined,
  coverage: undefined,
  temporal: { present: false, checkedOnAllStates: false },
  violations: [],
  failures: [],
  warnings: [],
  printed: [],
  printedLines: 0,
  success: false,
  finished: false,
  cutOff: false,
  exit: undefined,
})

const unnamed: Event<"Violation"> = {
  _tag: "Violation",
  kind: "unnamed",
  name: undefined,
  place: undefined,
  text: "TLC printed a behaviour as an error without saying what it violates.",
}

/**
 * Collects violations and failures, each with the states and places that follow it in the output.
 */
const makeEvidenceCollector = () => {
  const found = new Map<string, { readonly evidence: Evidence; occurrences: number }>()
  let open: Evidence | undefined
  const begin = (cause: Evidence["cause"]): Evidence => {
    open = { cause, states: [], ending: { _tag: "End" }, place: cause.place }
    const key = cause._tag === "Violation" ? `${cause.kind} ${cause.name}` : `failure ${found.size}`
    const known = found.get(key)
    if (known === undefined) found.set(key, { evidence: open, occurrences: 1 })
    else known.occurrences++
    return open
  }
  const take = (event: TlcEvent): void => {
    if (event._tag === "Violation" || event._tag === "Failure") begin(event)
    else if (event._tag === "State") {
      const restarted = event.index === 1 && (open?.states.length ?? 0) > 0
      const current = open === undefined || restarted ? begin(unnamed) : open
      const { _tag, ...state } = event
      current.states.push(state)
    } else if (event._tag === "Stuttering" && open !== undefined) {
      open.ending = { _tag: "Stuttering" }
    } else if (event._tag === "BackToState" && open !== undefined) {
      open.ending = { _tag: "Loop", to: event.index - 1, action: event.action }
    } else if (event._tag === "NestedExpressions" && open !== undefined) {
      open.place = event.places.at(-1) ?? open.place
    } else if (event._tag === "Statistics") open = undefined
  }
  const trace = ({ states, ending }: Evidence): Counterexample => ({ states: [...states], ending })
  const violations = (): ReadonlyArray<Violation> =>
    [...found.values()].flatMap(({ evidence, occurrences }) => {
      if (evidence.cause._tag !== "Violation") return []
      const { kind, name, text } = evidence.cause
      return [{ kind, name, text, place: evidence.place, trace: trace(evidence), occurrences }]
    })
  const failures = (): ReadonlyArray<Failure> =>
    [...found.values()].flatMap(({ evidence }) => {
      if (evidence.cause._tag !== "Failure") return []
      const { kind, code, text } = evidence.cause
      return [{ kind, code, text, place: evidence.place, trace: trace(evidence) }]
    })
  return { take, violations, failures }
}

const takeSimple = (draft: Draft, event: TlcEvent): void => {
  switch (event._tag) {
    case "Version":
      draft.version = event.text
      return
    case "Mode":
      draft.mode = event
      return
    case "Distributed":
      draft.distributed = true
      return
    case "Parsed":
      draft.modules = event.modules
      return
    case "InitialStates":
      draft.initial = event
      return
    case "Progress":
      draft.progress = event
      return
    case "Statistics":
      draft.statistics = {
        generated: event.generated,
        distinct: event.distinct,
        queue: event.queue,
      }
      return
    case "Depth":
      draft.depth = event.depth
      return
    case "Outdegree":
      draft.outdegree = event
      return
    case "TemporalFormula":
      draft.temporal = { ...draft.temporal, present: true }
      return
    case "TemporalCheck":
      draft.temporal = { present: true, checkedOnAllStates: event.complete }
      return
    case "Success":
      draft.success = true
      return
    case "Finished":
      draft.finished = true
      return
    case "CutOff":
      draft.cutOff = true
      return
    case "Exited":
      draft.exit = event
      return
    default:
      return
  }
}

/** A collector of events; `report` may be asked at any time, also of a run that was interrupted. */
export const makeReporter = (): Reporter => {
  const draft = emptyDraft()
  const evidence = makeEvidenceCollector()
  const warnings: Array<{ readonly code: number; readonly text: string }> = []
  const printed: Array<string> = []
  let covered: Array<TlcEvent> = []
  const take = (event: TlcEvent): void => {
    takeSimple(draft, event)
    evidence.take(event)
    if (event._tag === "Warning") warnings.push({ code: event.code, text: event.text })
    if (event._tag === "Printed") {
      draft.printedLines++
      if (printed.length < printedLimit) printed.push(event.text)
    }
    if (event._tag === "CoverageStart") covered = []
    if (event._tag.endsWith("Coverage")) covered.push(event)
    if (event._tag === "CoverageEnd") draft.coverage = coverageOf(covered)
  }
  const report = (): Report => ({
    ...draft,
    warnings: [...warnings],
    printed: [...printed],
    violations: evidence.violations(),
    failures: evidence.failures(),
  })
  return { take, report }
}

/** The report of a finished list of events. */
export const reportOf = (events: ReadonlyArray<TlcEvent>): Report => {
  const reporter = makeReporter()
  events.forEach(reporter.take)
  return reporter.report()
}
