/**
 * Reads a history, a line at a time: JSON objects as docs/history-format.md describes. A line that
 * says what cannot be is refused with the cause; nothing of it is guessed.
 */
import type { Call, HistoryEvent, Path } from "./call.ts"
import { type Json, jsonText } from "./json.ts"
import { type Model, register } from "./model.ts"

/** Why a line is no line of a history. */
export interface BadLine {
  readonly bad: string
  readonly line: number
}

type Fields = { readonly [name: string]: Json }

/** What a line is about, by the format that the model asks for. */
interface Subject {
  readonly object: string
  readonly request: string
  readonly operation: Json | undefined
  readonly result: Json | undefined
}

const types = ["invoke", "ok", "fail", "info"] as const
type Type = (typeof types)[number]

const isType = (value: Json | undefined): value is Type => types.some((t) => t === value)

const parsed = (text: string): Fields | string => {
  try {
    const value = JSON.parse(text) as Json
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields
    return "it is JSON and no object"
  } catch {
    return "it is no JSON"
  }
}

const isWhole = (value: Json | undefined): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0

const isName = (value: Json | undefined): value is string | number =>
  typeof value === "string" || typeof value === "number"

/** Nanoseconds may have more digits than a number holds: the digits themselves decide then. */
const isLater = (text: string, time: number, before: readonly [number, string]): boolean => {
  if (time !== before[0] || Number.isSafeInteger(time)) return time > before[0]
  return digitsOf(text) > digitsOf(before[1])
}

const digitsOf = (text: string): bigint => BigInt(/"time"\s*:\s*(\d+)/.exec(text)?.[1] ?? "0")

const subjectOfRegister = (fields: Fields, type: Type): Subject | string => {
  const { f, key, value } = fields
  if (f !== "read" && f !== "write") return `f must be "read" or "write"`
  if (!isName(key)) return "key must be a text or a number"
  const name = jsonText(key)
  if (f === "write") {
    if (value === undefined) return "a write needs its value"
    return { object: name, request: name, operation: { put: value }, result: undefined }
  }
  if (type === "ok" && value === undefined)
    return "the ok of a read needs the value that it returned"
  if (type !== "ok" && (value ?? null) !== null) return "a read has a value on its ok line alone"
  return { object: name, request: name, operation: { get: null }, result: value }
}

const subjectOfService = (fields: Fields, type: Type, model: Model): Subject | string => {
  const { object, request, op, result } = fields
  if (!isName(object)) return "object must be a text or a number"
  if (!isName(request)) return "request must be a text or a number"
  if (op === undefined && type === "invoke") return "an invoke needs its op"
  const problem = op === undefined ? undefined : model.problem(op)
  if (problem !== undefined) return problem
  if (type === "ok" && result === undefined) return "an ok line needs its result"
  if (type !== "ok" && (result ?? null) !== null) return "only an ok line has a result"
  const names = { object: jsonText(object), request: jsonText(request) }
  return { ...names, operation: op, result }
}

const pathOf = (value: Json | undefined, type: Type, isRead: boolean): Path | undefined => {
  if (value === undefined) return "unknown"
  const isPath = value === "replicated" || value === "fast"
  return isPath && type === "ok" && isRead ? value : undefined
}

export class HistoryReader {
  readonly #model: Model
  /** The call of each process that has one; "gone" when it is never used again. */
  readonly #processes = new Map<string, Call | "gone">()
  #line = 0
  #index = -1
  #time: readonly [number, string] = [-1, ""]
  #operations = 0

  constructor(model: Model) {
    this.#model = model
  }

  /** Lines that were read. */
  get lines(): number {
    return this.#line
  }

  get operations(): number {
    return this.#operations
  }

  /** The event of the next line. */
  next(text: string): HistoryEvent | BadLine {
    this.#line++
    const event = this.#event(text)
    return typeof event === "string" ? { bad: event, line: this.#line } : event
  }

  #event(text: string): HistoryEvent | string {
    const fields = parsed(text)
    if (typeof fields === "string") return fields
    const { index, time, process, type } = fields
    if (!isWhole(index)) return "index must be a whole number"
    if (index <= this.#index)
      return `index ${index} does not grow: the one before is ${this.#index}`
    if (!isWhole(time)) return "time must be a whole number of nanoseconds"
    if (!isLater(text, time, this.#time)) return "time does not grow"
    if (!isName(process)) return "process must be a text or a number"
    if (!isType(type)) return `type must be one of ${types.join(", ")}`
    this.#index = index
    this.#time = [time, Number.isSafeInteger(time) ? "" : text]
    const subject =
      this.#model === register
        ? subjectOfRegister(fields, type)
        : subjectOfService(fields, type, this.#model)
    if (typeof subject === "string") return subject
    return type === "invoke"
      ? this.#invoked(jsonText(process), subject, fields["path"])
      : this.#ended(jsonText(process), type, subject, fields["path"])
  }

  #invoked(process: string, subject: Subject, path: Json | undefined): HistoryEvent | string {
    const present = this.#processes.get(process)
    if (present === "gone") return `process ${process} is used again after an info`
    if (present !== undefined) {
      return `process ${process} has an operation under way since line ${present.line}`
    }
    if (path !== undefined) return "path stands on the ok line of a read alone"
    const { object, request, operation = null } = subject
    const isRead = this.#model.isRead(operation)
    const put = this.#model === register ? (operation as Fields)["put"] : undefined
    const written = put === undefined ? undefined : jsonText(put)
    const place = { line: this.#line, index: this.#index, process }
    const call: Call = { ...place, object, request, operation, written, isRead }
    this.#processes.set(process, call)
    this.#operations++
    return { begun: call }
  }

  #ended(
    process: string,
    type: "ok" | "fail" | "info",
    subject: Subject,
    told: Json | undefined,
  ): HistoryEvent | string {
    const call = this.#processes.get(process)
    if (call === undefined || call === "gone") return `process ${process} has nothing under way`
    const { object, request, operation, result } = subject
    const isSame =
      object === call.object &&
      request === call.request &&
      (operation === undefined || jsonText(operation) === jsonText(call.operation))
    if (!isSame)
      return `it ends another operation than process ${process} began in line ${call.line}`
    const path = pathOf(told, type, call.isRead)
    if (path === undefined) return `path is "replicated" or "fast", on the ok line of a read alone`
    if (type === "info") this.#processes.set(process, "gone")
    else this.#processes.delete(process)
    const text = type === "ok" && result !== undefined ? jsonText(result) : undefined
    return { ended: { call, line: this.#line, type, result: text, path } }
  }
}
