/** What `prophecy check-history` found, as text and as a document. */
import type { Call, Completion, Consistency } from "../consistency/call.ts"
import type { GaveUp, Violation } from "../consistency/checker.ts"
import type { Explanation } from "../consistency/explanation.ts"

export interface Judged {
  readonly file: string
  readonly consistency: Consistency
  readonly model: string
  readonly lines: number
  readonly operations: number
  readonly objects: number
  readonly elapsedMs: number
  readonly violation: Violation | undefined
  readonly explanation: Explanation | undefined
  readonly gaveUp: { readonly first: GaveUp; readonly objects: number } | undefined
}

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")

const adjective = (consistency: Consistency): string =>
  consistency === "linearizable" ? "linearizable" : "delay-once linearizable"

/** `write 1 to "x"`, `read "x"`, or the operation of another service. */
const asked = ({ written, isRead, object, request, operation }: Call): string => {
  if (written !== undefined) return `wrote ${written} to ${object}`
  if (isRead && object === request) return `read ${object}`
  return `asked ${object} for ${JSON.stringify(operation)}`
}

export const operationText = ({ call, type, result, path, line }: Completion): string => {
  const told = path === "unknown" ? "" : `, ${path}`
  const answer =
    type === "fail" ? ", which failed" : result === undefined ? "" : ` = ${result}${told}`
  return `lines ${call.line} to ${line}: process ${call.process} ${asked(call)}${answer}`
}

const operationDocument = (c: Completion) => ({
  process: JSON.parse(c.call.process) as unknown,
  invoke: { line: c.call.line, index: c.call.index },
  end: { line: c.line, type: c.type },
  object: JSON.parse(c.call.object) as unknown,
  request: JSON.parse(c.call.request) as unknown,
  operation: c.call.operation,
  ...(c.result === undefined ? {} : { result: JSON.parse(c.result) as unknown }),
  ...(c.path === "unknown" ? {} : { path: c.path }),
})

const limitNames = {
  possibilities: "--most-possibilities",
  kept: "--most-kept",
  objects: "--most-objects",
} as const

const gaveUpText = ({ first, objects }: NonNullable<Judged["gaveUp"]>): string => {
  const of = first.object === undefined ? "" : `, in object ${first.object}`
  const many = objects > 1 ? `; ${objects} objects are undecided` : ""
  return `${limitNames[first.limit]} was reached in line ${first.line}${of}${many}`
}

const verdictOf = ({ violation, gaveUp }: Judged): "holds" | "violated" | "unknown" =>
  violation !== undefined ? "violated" : gaveUp !== undefined ? "unknown" : "holds"

const countsText = ({ lines, operations, objects, elapsedMs }: Judged): string => {
  const seconds = elapsedMs / 1000
  return `${whole(operations)} operations on ${whole(objects)} objects in ${whole(lines)} lines, ${seconds.toFixed(1)} s`
}

const completionOf = ({ event }: Violation): Completion | undefined =>
  "ended" in event ? event.ended : undefined

export const historyText = (judged: Judged): ReadonlyArray<string> => {
  const name = adjective(judged.consistency)
  const counts = `read      ${countsText(judged)}`
  const { violation, explanation, gaveUp } = judged
  if (violation === undefined && gaveUp === undefined) return [`holds     it is ${name}`, counts]
  if (violation === undefined && gaveUp !== undefined) {
    return [
      `unknown   whether it is ${name}: ${gaveUpText(gaveUp)}`,
      "next      raise that limit, or check a shorter history",
      counts,
    ]
  }
  const bad = violation && completionOf(violation)
  if (bad === undefined) return [`violated  it is not ${name}`, counts]
  const against = explanation?.against ?? []
  return [
    `violated  it is not ${name}, from line ${bad.line} on`,
    `bad       ${operationText(bad)}`,
    ...against.map((c) => `against   ${operationText(c)}`),
    `why       ${explanation?.why ?? "no way in which the service could have run explains it"}`,
    counts,
  ]
}

export const historyDocument = (judged: Judged) => {
  const { file, consistency, model, lines, operations, objects, gaveUp, explanation } = judged
  const bad = judged.violation && completionOf(judged.violation)
  return {
    schema: "prophecy-check-history/1",
    verdict: verdictOf(judged),
    file,
    consistency,
    model,
    lines,
    operations,
    objects,
    elapsedMs: Math.round(judged.elapsedMs),
    ...(bad === undefined
      ? {}
      : {
          line: bad.line,
          bad: operationDocument(bad),
          against: (explanation?.against ?? []).map(operationDocument),
          why: explanation?.why ?? null,
        }),
    ...(gaveUp === undefined
      ? {}
      : {
          limit: {
            ...gaveUp.first,
            flag: limitNames[gaveUp.first.limit],
            undecided: gaveUp.objects,
          },
        }),
  }
}
