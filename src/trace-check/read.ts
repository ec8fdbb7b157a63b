/**
 * Reads one trace file as a stream: its header, then its lines with their numbers. What is no
 * trace, or only part of one, is rejected with its line.
 */
import {
  type AnyHeader,
  DropLine,
  EndLine,
  HeaderLine,
  misfit,
  traceSchema,
  ZyzzyvaHeaderLine,
} from "../core/trace-event.ts"
import { firstDifference, shortJson } from "./difference.ts"
import { type Finding, type Place, reject } from "./finding.ts"
import { Lines, type RawLine, type TraceSource } from "./lines.ts"
import { fitting, parsed, SaidStep, stepOf, type StepStart, stepStart } from "./said-step.ts"

/** A line after the header. */
export type TraceLine =
  | SaidStep
  | { readonly _tag: "Drop"; readonly place: Place; readonly drop: DropLine }
  | { readonly _tag: "End"; readonly place: Place; readonly end: EndLine }

const headerMisfit = misfit(HeaderLine)
const zyzzyvaHeaderMisfit = misfit(ZyzzyvaHeaderLine)
const dropMisfit = misfit(DropLine)
const endMisfit = misfit(EndLine)

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const headerStart = `{"schema":"${traceSchema}",`

/** Whether this is the first part of a header, and not all of it. */
const isHeadOfHeader = (text: string): boolean =>
  (text.startsWith(headerStart) || headerStart.startsWith(text)) && !isJson(text)

const unbegun =
  "its process was killed as soon as it started, or has only begun; replay --killed leaves it out"

/** One file: its header, then its lines in order, with no step missing that is not declared. */
export class TraceReader {
  readonly name: string
  readonly #lines: Lines
  #steps = 0
  #lastLine = 1
  #ended = false
  /** A line whose step is not the next one: the line after it tells whether the two are swapped. */
  #held: RawLine | undefined

  constructor(source: TraceSource) {
    this.name = source.name
    this.#lines = new Lines(source)
  }

