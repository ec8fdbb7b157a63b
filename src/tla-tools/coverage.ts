/** TLC's coverage as a tree, and what it says about vacuity: what was never taken or evaluated. */
import type { TlcEvent } from "./event.ts"
import type { Place } from "./place.ts"

export interface CoveredExpression {
  readonly place: Place
  readonly nesting: number
  /**
   * How often TLC evaluated it. In a conjunction, later conjuncts count only where earlier hold.
   */
  readonly evaluations: number
}
export interface CoveredAction {
  readonly name: string
  readonly place: Place
  readonly initial: boolean
  readonly distinct: number
  readonly generated: number
  readonly expressions: ReadonlyArray<CoveredExpression>
}
export interface CoveredProperty {
  readonly name: string
  readonly place: Place
  readonly expressions: ReadonlyArray<CoveredExpression>
}
export interface Coverage {
  readonly actions: ReadonlyArray<CoveredAction>
  readonly properties: ReadonlyArray<CoveredProperty>
}

/** Builds coverage from the events between `CoverageStart` and `CoverageEnd`. */
export const coverageOf = (events: ReadonlyArray<TlcEvent>): Coverage => {
  const actions: Array<CoveredAction> = []
  const properties: Array<CoveredProperty> = []
  let expressions: Array<CoveredExpression> = []
  for (const event of events) {
    if (event._tag === "ActionCoverage") {
      const { _tag, ...counts } = event
      actions.push({ ...counts, expressions: (expressions = []) })
    } else if (event._tag === "PropertyCoverage") {
      const { name, place } = event
      properties.push({ name, place, expressions: (expressions = []) })
    } else if (event._tag === "ExpressionCoverage") {
      const { place, nesting, evaluations } = event
      expressions.push({ place, nesting, evaluations })
    }
  }
  return { actions, properties }
}

/**
 * The actions that never led to any state, new or known. Empty for a model that uses all of them.
 */
export const neverTaken = (coverage: Coverage): ReadonlyArray<CoveredAction> =>
  coverage.actions.filter((action) => action.generated === 0)

/**
 * The parts of invariants and properties that were never evaluated. The consequent of an
 * implication among them means that its antecedent never held: the property is true for want of
 * cases.
 */
export const neverEvaluated = (
  coverage: Coverage,
): ReadonlyArray<{ readonly property: string; readonly place: Place }> =>
  coverage.properties.flatMap(({ name, expressions }) =>
    expressions
      .filter(({ evaluations }) => evaluations === 0)
      .map(({ place }) => ({ property: name, place })),
  )
