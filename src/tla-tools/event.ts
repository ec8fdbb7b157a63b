/**
 * What TLC reports, as typed events, one per message of its `-tool` output. `event-reader.ts` makes
 * them from lines; `report.ts` folds them.
 */
import type { Place } from "./place.ts"
import type { Variables } from "./value.ts"

/**
 * How TLC searches: all states breadth-first, random behaviours, or depth-first to a growing bound.
 */
export type Search = "breadth-first" | "simulation" | "depth-first"

/** What can be wrong with a model that TLC could check. */
export type ViolationKind =
  | "invariant"
  | "property"
  | "temporal"
  | "deadlock"
  | "assertion"
  | "assumption"
  /** A behaviour printed as an error, without a cause (distributed runs do this). */
  | "unnamed"

/** What can keep TLC from an answer. */
export type FailureKind = "parse" | "config" | "arguments" | "evaluation" | "system"

export type TlcEvent =
  /** The JVM runs; the first event of a run. */
  | { readonly _tag: "Started"; readonly pid: number }
  | { readonly _tag: "Version"; readonly text: string }
  | {
      readonly _tag: "Mode"
      readonly search: Search
      readonly workers: number
      /** A 64-bit number as TLC prints it: it does not fit a JavaScript number. */
      readonly seed: string
      /** Index of the fingerprint polynomial; absent in simulation. */
      readonly fp: number | undefined
    }
  | { readonly _tag: "Distributed" }
  | { readonly _tag: "Parsed"; readonly modules: ReadonlyArray<string> }
  | { readonly _tag: "InitialStates"; readonly distinct: number; readonly generated: number }
  /** `depth`, `distinct` and `queue` are undefined where the search has none (simulation). */
  | ({ readonly _tag: "Progress"; readonly depth: number | undefined } & Counts)
  | ({ readonly _tag: "Statistics" } & Counts)
  | { readonly _tag: "Depth"; readonly depth: number }
  | {
      readonly _tag: "Outdegree"
      readonly average: number
      readonly minimum: number
      readonly maximum: number
      readonly percentile95: number
    }
  | { readonly _tag: "CoverageStart" }
  | {
      readonly _tag: "ActionCoverage"
      readonly name: string
      readonly place: Place
      readonly initial: boolean
      /** States that this action was the first to reach, and states that it generated at all. */
      readonly distinct: number
      readonly generated: number
    }
  | { readonly _tag: "PropertyCoverage"; readonly name: string; readonly place: Place }
  | {
      readonly _tag: "ExpressionCoverage"
      readonly place: Place
      /** 0 for a conjunct of the action or property named last; sub-expressions are deeper. */
      readonly nesting: number
      readonly evaluations: number
      readonly cost: number | undefined
    }
  | { readonly _tag: "CoverageEnd" }
  /** There is a temporal formula to check; `branches` of its tableau. */
  | { readonly _tag: "TemporalFormula"; readonly branches: number }
  | { readonly _tag: "TemporalCheck"; readonly complete: boolean; readonly distinct: number }
  | {
      readonly _tag: "Violation"
      readonly kind: ViolationKind
      readonly name: string | undefined
      readonly place: Place | undefined
      readonly text: string
    }
  | {
      readonly _tag: "Failure"
      readonly kind: FailureKind
      readonly code: number
      readonly place: Place | undefined
      readonly text: string
    }
  /** Where the expression lies whose evaluation failed, outermost first. */
  | { readonly _tag: "NestedExpressions"; readonly places: ReadonlyArray<Place> }
  | { readonly _tag: "Warning"; readonly code: number; readonly text: string }
  | ({ readonly _tag: "State" } & TraceState)
  | { readonly _tag: "Stuttering" }
  /** The behaviour returns to the state with this number (from 1). */
  | { readonly _tag: "BackToState"; readonly index: number; readonly action: string }
  | { readonly _tag: "Success" }
  /** A line that the specification printed (`Print`, `PrintT`). */
  | { readonly _tag: "Printed"; readonly text: string }
  | { readonly _tag: "Finished"; readonly text: string }
  | { readonly _tag: "CutOff"; readonly code: number }
  | { readonly _tag: "Other"; readonly code: number; readonly text: string }
  /** The JVM is gone; the last event of a run. */
  | {
      readonly _tag: "Exited"
      readonly code: number | null
      readonly signal: string | null
      readonly stderr: string
      /** Wall time of the whole run. */
      readonly milliseconds: number
    }

export interface Counts {
  readonly generated: number
  readonly distinct: number | undefined
  readonly queue: number | undefined
}

/** A state of a behaviour: its number (from 1), the action that led to it, its variables. */
export interface TraceState {
  readonly index: number
  readonly action: string
  readonly place: Place | undefined
  readonly variables: Variables
}