  /** Reads the first line. Call it once, before `next`. */
  async header(): Promise<AnyHeader> {
    let first = this.#lines.next()
    while (first === "more") {
      await this.#lines.fill()
      first = this.#lines.next()
    }
    if (first === "end") {
      const message = `the file is empty: a trace starts with a header line; ${unbegun}`
      return reject({ rule: "Empty", file: this.name, line: 1, message })
    }
    if (first.cut && isHeadOfHeader(first.text)) {
      const message = `the file ends within its header line; ${unbegun}`
      return reject({ rule: "Truncated", file: this.name, line: 1, message })
    }
    const header = this.#parse(first)
    if (!isObject(header) || typeof header["schema"] !== "string") {
      const message = `no header line: the first line of a trace names its schema, ${traceSchema}`
      return reject({ ...this.#at(first), rule: "NotATrace", message })
    }
    if (header["schema"] !== traceSchema) return this.#wrongSchema(first, header["schema"])
    const isZyzzyva = header["protocol"] === "zyzzyva"
    const unfit = isZyzzyva ? zyzzyvaHeaderMisfit(header) : headerMisfit(header)
    const bad = unfit ?? contradiction(header as unknown as AnyHeader)
    if (bad === undefined) return header as unknown as AnyHeader
    const message = `the header's ${bad.path || "line"}: ${bad.problem}`
    return reject({ ...this.#at(first), rule: "Malformed", field: bad.path, message })
  }

  /** The next line; "more" when `fill` must be called first; "end" after the end line. */
  next(): TraceLine | "more" | "end" {
    const raw = this.#held ?? this.#lines.next()
    if (raw === "more") return raw
    if (raw === "end") return this.#ended ? raw : this.#truncated(this.#lastLine + 1)
    this.#lastLine = raw.line
    if (this.#ended) {
      const message = "there are lines after the end line: two traces in one file?"
      return reject({ ...this.#at(raw), rule: "Malformed", message })
    }
    const start = raw.cut ? undefined : stepStart(raw.text)
    const data = start ?? this.#parse(raw)
    const ahead = isObject(data) && typeof data["n"] === "number" && data["n"] > this.#steps + 1
    this.#held = ahead && !this.#lines.knowsNext() ? raw : undefined
    if (this.#held !== undefined) return "more"
    return start === undefined ? this.#line(raw, data) : this.#step(raw, start)
  }

  fill(): Promise<void> {
    return this.#lines.fill()
  }

  close(): Promise<void> {
    return this.#lines.close()
  }

  #at(raw: RawLine): Place {
    return { file: this.name, line: raw.line }
  }

  #parse(raw: RawLine): unknown {
    if (raw.cut && raw.line > 1 && !isJson(raw.text)) return this.#truncated(raw.line)
    return parsed(this.#at(raw), raw.text)
  }

  #truncated(line: number): never {
    const message =
      "the file ends without an end line: it is cut, or its process was killed or still runs; " +
      "with --killed it counts as far as it goes, left out as that of a process without a trace"
    return reject({ rule: "Truncated", file: this.name, line, step: this.#steps, message })
  }

  #wrongSchema(raw: RawLine, schema: string): never {
    const version = schema.startsWith("prophecy-trace/")
    const message = version
      ? `this program reads ${traceSchema}: record the run again or use the program's version`
      : `this is no trace but ${shortJson(schema)}`
    const rule = version ? "WrongVersion" : "NotATrace"
    const expected = shortJson(traceSchema)
    return reject({
      ...this.#at(raw),
      rule,
      field: "schema",
      expected,
      found: shortJson(schema),
      message,
    })
  }

  #line(raw: RawLine, data: unknown): TraceLine {
    const place = this.#at(raw)
    if (isObject(data) && "action" in data) return this.#step(raw, stepOf(place, data))
    if (isObject(data) && "state" in data) {
      fitting(place, dropMisfit(data))
      const drop = data as unknown as DropLine
      this.#count(place, drop.n, drop.dropped)
      return { _tag: "Drop", place, drop }
    }
    if (isObject(data) && "end" in data) return this.#endLine(place, data)
    const message = "the line is neither a step nor a drop nor the end (docs/trace-format.md)"
    return reject({ ...place, rule: "Malformed", found: shortJson(data), message })
  }

  #step(raw: RawLine, step: StepStart): SaidStep {
    const place = this.#at(raw)
    this.#count(place, step.n, 1)
    return new SaidStep(place, raw.text, step)
  }

  #endLine(place: Place, data: Json): TraceLine {
    fitting(place, endMisfit(data))
    const end = data as unknown as EndLine
    const expected = this.#steps + end.dropped
    if (end.end !== expected) {
      const message = `the end line counts ${end.end} steps and ${expected} are accounted for`
      const field = "end"
      const found = String(end.end)
      const rule = "LostLine"
      reject({ ...place, rule, field, expected: String(expected), found, message })
    }
    this.#ended = true
    return { _tag: "End", place, end }
  }

  // Steps are counted without a hole: `many` of them, the last one number `n`, come next.
  #count(place: Place, n: number, many: number): void {
    const expected = this.#steps + many
    this.#steps = n
    if (n !== expected) reject(this.#outOfOrder(place, n, expected))
  }

  #outOfOrder(place: Place, n: number, expected: number): Finding {
    const at = { ...place, step: n, field: "n", expected: String(expected), found: String(n) }
    if (n < expected) {
      const message = `step ${n} again: steps up to ${expected - 1} were read before this line`
      return { ...at, rule: "RepeatedLine", message }
    }
    const swapped = this.#peekedStep() === expected
    if (swapped) {
      const message = `step ${n} stands before step ${expected}: two lines are swapped`
      return { ...at, rule: "SwappedLines", message }
    }
    const missing = n - expected
    const message = `${missing} step${missing === 1 ? " is" : "s are"} missing before step ${n}`
    return { ...at, rule: "LostLine", message: `${message}, and no drop line declares it` }
  }

  #peekedStep(): unknown {
    const next = this.#lines.peek()
    if (next === undefined) return undefined
    try {
      const data: unknown = JSON.parse(next)
      return isObject(data) ? data["n"] : undefined
    } catch {
      return undefined
    }
  }
}

// What the schema cannot say: fields of a header that no run can have together.
const contradiction = (h: AnyHeader) => {
  const bad = (path: string, problem: string) => ({ path, problem })
  if (h.f >= h.n) return bad("f", `${h.f} faulty replicas of ${h.n}`)
  if (h.quorum > h.n) return bad("quorum", `${h.quorum} of ${h.n} replicas`)
  if (h.logSize % h.checkpointInterval !== 0 || h.logSize < h.checkpointInterval) {
    return bad("logSize", `${h.logSize} is no multiple of the interval ${h.checkpointInterval}`)
  }
  const { node } = h
  if (node.kind === "replica") {
    return node.id < h.n ? undefined : bad("node.id", `replica ${node.id} of ${h.n}`)
  }
  // (The lanes of a sketcher are clients too.)
  if (node.from > node.to) return bad("node.to", `clients ${node.from} to ${node.to}`)
  return node.to < h.clients ? undefined : bad("node.to", `client ${node.to} of ${h.clients}`)
}

const shared = [
  "run",
  "protocol",
  "n",
  "f",
  "quorum",
  "checkpointInterval",
  "logSize",
  "maxBatch",
  "clients",
  "spec",
] as const

/** The first difference between two headers in what all traces of a run have in common. */
export const differentRun = (one: AnyHeader, other: AnyHeader) =>
  firstDifference(
    Object.fromEntries(shared.map((key) => [key, one[key]])),
    Object.fromEntries(shared.map((key) => [key, other[key]])),
  )
