/**
 * The verdict of a run: from all of TLC's signals together, never from the exit code alone.
 *
 * TLC 2.18 ends with exit code 0 and "No error has been found" also (each observed) when -continue
 * went past violations, when its time limit left states unexplored, when several workers missed a
 * liveness violation, when it ran distributed, and when no initial state exists. Hence `exhaustive`
 * asks for: exit code 0, TLC's success message, no message of severity 1, at least one initial
 * state, zero states left on the queue, no limit that was reached, one process, temporal formulas
 * checked by one worker, without symmetry, on all states.
 */
import { Result } from "effect"
import type { FailureKind, ViolationKind } from "./event.ts"
import type { Place } from "./place.ts"
import type { Report, Violation } from "./report.ts"

/** Besides TLC's own failures, the ways in which its output proves nothing. */
export type NoAnswer =
  | FailureKind
  /** The JVM was ended by a signal. */
  | "killed"
  /** The output ends early, or lacks what every complete run prints. */
  | "incomplete"
  /** A combination of options under which TLC may miss violations. */
  | "unsound"
  /** There was nothing to check: no initial state. */
  | "vacuous"
  /** TLC says "error" without saying which. */
  | "unexplained"

export type Verdict =
  /** Every reachable state was explored and no violation found. */
  | { readonly _tag: "exhaustive" }
  /** No violation found, but a stated limit kept states unexplored. */
  | { readonly _tag: "bounded"; readonly reasons: ReadonlyArray<string> }
  /** At least one violation; the first of each kind and name. */
  | { readonly _tag: "violated"; readonly violations: ReadonlyArray<Violation> }
  /** No answer. */
  | {
      readonly _tag: "failed"
      readonly kind: NoAnswer
      readonly message: string
      readonly place: Place | undefined
    }

/** The limits under which the run was started. */
export interface Limits {
  /** Seconds after which TLC was told to stop. */
  readonly stopAfterSeconds?: number | undefined
  /** Whether TLC was told to go on after a violation. */
  readonly continued?: boolean | undefined
  readonly symmetry?: boolean | undefined
  /** The temporal properties of the run. TLC does not name the one it found violated. */
  readonly temporalProperties?: ReadonlyArray<string> | undefined
}

const failed = (kind: NoAnswer, message: string, place?: Place): Verdict => ({
  _tag: "failed",
  kind,
  message,
  place,
})

const lastLines = (text: string): string => text.trim().split("\n").slice(-5).join("\n")

/** A broken run: the process or its output, whatever TLC found before. */
const brokenRun = (report: Report): Verdict | undefined => {
  const { exit } = report
  if (exit === undefined) return failed("incomplete", "the run has not ended")
  if (exit.signal !== null || exit.code === 143 || exit.code === 137 || exit.code === 130) {
    return failed("killed", `the JVM was ended by ${exit.signal ?? `a signal (${exit.code})`}`)
  }
  if (report.cutOff || !report.finished) {
    const said = exit.stderr === "" ? "" : `; it said: ${lastLines(exit.stderr)}`
    return failed("incomplete", `TLC's output ends early (exit code ${exit.code})${said}`)
  }
  return undefined
}

const unsound = (report: Report, limits: Limits): Verdict | undefined => {
  if (!report.temporal.present) return undefined
  if ((report.mode?.workers ?? 1) > 1) {
    return failed(
      "unsound",
      "several workers checked a temporal formula and can miss violations; use one worker",
    )
  }
  if (limits.symmetry === true) {
    return failed("unsound", "a temporal formula was checked under SYMMETRY; remove one of the two")
  }
  return undefined
}

const reached = (report: Report, limits: Limits): ReadonlyArray<string> => {
  const { mode, statistics, temporal, exit } = report
  const seconds = (exit?.milliseconds ?? Number.POSITIVE_INFINITY) / 1000
  const limit = limits.stopAfterSeconds
  const left = statistics?.queue ?? 0
  return [
    ...(mode?.search === "simulation" ? ["random behaviours only"] : []),
    ...(mode?.search === "depth-first" ? ["depth-first to a bound"] : []),
    ...(limit !== undefined && seconds >= limit
      ? [`the time limit of ${limit} s was reached`]
      : []),
    ...(left > 0 ? [`${left} states were left unexplored`] : []),
    ...(limits.continued === true ? ["TLC was told to go on after violations"] : []),
    ...(report.distributed ? ["the run was distributed"] : []),
    ...(temporal.present && !temporal.checkedOnAllStates && mode?.search === "breadth-first"
      ? ["temporal formulas were not checked on all states"]
      : []),
  ]
}

