/** A run's outcome as text for people and as one document for programs. */
import { basename } from "node:path"
import { counterexampleText } from "./counterexample.ts"
import { neverTaken } from "./coverage.ts"
import { type Itf, type ItfTrace, toItfTrace } from "./itf.ts"
import { placeText } from "./place.ts"
import type { Report, Violation } from "./report.ts"
import type { RunPlan, TlcRun } from "./run-plan.ts"
import type { TlcOutcome } from "./tlc.ts"
import { exitCodeOf } from "./verdict.ts"

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`

/** `461 distinct states (1607 generated), depth 8, 0 left`, as far as known. */
export const countsText = (report: Report): string => {
  const counts = report.statistics ?? report.progress
  if (counts === undefined) return "no states counted"
  const { distinct, generated, queue } = counts
  const depth = report.depth ?? report.progress?.depth
  return [
    distinct === undefined
      ? `${generated} states generated`
      : `${plural(distinct, "distinct state")} (${generated} generated)`,
    ...(depth === undefined ? [] : [`depth ${depth}`]),
    ...(queue === undefined ? [] : [`${queue} left`]),
  ].join(", ")
}

const violationTitle = (violation: Violation, plan: RunPlan): string => {
  const name = violation.name ?? (violation.place === undefined ? "" : placeText(violation.place))
  const steps = plural(Math.max(0, violation.trace.states.length - 1), "step")
  const first = violation.text.split("\n").slice(0, 2).join(" ").trim()
  switch (violation.kind) {
    case "deadlock":
      return `deadlock after ${steps}`
    case "temporal": {
      const candidates = plan.limits.temporalProperties?.join(", ") ?? ""
      return violation.name === undefined
        ? `a temporal property, one of ${candidates} (TLC does not say which)`
        : `temporal property ${violation.name}`
    }
    case "assumption":
    case "assertion":
      return first
    default:
      return `${violation.kind} ${name} after ${steps}`
  }
}

const verdictLines = ({ verdict, report, plan }: TlcOutcome): ReadonlyArray<string> => {
  const counts = countsText(report)
  switch (verdict._tag) {
    case "exhaustive":
      return [`exhaustive: no error in ${counts}`]
    case "bounded":
      return [`bounded: no error so far, but ${verdict.reasons.join("; ")}; ${counts}`]
    case "failed": {
      const place = verdict.place === undefined ? "" : ` at ${placeText(verdict.place)}`
      return [`failed (${verdict.kind})${place}: ${verdict.message}`]
    }
    case "violated": {
      return verdict.violations.map((violation) => {
        const more = violation.occurrences > 1 ? `, ${violation.occurrences} times` : ""
        return `violated: ${violationTitle(violation, plan)}${more}; ${counts}`
      })
    }
  }
}

const evidenceLines = (outcome: TlcOutcome, full: boolean): ReadonlyArray<string> => {
  const { verdict, report } = outcome
  const evidence =
    verdict._tag === "violated"
      ? verdict.violations.map(({ trace }) => trace)
      : report.failures.map(({ trace }) => trace)
  return evidence
    .filter(({ states }) => states.length > 0)
    .flatMap((trace) => counterexampleText(trace, { full }))
}

const coverageLines = ({ coverage }: Report): ReadonlyArray<string> => {
  if (coverage === undefined) return []
  const actions = coverage.actions.filter(({ initial }) => !initial)
  const taken = actions.length - neverTaken({ ...coverage, actions }).length
  return [
    `coverage: ${taken} of ${plural(actions.length, "action")} taken`,
    ...actions.map(
      ({ name, place, distinct, generated }) =>
        `     ${name}  ${placeText(place)}  ` +
        (generated === 0 ? "NEVER TAKEN" : `${generated} taken, ${distinct} to new states`),
    ),
  ]
}

const quoteWord = (word: string): string => (/^[\w./=,:@%+-]+$/.test(word) ? word : `'${word}'`)

/** The command that repeats this run, seed and fingerprint polynomial included. */
export const reproduceLine = (run: TlcRun, { plan, report }: TlcOutcome): string => {
  const { mode } = report
  const fp = mode?.fp === undefined || run.extra?.includes("-fp") === true ? [] : ["-fp", mode.fp]
  const extra = [...(run.extra ?? []), ...fp]
  const words = [
    "prophecy tlc",
    run.spec,
    ...(run.config === undefined ? [] : ["--config", run.config]),
    "--workers",
    mode?.workers ?? plan.workers,
    ...(run.deadlock === false ? ["--no-deadlock"] : []),
    ...(run.simulate === undefined ? [] : ["--simulate", run.simulate]),
    ...(run.depth === undefined ? [] : ["--depth", run.depth]),
    ...(mode === undefined ? [] : [`--seed=${mode.seed}`]),
    ...(run.coverage === true ? ["--coverage"] : []),
    ...(run.stopAfterSeconds === undefined ? [] : ["--stop-after", run.stopAfterSeconds]),
    ...(run.heap === undefined ? [] : ["--heap", run.heap]),
    ...(extra.length === 0 ? [] : ["--", ...extra]),
  ]
  return words.map((word, i) => (i === 0 ? String(word) : quoteWord(String(word)))).join(" ")
}

/**
 * The outcome for people: verdict first, then evidence, coverage, notes and how to repeat the run.
 */
export const outcomeText = (
  run: TlcRun,
  outcome: TlcOutcome,
  options: { readonly full?: boolean } = {},
): ReadonlyArray<string> => {
  const { report, plan } = outcome
  const seconds = ((report.exit?.milliseconds ?? 0) / 1000).toFixed(1)
  const { invariants, properties } = plan.configuration
  const checked = [...invariants, ...properties].join(", ")
  return [
    ...verdictLines(outcome),
    ...evidenceLines(outcome, options.full === true),
    ...coverageLines(report),
    ...(checked === "" ? [] : [`checked: ${checked}`]),
    ...plan.notes.map((note) => `note: ${note}`),
    ...report.warnings.map(({ text }) => `warning: ${text.trim()}`),
    ...report.printed.map((line) => `printed: ${line}`),
    `run: ${report.version ?? "TLC"}, ${report.mode?.search ?? "not started"}, ${seconds} s`,
    `reproduce: ${reproduceLine(run, outcome)}`,
  ]
}

/** Where a trace comes from, as ITF's `source`. */
const sourceOf = (run: TlcRun, violation: Violation): string =>
  [
    basename(run.spec),
    violation.kind,
    ...(violation.name === undefined ? [] : [violation.name]),
  ].join(" ")

/** The first violation as an ITF document; undefined without a violation or without states. */
export const outcomeItf = (run: TlcRun, { verdict }: TlcOutcome): ItfTrace | undefined => {
  if (verdict._tag !== "violated") return undefined
  const violation = verdict.violations.find(({ trace }) => trace.states.length > 0)
  return violation === undefined ? undefined : toItfTrace(violation.trace, sourceOf(run, violation))
}

/** The outcome for programs, version 1 of the schema `prophecy-tlc`. */
export const outcomeDocument = (
  run: TlcRun,
  outcome: TlcOutcome,
): Readonly<Record<string, unknown>> => {
  const { verdict, report, plan } = outcome
  const { coverage, mode } = report
  return {
    schema: "prophecy-tlc/1",
    spec: run.spec,
    config: plan.config,
    verdict: verdict._tag,
    exitCode: exitCodeOf(verdict),
    ...(verdict._tag === "bounded" ? { reasons: verdict.reasons } : {}),
    ...(verdict._tag === "failed"
      ? { failure: { kind: verdict.kind, message: verdict.message, place: verdict.place } }
      : {}),
    violations: (verdict._tag === "violated" ? verdict.violations : []).map((violation) => ({
      kind: violation.kind,
      name: violation.name,
      place: violation.place,
      text: violation.text,
      occurrences: violation.occurrences,
      trace: toItfTrace(violation.trace, sourceOf(run, violation)) as unknown as Itf,
    })),
    statistics: report.statistics,
    depth: report.depth,
    milliseconds: report.exit?.milliseconds,
    version: report.version,
    mode: mode && { search: mode.search, workers: mode.workers, seed: mode.seed, fp: mode.fp },
    checked: [...plan.configuration.invariants, ...plan.configuration.properties],
    coverage: coverage?.actions.map(({ name, place, distinct, generated }) => ({
      name,
      place,
      distinct,
      generated,
    })),
    neverTaken: coverage && neverTaken(coverage).map(({ name }) => name),
    notes: plan.notes,
    warnings: report.warnings.map(({ text }) => text),
    printed: report.printed,
    reproduce: reproduceLine(run, outcome),
  }
}
