/** What is asked of every line of a trace, whichever machine took the step. */
import { InvariantBroken } from "../core/assert.ts"
import type { Execute, Executed } from "../core/effect.ts"
import type { Malformed } from "../core/trace-event.ts"
import { firstDifference, shortJson } from "./difference.ts"
import { type Place, reject } from "./finding.ts"
import type { TraceLine } from "./read.ts"
import type { SaidStep } from "./said-step.ts"

/** A line that is replayed. */
export type StepLine = SaidStep
export type DropLine = Extract<TraceLine, { readonly _tag: "Drop" }>

/** Where a line stands, and whose it is. */
export interface At {
  readonly place: Place
  readonly node: string
  readonly step: number
}

/** Rejects: a field does not fit. */
export const badField = (at: At, field: string, problem: string): never => {
  const { place, node, step } = at
  const message = `${field}: ${problem}`
  return reject({ ...place, rule: "Malformed", node, step, field, message })
}

/** Rejects what a schema has something against. */
export const fits = (at: At, field: string, bad: Malformed | undefined): void => {
  if (bad === undefined) return
  badField(at, bad.path === "" ? field : `${field}.${bad.path}`, bad.problem)
}

/** Runs a step: the model's own assertions hold for every input that a process can be given. */
export const possible = <A>(at: At, run: () => A): A => {
  try {
    return run()
  } catch (cause) {
    if (!(cause instanceof InvariantBroken)) throw cause
    const { place, node, step } = at
    const message = `no process can be given this: the model stops, because not "${cause.message}"`
    return reject({ ...place, rule: "Impossible", node, step, message })
  }
}

/** What JavaScript writes where JSON has no word: a state that no process can have. */
const outsideJson = ["NaN", "Infinity", "undefined"]

const ownData = (at: At, expected: string): unknown => {
  try {
    return JSON.parse(expected)
  } catch {
    const { place, node, step } = at
    const message = "no process can be given this: what the model comes to is no JSON"
    return reject({ ...place, rule: "Impossible", node, step, found: shortJson(expected), message })
  }
}

/** Rejects a line that the model would not have written, with the first difference. */
export const sameLine = (at: At, expected: string, line: StepLine): void => {
  if (expected === line.text) {
    // In a string they are letters; anywhere else the line is rejected when it is parsed.
    if (outsideJson.some((word) => expected.includes(word))) void line.whole
    return
  }
  const found = line.whole
  const difference = firstDifference(ownData(at, expected), found)
  if (difference === undefined) return
  const { place, node, step } = at
  const field = difference.path
  const message =
    field === "action"
      ? "the model takes another action with this input in this state"
      : "the model, given this input in this state, says otherwise"
  reject({
    ...place,
    rule: "Replay",
    node,
    step,
    field,
    expected: shortJson(difference.expected),
    found: shortJson(difference.found),
    message,
  })
}

/** Rejects the number of a replica that there is none of. */
export const knownReplica = (at: At, replica: number, n: number, field = "in.replica"): void => {
  if (replica >= n) badField(at, field, `there is no replica ${replica} of ${n}`)
}

/** Rejects a digest, `what`, that is not its batch's. */
export const sameDigest = (at: At, what: string, expected: string, found: string): void => {
  if (expected === found) return
  const { place, node, step } = at
  reject({
    ...place,
    rule: "Digest",
    node,
    step,
    field: "in.digest",
    expected: shortJson(expected),
    found: shortJson(found),
    message: `${what} is not its batch's`,
  })
}

interface Answered {
  readonly input: Pick<Executed, "seq" | "service">
  /** What the model waits for. */
  readonly pending: Execute | undefined
  readonly checkpointInterval: number
}

/** Rejects a service's answer that has the digest of its state anywhere but at a checkpoint. */
export const digestAtCheckpoint = (at: At, answered: Answered): void => {
  const { input, pending, checkpointInterval } = answered
  const isDue =
    pending?.seq === input.seq ? pending.checkpoint : input.seq % checkpointInterval === 0
  if (isDue === (input.service !== "")) return
  badField(at, "in.service", "the service's digest is there exactly at a checkpoint")
}
