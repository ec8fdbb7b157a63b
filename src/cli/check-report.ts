/** What `prophecy check` says: its progress, its text and its document. */
import { unmet } from "../model-check/expectation.ts"
import type { Exploration, Progress, Violation } from "../model-check/explore.ts"
import { counterexampleLines } from "../model-check/report.ts"
import { zyzzyvaStory } from "../model-check/zyzzyva-core-story.ts"
import {
  differences,
  type Explored,
  type ExploredByTlc,
  isZyzzyva,
  type ModelSpec,
  protocolOf,
} from "./model-graph.ts"
import { isAnimated } from "./progress.ts"
import { violationStates, withStates } from "./violation-states.ts"

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`

const minutesAndSeconds = (seconds: number): string =>
  seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`

/** The guess at what is left, called so: levels may widen again. */
const estimate = (remaining: number | undefined, rate: number): string =>
  remaining === undefined || rate === 0
    ? ""
    : `; perhaps ${Number(remaining.toPrecision(2))} more in ${minutesAndSeconds(remaining / rate)}`

// At most a line a second: on a terminal it rewrites itself, elsewhere it comes after the first
// second and then every ten.
export const makeProgress = (name: string): ((now: Progress) => void) => {
  const animated = isAnimated()
  const startedAt = performance.now()
  let [last, wait] = [startedAt, 1_000]
  let before: number | undefined
  return ({ states, depth, queued, bytes, remaining }) => {
    const now = performance.now()
    // What was taken up from a file was not found in this time.
    before ??= states
    if (now - last < wait) return
    last = now
    if (!animated) wait = 10_000
    const rate = Math.round(((states - before) / (now - startedAt)) * 1000)
    const seen = `check ${name}: ${states} states, depth ${depth}, ${queued} to do`
    const line = `${seen}, ${rate} states/s, ${mebibytes(bytes)}${estimate(remaining, rate)}`
    process.stderr.write(animated ? `\r${line}\u001b[K` : `${line}\n`)
  }
}

const verdictLine = (spec: ModelSpec, { exploration: e }: Explored): string => {
  switch (e.verdict) {
    case "exhaustive":
      return `exhaustive: every reachable state satisfies ${spec.invariants.length} invariants`
    case "bounded":
      return `bounded: ${limitOf(e)}; nothing is said of the states not seen`
    case "violated":
      return `violated: ${e.violation?.property}`
  }
}

/** Why there is nothing to compare: a graph of which a part is missing differs from any whole. */
export const notCompared = ({ exploration: e }: Explored): string | undefined => {
  if (e.verdict === "exhaustive") return undefined
  const why = e.verdict === "bounded" ? "the limit" : "the violation"
  return `not asked: ${why} left states unseen, and only whole graphs are compared`
}

/** Which limit was reached, with how far the search came. */
const limitOf = ({ stop, states, expanded, depth, bytes }: Exploration): string => {
  const far = `${states} states found, all successors of ${expanded} of them known`
  switch (stop) {
    case "memory":
      return `the memory is full (${mebibytes(bytes)} of states): ${far}, depth ${depth}`
    case "depth":
      return `the limit of depth was reached: every state to depth ${depth} holds, ${far}`
    default:
      return `the limit of states was reached: ${far}, depth ${depth}`
  }
}

/** How a counterexample is told: what each step changed, every state whole, or as a story. */
export type Steps = "changes" | "whole" | "story"

const violationLines = (
  spec: ModelSpec,
  violation: Violation,
  steps: Steps,
): ReadonlyArray<string> => {
  if (steps === "story" && isZyzzyva(spec)) return zyzzyvaStory(spec, violation)
  const states = violationStates(spec, violation)
  return withStates(counterexampleLines(violation), states, steps === "whole")
}

/** For people. */
export const textOf = (
  spec: ModelSpec,
  ours: Explored,
  theirs: ExploredByTlc | string | undefined,
  steps: Steps = "changes",
): ReadonlyArray<string> => {
  const e = ours.exploration
  const actions = [...e.taken.keys()].filter((a) => !a.startsWith("Ignore:")).sort()
  const lines = [
    `model      ${spec.name}: ${spec.why}`,
    `states     ${e.states} distinct, ${e.generated} generated, depth ${e.depth}`,
    `time       ${ours.seconds.toFixed(1)} s, ${Math.round(e.states / ours.seconds)} states/s, ${e.steps} steps computed`,
    `actions    ${actions.join(" ")}`,
  ]
  if (ours.graph !== undefined) {
    lines.push(`graph      states ${ours.graph.stateDigest}`)
    lines.push(`           steps  ${ours.graph.stepDigest} (${ours.graph.steps})`)
  }
  if (typeof theirs === "string") lines.push(`TLC        ${theirs}`)
  else if (theirs !== undefined) {
    const different = differences(ours, theirs)
    const tlc = `${theirs.graph.states} states, ${theirs.graph.steps} steps, ${theirs.seconds.toFixed(1)} s`
    lines.push(`TLC        ${tlc}: ${different.length === 0 ? "equal" : "DIFFERENT"}`)
    lines.push(...[...different, ...(theirs.parting ?? [])].map((d) => `           ${d}`))
  }
  lines.push(`verdict    ${verdictLine(spec, ours)}`)
  if (e.violation !== undefined) lines.push(...violationLines(spec, e.violation, steps))
  return lines
}

export const documentOf = (
  spec: ModelSpec,
  ours: Explored,
  theirs: ExploredByTlc | string | undefined,
): unknown => ({
  schema: "prophecy-check/1",
  protocol: protocolOf(spec),
  model: spec.name,
  verdict: ours.exploration.verdict,
  stop: ours.exploration.stop ?? null,
  states: ours.exploration.states,
  generated: ours.exploration.generated,
  depth: ours.exploration.depth,
  bytes: ours.exploration.bytes,
  seconds: ours.seconds,
  actions: Object.fromEntries(ours.exploration.taken),
  witnessed: [...ours.exploration.witnessed],
  unmet: unmet(spec, ours.exploration),
  violation: ours.exploration.violation ?? null,
  graph: ours.graph ?? null,
  tlc:
    theirs === undefined || typeof theirs === "string"
      ? (theirs ?? null)
      : {
          ...theirs.graph,
          seconds: theirs.seconds,
          differences: differences(ours, theirs),
          parting: theirs.parting ?? null,
        },
})
