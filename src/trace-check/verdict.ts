/** What `prophecy replay` says of a run: the verdict, its text, its document, its exit code. */
import { type Finding, isFormRule, type Place } from "./finding.ts"
import type { Misbehaviour } from "./misbehaviour.ts"

/** A declared gap: steps that have no line. */
export interface Gap extends Place {
  readonly node: string
  /** undefined: nobody knows how many, because the process was killed. */
  readonly dropped: number | undefined
}

/** What was checked. */
export interface Statistics {
  readonly run: string
  readonly files: number
  /** Lines that are steps. */
  readonly events: number
  /** How often each action was taken, ignored inputs under their reason. */
  readonly actions: Readonly<Record<string, number>>
  /** Processes with a trace, and replicas without: they may have been Byzantine. */
  readonly traced: ReadonlyArray<string>
  readonly untraced: ReadonlyArray<string>
  /** The highest executed sequence number, executed requests, results that clients accepted. */
  readonly executed: number
  readonly requests: number
  readonly results: number
  /** Of these, answers of one replica that a sketcher found to be those of its sketches. */
  readonly fast: number
  /** Received messages that were found among those sent; and those too old to be looked for. */
  readonly messages: number
  readonly unchecked: number
  readonly uncompared: number
  /** Steps of the abstraction; and steps of which it cannot be said, for gaps or missing traces. */
  readonly abstract: number
  readonly unabstract: number
}

export type Verdict =
  | {
      /** Every step of every file is a step of the model, and the properties hold. */
      readonly _tag: "Conforms"
      readonly statistics: Statistics
      readonly misbehaviours: ReadonlyArray<Misbehaviour>
    }
  | {
      /** The same for all steps that are there; some are declared to be missing. */
      readonly _tag: "Gap"
      readonly gaps: ReadonlyArray<Gap>
      readonly statistics: Statistics
      readonly misbehaviours: ReadonlyArray<Misbehaviour>
    }
  | {
      readonly _tag: "Rejected"
      readonly finding: Finding
      readonly statistics: Statistics
      readonly misbehaviours: ReadonlyArray<Misbehaviour>
    }
  | { readonly _tag: "Unreadable"; readonly finding: Finding }

/** 0 conforms · 3 conforms but for declared gaps · 4 does not conform · 2 unreadable. */
export const exitCodeOf = (verdict: Verdict): 0 | 2 | 3 | 4 =>
  (({ Conforms: 0, Gap: 3, Rejected: 4, Unreadable: 2 }) as const)[verdict._tag]

/** The verdict that a finding leads to. */
export const verdictOf = (
  finding: Finding,
  statistics: Statistics | undefined,
  misbehaviours: ReadonlyArray<Misbehaviour>,
): Verdict =>
  isFormRule(finding.rule) || statistics === undefined
    ? { _tag: "Unreadable", finding }
    : { _tag: "Rejected", finding, statistics, misbehaviours }

const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`

/** Where and what, over some lines. */
export const findingText = (finding: Finding): string => {
  const { file, line, node, step, field, expected, found, message, rule } = finding
  const who = node === undefined ? "" : `${node}${step === undefined ? "" : `, step ${step}`}: `
  const lines = [`${file}:${line}: ${who}${message} [${rule}]`]
  if (field !== undefined && field !== "") lines.push(`  field     ${field}`)
  if (expected !== undefined) lines.push(`  expected  ${expected}`)
  if (found !== undefined) lines.push(`  found     ${found}`)
  return lines.join("\n")
}

const actionLines = (actions: Readonly<Record<string, number>>): ReadonlyArray<string> => {
  const entries = Object.entries(actions).sort(([a], [b]) => (a < b ? -1 : 1))
  const taken = entries.filter(([name]) => !name.startsWith("Ignore:"))
  const ignored = entries.filter(([name]) => name.startsWith("Ignore:"))
  const text = (all: typeof entries) =>
    all.map(([name, n]) => `${name.replace("Ignore:", "")} ${n.toLocaleString("en-US")}`).join(", ")
  const lines = [`actions   ${text(taken)}`]
  if (ignored.length > 0) lines.push(`ignored   ${text(ignored)}`)
  return lines
}

const statisticsLines = (s: Statistics): ReadonlyArray<string> => {
  const fast =
    s.fast === 0 ? "" : `, ${count(s.fast, "of one replica alone", "of one replica alone")}`
  const lines = [
    `run       ${s.run}: ${count(s.events, "event")} in ${count(s.files, "file")}`,
    `processes ${s.traced.join(", ")}`,
    ...(s.untraced.length === 0
      ? []
      : [`untraced  ${s.untraced.join(", ")}: taken for possibly Byzantine`]),
    ...actionLines(s.actions),
    `executed  ${count(s.requests, "request")} up to sequence number ${s.executed}; ` +
      `${count(s.results, "result")} accepted by clients${fast}`,
    `messages  ${count(s.messages, "received message")} found among those sent`,
  ]
  if (s.abstract + s.unabstract > 0) {
    const left = s.unabstract > 0 ? `; ${s.unabstract} not checked, for gaps or missing traces` : ""
    lines.push(`abstract  ${count(s.abstract, "step")} of PbftCore.tla${left}`)
  }
  const old = s.unchecked + s.uncompared
  if (old > 0) lines.push(`unchecked ${count(old, "item")} older than what the checker keeps`)
  return lines
}

const misbehaviourLines = (all: ReadonlyArray<Misbehaviour>): ReadonlyArray<string> =>
  all.map(({ process, message, places: [a, b] }) => {
    const both = `${a.file}:${a.line} and ${b.file}:${b.line}`
    return `Byzantine ${process} ${message} (${both})`
  })

const headline = (verdict: Verdict): string => {
  switch (verdict._tag) {
    case "Conforms":
      return "conforms: every recorded step is a step of the model"
    case "Gap":
      return "conforms, with gaps: every recorded step is a step of the model, but some are missing"
    case "Rejected":
      return "does not conform"
    case "Unreadable":
      return "unreadable"
  }
}

/** The verdict for people. */
export const verdictText = (verdict: Verdict): string => {
  const lines = [headline(verdict)]
  if (verdict._tag === "Unreadable" || verdict._tag === "Rejected") {
    lines.push(findingText(verdict.finding))
  }
  if (verdict._tag === "Unreadable") return lines.join("\n")
  if (verdict._tag === "Gap") {
    for (const { file, line, node, dropped } of verdict.gaps) {
      const what = dropped === undefined ? "an unknown number of steps" : count(dropped, "step")
      lines.push(`gap       ${file}:${line}: ${what} of ${node} without a line`)
    }
  }
  lines.push(...misbehaviourLines(verdict.misbehaviours), ...statisticsLines(verdict.statistics))
  return lines.join("\n")
}

/** The verdict for programs. */
export const verdictDocument = (verdict: Verdict): Readonly<Record<string, unknown>> => {
  const { _tag, ...rest } = verdict
  return { schema: "prophecy-replay/1", verdict: _tag.toLowerCase(), ...rest }
}
