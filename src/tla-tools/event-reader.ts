/**
 * Lines of TLC's `-tool` output to events. Pure but for the reader's own position in the output.
 * The codes are those of TLC 2.18 (its class EC).
 */
import type { Counts, FailureKind, Search, TlcEvent, ViolationKind } from "./event.ts"
import { type Message, makeMessageReader, type Piece } from "./message.ts"
import { findPlace } from "./place.ts"
import { parseVariables } from "./value.ts"

export interface EventReader {
  readonly line: (line: string) => ReadonlyArray<TlcEvent>
  readonly end: () => ReadonlyArray<TlcEvent>
}

/** Digits with commas; NaN for what is not in the text. */
const count = (text: string | undefined): number =>
  text === undefined ? Number.NaN : Number(text.replaceAll(",", ""))
/** TLC prints -1 for a count that its search does not have. */
const known = (n: number): number | undefined => (n < 0 || Number.isNaN(n) ? undefined : n)
const numberAfter = (pattern: RegExp, text: string): number => count(pattern.exec(text)?.[1])

const searches: Readonly<Record<number, Search>> = {
  2187: "breadth-first",
  2188: "simulation",
  2271: "depth-first",
}
const readMode = (search: Search, body: string): TlcEvent => ({
  _tag: "Mode",
  search,
  workers: numberAfter(/with (\d+) worker/, body),
  seed: /seed (-?\d+)/.exec(body)?.[1] ?? "",
  fp: known(numberAfter(/ fp (\d+)/, body)),
})

