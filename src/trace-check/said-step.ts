/**
 * What a step's line says. It is taken apart where its writer puts things (src/core/pbft/trace.ts
 * and its like) and parsed up to the input; what it says was changed is parsed only where somebody
 * asks. Of a line that the model would have written itself, character for character, nobody does.
 */
import { type Malformed, misfit, StepLine } from "../core/trace-event.ts"
import { shortJson } from "./difference.ts"
import { type Place, reject } from "./finding.ts"

/** What a step was given. */
export type StepStart = Omit<StepLine, "post">

const head = /^\{"n":([1-9]\d{0,14})(?:,"client":(0|[1-9]\d{0,14}))?,"action":"([\w:]+)","in":/
// Inside of a string the quotation marks would be escaped; no input has a field of this name.
const postMark = ',"post":{'

/** undefined: the line is of another kind, or written in another way. */
export const stepStart = (text: string): StepStart | undefined => {
  const found = head.exec(text)
  if (found === null) return undefined
  const [{ length: from }, n, client, action = ""] = found
  const to = text.indexOf(postMark, from)
  if (to < 0) return undefined
  try {
    const input: unknown = JSON.parse(text.slice(from, to))
    return client === undefined
      ? { n: Number(n), action, in: input }
      : { n: Number(n), client: Number(client), action, in: input }
  } catch {
    return undefined
  }
}

/** Rejects a text that is no JSON. */
export const parsed = (place: Place, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `the line is not JSON: ${why}`
    return reject({ ...place, rule: "NotJson", found: shortJson(text), message })
  }
}

/** Rejects data that a schema has something against. */
export const fitting = (place: Place, bad: Malformed | undefined): void => {
  if (bad === undefined) return
  const message = `${bad.path || "the line"}: ${bad.problem}`
  reject({ ...place, rule: "Malformed", field: bad.path, message })
}

const stepMisfit = misfit(StepLine)

/** A step's line as data; rejects what is none. */
export const stepOf = (place: Place, data: unknown): StepLine => {
  fitting(place, stepMisfit(data))
  return data as StepLine
}

export class SaidStep {
  readonly _tag = "Step"
  readonly place: Place
  /** The line itself. */
  readonly text: string
  readonly step: StepStart
  #whole: StepLine | undefined

  constructor(place: Place, text: string, step: StepStart | StepLine) {
    this.place = place
    this.text = text
    this.step = step
    this.#whole = "post" in step ? step : undefined
  }

  /** All that the line says; rejects one that is no step's after all. */
  get whole(): StepLine {
    this.#whole ??= stepOf(this.place, parsed(this.place, this.text))
    return this.#whole
  }

  /** What it says was changed, as JSON data. */
  get post(): unknown {
    return this.whole.post
  }
}
