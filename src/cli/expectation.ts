/** Whether a run showed what its scenario says that it must show. */
import type { Outcome } from "../sim/outcome.ts"
import type { Scenario } from "../sim/scenario.ts"
import type { Verdict } from "../trace-check/verdict.ts"

/** Why a run is not good. */
export interface Failure {
  readonly kind: "safety" | "liveness" | "assertion" | "trace" | "expectation"
  /** The property, the trace checker's rule, or what was expected. */
  readonly property: string
  readonly why: string
}

type Judge = (
  expected: Scenario["expect"],
  outcome: Outcome,
  verdict: Verdict | null,
) => string | undefined

const isTaken = ({ actions, actionsBy }: Outcome, action: string): boolean =>
  actions[action] !== undefined || actionsBy[action] !== undefined

const completes: Judge = ({ completes: wanted }, { completed, requests }) => {
  const shown = `${completed} of ${requests} requests completed`
  if (wanted === true && completed < requests) return shown
  return wanted === false && completed === requests ? `${shown}: none was to be left` : undefined
}

const actions: Judge = ({ actions: wanted = [] }, outcome) => {
  const missing = wanted.find((action) => !isTaken(outcome, action))
  return missing && `${missing} was never taken`
}

const never: Judge = ({ never: unwanted = [] }, outcome) => {
  const taken = unwanted.find((action) => isTaken(outcome, action))
  return taken && `${taken} was taken`
}

const view: Judge = ({ view: wanted }, { views }) => {
  if (wanted === undefined) return undefined
  const other = Object.entries(views).find(([, found]) => found !== wanted)
  if (other === undefined) {
    return Object.keys(views).length === 0 ? "no correct replica runs" : undefined
  }
  const [name, found] = other
  return `${name} ends ${found === null ? "in no view" : `in view ${found}`}, not in ${wanted}`
}

const executes: Judge = ({ executes: wanted = {} }, { executions }) => {
  const text = (operations: ReadonlyArray<string> | undefined): string =>
    operations === undefined ? "nothing" : JSON.stringify(operations)
  const wrong = Object.entries(wanted).find(([seq, all]) => text(executions[seq]) !== text(all))
  return wrong && `number ${wrong[0]} executes ${text(executions[wrong[0]])}, not ${text(wrong[1])}`
}

const proven: Judge = ({ proven: wanted = [] }, _, verdict) => {
  const blamed =
    verdict !== null && verdict._tag !== "Unreadable"
      ? verdict.misbehaviours.map(({ process }) => process)
      : []
  const free = wanted.find((process) => !blamed.includes(process))
  return free && `nothing proves that ${free} is Byzantine`
}

const judges = { completes, actions, never, view, executes, proven }

/** The first expectation that the run does not meet; null when it meets all. */
export const unmet = (
  { expect }: Scenario,
  outcome: Outcome,
  verdict: Verdict | null,
): Failure | null => {
  for (const [property, judge] of Object.entries(judges)) {
    const why = judge(expect, outcome, verdict)
    if (why !== undefined) return { kind: "expectation", property, why }
  }
  return null
}