const complete = (report: Report): Verdict | undefined => {
  if (report.exit?.code !== 0) {
    const code = report.exit?.code
    return failed("unexplained", `TLC ended with exit code ${code} and named no error`)
  }
  if (report.initial === undefined) return failed("incomplete", "TLC reported no initial states")
  if (report.initial.distinct === 0) {
    return failed("vacuous", "no state satisfies the initial predicate: nothing was checked")
  }
  if (report.mode?.search === "simulation") return undefined
  return report.success && report.statistics?.queue !== undefined
    ? undefined
    : failed("incomplete", "TLC printed no final result")
}

/** The name of a violation; a temporal property has one only when it is the run's single one. */
const named = (violation: Violation, limits: Limits): Violation => {
  const [only, ...others] = limits.temporalProperties ?? []
  return violation.kind === "temporal" && others.length === 0
    ? { ...violation, name: only }
    : violation
}

/** Judges a report. */
export const verdictOf = (report: Report, limits: Limits = {}): Verdict => {
  const violations = report.violations.filter(({ kind }) => kind !== "unnamed")
  if (violations.length > 0) {
    return { _tag: "violated", violations: violations.map((v) => named(v, limits)) }
  }
  const [failure] = report.failures
  if (failure !== undefined) return failed(failure.kind, failure.text, failure.place)
  const broken = brokenRun(report)
  if (broken !== undefined) return broken
  if (report.violations[0] !== undefined) return failed("unexplained", report.violations[0].text)
  const doubtful = unsound(report, limits) ?? complete(report)
  if (doubtful !== undefined) return doubtful
  const reasons = reached(report, limits)
  return reasons.length > 0 ? { _tag: "bounded", reasons } : { _tag: "exhaustive" }
}

const violationCodes: Readonly<Record<ViolationKind, number>> = {
  assumption: 10,
  deadlock: 11,
  invariant: 12,
  property: 13,
  temporal: 13,
  assertion: 14,
  unnamed: 70,
}
const failureCodes: Readonly<Record<NoAnswer, number>> = {
  parse: 2,
  config: 2,
  arguments: 2,
  evaluation: 2,
  unsound: 2,
  vacuous: 2,
  system: 70,
  killed: 70,
  incomplete: 70,
  unexplained: 70,
}

/** The exit code of a command that ends with this verdict; violations have TLC's own codes. */
export const exitCodeOf = (verdict: Verdict): number => {
  switch (verdict._tag) {
    case "exhaustive":
      return 0
    case "bounded":
      return 3
    case "violated":
      return violationCodes[verdict.violations[0]?.kind ?? "unnamed"]
    case "failed":
      return failureCodes[verdict.kind]
  }
}

/**
 * For models that must be violated ("must be reachable" states, guards that must matter): succeeds
 * with the violations when they are exactly these, and otherwise says what happened instead. One
 * run stops at its first violation; to meet several names in one run use `continueAfterViolation`.
 */
export const expectViolations = (
  verdict: Verdict,
  names: ReadonlyArray<string>,
): Result.Result<ReadonlyArray<Violation>, string> => {
  const wanted = `expected a violation of ${names.join(", ")}`
  if (verdict._tag === "exhaustive") return Result.fail(`${wanted}; all states satisfy it`)
  if (verdict._tag === "bounded") {
    return Result.fail(`${wanted}; none found, but ${verdict.reasons.join(" and ")}`)
  }
  if (verdict._tag === "failed")
    return Result.fail(`${wanted}; ${verdict.kind}: ${verdict.message}`)
  const found = verdict.violations.map(({ name, kind }) => name ?? kind)
  const missing = names.filter((name) => !found.includes(name))
  const others = found.filter((name) => !names.includes(name))
  if (others.length > 0) return Result.fail(`${wanted}; also violated: ${others.join(", ")}`)
  return missing.length > 0
    ? Result.fail(`${wanted}; never violated: ${missing.join(", ")}`)
    : Result.succeed(verdict.violations)
}

/**
 * For a specification that follows a recorded trace, one event a step, with `CHECK_DEADLOCK FALSE`:
 * TLC ends without an error whether or not it could follow. Only the depth tells how many events
 * matched.
 */
export const matchedEvents = (report: Report, verdict: Verdict): Result.Result<number, string> => {
  if (verdict._tag !== "exhaustive")
    return Result.fail(`the run is not exhaustive: ${verdict._tag}`)
  if ((report.mode?.workers ?? 0) !== 1) return Result.fail("a trace needs a run with one worker")
  return report.depth === undefined
    ? Result.fail("TLC reported no depth")
    : Result.succeed(report.depth - 1)
}