const readCounts = (body: string): Counts => ({
  generated: count(
    /(-?[\d,]+) states generated/.exec(body)?.[1] ?? /generated: ([\d,]+)/.exec(body)?.[1],
  ),
  distinct: known(numberAfter(/(-?[\d,]+) distinct states found/, body)),
  queue: known(numberAfter(/(-?[\d,]+) states left on queue/, body)),
})
const readProgress = (body: string): TlcEvent => ({
  _tag: "Progress",
  depth: known(numberAfter(/(?:Progress\(|level )(-?\d+)/, body)),
  ...readCounts(body),
})
const readInitialStates = (body: string): TlcEvent => {
  const first = numberAfter(/([\d,]+) (?:distinct )?states? generated/, body)
  const distinct = known(numberAfter(/([\d,]+) of them distinct/, body)) ?? first
  return { _tag: "InitialStates", distinct, generated: first }
}
const readOutdegree = (body: string): TlcEvent => ({
  _tag: "Outdegree",
  average: numberAfter(/graph is (\d+)/, body),
  minimum: numberAfter(/minimum is (\d+)/, body),
  maximum: numberAfter(/maximum (\d+)/, body),
  percentile95: numberAfter(/percentile is (\d+)/, body),
})

const readActionCoverage = (body: string, initial: boolean): ReadonlyArray<TlcEvent> => {
  const found = /^<(\w+) (.*)>: (\d+):(\d+)/.exec(body)
  const place = findPlace(body)
  if (found === null || place === undefined) return []
  const [, name = "", , distinct, generated] = found
  return [
    {
      _tag: "ActionCoverage",
      name,
      place,
      initial,
      distinct: count(distinct),
      generated: count(generated),
    },
  ]
}
const readPropertyCoverage = (body: string): ReadonlyArray<TlcEvent> => {
  const name = /^<(\w+) /.exec(body)?.[1]
  const place = findPlace(body)
  return name === undefined || place === undefined
    ? []
    : [{ _tag: "PropertyCoverage", name, place }]
}
const readExpressionCoverage = (body: string): ReadonlyArray<TlcEvent> => {
  const found = /^ *(\|*).*: (\d+)(?::(\d+))?$/.exec(body)
  const place = findPlace(body)
  if (found === null || place === undefined) return []
  const [, bars = "", evaluations, cost] = found
  return [
    {
      _tag: "ExpressionCoverage",
      place,
      nesting: bars.length,
      evaluations: count(evaluations),
      cost: cost === undefined ? undefined : count(cost),
    },
  ]
}

const readState = (body: string): TlcEvent => {
  const end = body.indexOf("\n")
  const [, index = "1", label = ""] = /^(\d+): <(.*)>/.exec(body.slice(0, end)) ?? []
  const place = findPlace(label)
  return {
    _tag: "State",
    index: Number(index),
    action: place === undefined ? label : (/^(\w+) line /.exec(label)?.[1] ?? "Next"),
    place,
    variables: parseVariables(body.slice(end + 1)),
  }
}
/**
 * Some messages carry the one state of their behaviour in their text, after a line that ends in
 * `:`.
 */
const inlineState = (body: string): ReadonlyArray<TlcEvent> => {
  const at = body.search(/initial state:\n/)
  if (at < 0) return []
  return [readState(`1: <Initial predicate>\n${body.slice(body.indexOf("\n", at) + 1)}`)]
}

const violationKinds: Readonly<Record<number, ViolationKind>> = {
  2104: "assumption",
  2107: "invariant",
  2108: "property",
  2110: "invariant",
  2112: "property",
  2114: "deadlock",
  2116: "temporal",
  2132: "assertion",
}
const allText = (message: Message): string =>
  [message.body, ...message.nested.map(allText)].join("\n").trim()

const readViolation = (kind: ViolationKind, message: Message): ReadonlyArray<TlcEvent> => {
  const text = allText(message)
  const name = /(?:Invariant|invariant|roperty) (\w+) (?:is violated|failed)/.exec(text)?.[1]
  return [
    { _tag: "Violation", kind, name, place: findPlace(text), text },
    ...inlineState(message.body),
  ]
}

const between = (code: number, low: number, high: number): boolean => low <= code && code <= high
const systemCodes = new Set([
  2100, 2101, 2117, 2123, 2124, 2125, 2126, 2127, 2128, 2129, 2131, 2133, 2134, 2135, 2137, 2138,
  2147, 2160, 2161, 2162, 2163, 2166, 2167, 2174, 2175, 2270,
])
const failureKind = (message: Message): FailureKind => {
  const { code, nested } = message
  if (code === 1000 && nested[0] !== undefined) return failureKind(nested[0])
  if (code === 3002 || code === 2171 || between(code, 4000, 4002)) return "parse"
  if (between(code, 2222, 2245) || between(code, 2280, 2281)) return "config"
  if (between(code, 5001, 5006)) return "config"
  if (between(code, 1101, 1102) || between(code, 3100, 3114)) return "arguments"
  if (between(code, 1001, 1005) || systemCodes.has(code) || message.severity === 2) return "system"
  return "evaluation"
}
const readError = (message: Message): ReadonlyArray<TlcEvent> => {
  const { code, nested } = message
  const kind = violationKinds[code]
  if (kind !== undefined) return readViolation(kind, message)
  // An Assert inside an invariant: "Evaluating invariant X failed", with the assertion nested.
  if (nested.some((inner) => inner.code === 2132)) return readViolation("assertion", message)
  const text = allText(message)
  return [
    { _tag: "Failure", kind: failureKind(message), code, place: findPlace(text), text },
    ...inlineState(message.body),
  ]
}

const readNestedExpressions = (body: string): TlcEvent => ({
  _tag: "NestedExpressions",
  places: body.split("\n").flatMap((line) => findPlace(line) ?? []),
})

/** What the parser (SANY) printed about an error: the message with its place, if it names one. */
const readSyntaxError = (remarks: ReadonlyArray<string>): ReadonlyArray<TlcEvent> => {
  const text = remarks
    .filter((line) => !/^(Parsing file|Semantic processing)/.test(line))
    .join("\n")
  const module = /In module (\w+)/.exec(text)?.[1] ?? ""
  const at = /at line (\d+), column (\d+)/.exec(text)?.slice(1).map(Number)
  const [line = 0, column = 0] = at ?? []
  const place =
    at === undefined ? findPlace(text) : { module, line, column, endLine: line, endColumn: column }
  const shown = text.replaceAll(/\n{2,}/g, "\n").trim()
  return [{ _tag: "Failure", kind: "parse", code: 3002, place, text: shown || "parsing failed" }]
}

const readMessage = (message: Message): ReadonlyArray<TlcEvent> => {
  const { code, severity, body } = message
  const search = searches[code]
  if (search !== undefined) return [readMode(search, body)]
  if (between(code, 7000, 7010)) return [{ _tag: "Distributed" }]
  switch (code) {
    case 2262:
      return [{ _tag: "Version", text: body }]
    case 2190:
    case 2191:
    case 2207:
    case 2269:
      return [readInitialStates(body.replace("initial states...", "states generated"))]
    case 2200:
    case 2205:
    case 2206:
    case 2209:
      return [readProgress(body)]
    case 2199:
    case 2204:
    case 2210:
      return [{ _tag: "Statistics", ...readCounts(body) }]
    case 2194:
      return [{ _tag: "Depth", depth: numberAfter(/search is (\d+)/, body) }]
    case 2268:
      return [readOutdegree(body)]
    case 2193:
      return [{ _tag: "Success" }]
    case 2186:
      return [{ _tag: "Finished", text: body }]
    default:
      return (
        readRareMessage(message) ??
        (severity === 0 ? [{ _tag: "Other", code, text: body }] : readError(message))
      )
  }
}

const readRareMessage = ({
  code,
  severity,
  body,
}: Message): ReadonlyArray<TlcEvent> | undefined => {
  switch (code) {
    case 2201:
      return [{ _tag: "CoverageStart" }]
    case 2202:
    case 2777:
      return [{ _tag: "CoverageEnd" }]
    case 2772:
    case 2773:
      return readActionCoverage(body, code === 2773)
    case 2774:
      return readPropertyCoverage(body)
    case 2221:
    case 2775:
      return readExpressionCoverage(body)
    case 2212:
      return [{ _tag: "TemporalFormula", branches: numberAfter(/has (\d+) branch/, body) }]
    case 2192: {
      const distinct = numberAfter(/with ([\d,]+) total distinct/, body)
      return [{ _tag: "TemporalCheck", complete: / complete state space/.test(body), distinct }]
    }
    case 2121:
    case 2120:
    case 2264:
      // Titles of the behaviour that follows; the cause came before, or never comes (distributed).
      return [{ _tag: "Other", code, text: body }]
    case 2217:
    case 2216:
      return [readState(body)]
    case 2218:
      return [{ _tag: "Stuttering" }]
    case 2122: {
      const action = /<(\w+) line /.exec(body)?.[1] ?? "Next"
      return [{ _tag: "BackToState", index: numberAfter(/^(\d+):/, body), action }]
    }
    case 2103:
      return [readNestedExpressions(body)]
    default:
      return severity === 3 ? [{ _tag: "Warning", code, text: body }] : undefined
  }
}

/** A reader that is fed line by line and answers with the events that each line completes. */
export const makeEventReader = (): EventReader => {
  const messages = makeMessageReader()
  let parsing = false
  const remarks: Array<string> = []
  const read = (piece: Piece): ReadonlyArray<TlcEvent> => {
    if (piece._tag === "CutOff") return [{ _tag: "CutOff", code: piece.code }]
    if (piece._tag === "Outside") {
      if (parsing) remarks.push(piece.line)
      return parsing || piece.line === "" ? [] : [{ _tag: "Printed", text: piece.line }]
    }
    const { code } = piece.message
    if (code === 2220) {
      parsing = true
      return []
    }
    if (code === 3002) return readSyntaxError(remarks)
    if (code !== 2219) return readMessage(piece.message)
    parsing = false
    const modules = remarks.flatMap(
      (l) => /^Semantic processing of module (\w+)/.exec(l)?.[1] ?? [],
    )
    return [{ _tag: "Parsed", modules }]
  }
  return {
    line: (line) => messages.line(line).flatMap(read),
    end: () => messages.end().flatMap(read),
  }
}

/** The events of a whole output, for tests and for output kept in a file. */
export const readEvents = (output: string): ReadonlyArray<TlcEvent> => {
  const reader = makeEventReader()
  return [...output.split("\n").flatMap(reader.line), ...reader.end()]
}
