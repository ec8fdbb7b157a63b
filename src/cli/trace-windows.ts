/**
 * Has TLC follow windows of recorded runs: spec/tla/TracePbft.tla, TraceZyzzyva.tla,
 * TraceProphecy.tla or TraceDProphecy.tla, with a generated TraceData.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Result } from "effect"
import type { Place } from "../tla-tools/place.ts"
import type { Report } from "../tla-tools/report.ts"
import { runTlc } from "../tla-tools/tlc.ts"
import { Toolchain } from "../tla-tools/toolchain.ts"
import { parseValue, type Value } from "../tla-tools/value.ts"
import { toTla } from "../tla-tools/value-text.ts"
import { matchedEvents } from "../tla-tools/verdict.ts"
import { dataModule } from "../trace-check/emit-window.ts"
import type {
  AskTlc,
  Mismatch,
  NoAnswer,
  Specification,
  TlcAnswer,
} from "../trace-check/tlc-window.ts"
import { specFolder } from "./installation.ts"

/** Values longer than this are cut in what is shown. */
const longest = 300

const shown = (value: Value | undefined): string | undefined => {
  if (value === undefined) return undefined
  const text = toTla(value)
  return text.length <= longest ? text : `${text.slice(0, longest)} ... (${text.length} characters)`
}

/** The records that the trace's module printed: TLC breaks a long one over several lines. */
export const mismatchesIn = (printed: ReadonlyArray<string>): ReadonlyArray<Mismatch> => {
  const found: Array<Mismatch> = []
  let pending = ""
  for (const line of printed) {
    if (pending === "" && !line.startsWith("[")) continue
    pending = pending === "" ? line : `${pending} ${line}`
    const value = parseValue(pending)
    if (Result.isFailure(value)) continue
    pending = ""
    const mismatch = mismatchOf(value.success)
    if (mismatch !== undefined) found.push(mismatch)
  }
  return found
}

const mismatchOf = (value: Value): Mismatch | undefined => {
  if (typeof value !== "object" || value._tag !== "Record") return undefined
  const { fields } = value
  const failed = fields.get("failed")
  if (typeof failed === "string") {
    const found = shown(fields.get("message"))
    return { field: failed, ...(found === undefined ? {} : { trace: found }) }
  }
  const field = fields.get("field")
  if (typeof field !== "string") return undefined
  const specification = shown(fields.get("specification")) ?? ""
  return { field, specification, trace: shown(fields.get("trace")) ?? "" }
}

/** The last conjunct of the specification's actions that was evaluated in a run of one event. */
const lastConjunct = (report: Report, specification: Specification): TlcAnswer["lastConjunct"] => {
  const places = report.coverage?.actions
    .filter(({ initial }) => !initial)
    .flatMap(({ expressions }) => expressions)
    .filter(({ place, evaluations }) => place.module === specification && evaluations > 0)
  const place = places?.at(-1)?.place
  return place === undefined ? undefined : conjunctAt(place)
}

const conjunctAt = ({ module, line, column, endLine, endColumn }: Place) => {
  const lines = readFileSync(join(specFolder, `${module}.tla`), "utf8").split("\n")
  const text = lines
    .slice(line - 1, endLine)
    .map((l, k, all) =>
      l.slice(k === 0 ? column - 1 : 0, k === all.length - 1 ? endColumn : undefined),
    )
    .map((l) => l.trim())
    .join(" ")
  return { place: `${module}.tla:${line}:${column}`, text }
}

const withData = <A>(traceData: string, use: (folder: string) => Promise<A>): Promise<A> =>
  mkdtemp(join(tmpdir(), "prophecy-window-")).then(async (folder) => {
    try {
      await writeFile(join(folder, `${dataModule}.tla`), traceData)
      return await use(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

const answerOf = (
  report: Report,
  matched: Result.Result<number, string>,
  specification: Specification,
): TlcAnswer | NoAnswer => {
  if (Result.isFailure(matched)) {
    const failure = report.failures[0]?.text
    return { problem: failure === undefined ? matched.failure : `${matched.failure}: ${failure}` }
  }
  const conjunct = lastConjunct(report, specification)
  return {
    followed: matched.success,
    distinctStates: report.statistics?.distinct ?? 0,
    printed: mismatchesIn(report.printed),
    ...(conjunct === undefined ? {} : { lastConjunct: conjunct }),
  }
}

/** TLC on one window; whatever keeps it from answering is the answer. */
const ask = (
  traceData: string,
  { specification, coverage }: Parameters<AskTlc>[1],
  signal: AbortSignal,
) =>
  withData(traceData, (folder) =>
    Effect.runPromise(
      runTlc({
        spec: join(specFolder, `Trace${specification}.tla`),
        workers: 1,
        short: true,
        coverage,
        library: [folder],
      }).pipe(
        Effect.map(({ report, verdict }) =>
          answerOf(report, matchedEvents(report, verdict), specification),
        ),
        Effect.provide(Toolchain.layer),
        Effect.catch((error) => Effect.succeed<NoAnswer>({ problem: error.message })),
      ),
      { signal },
    ),
  )

/** Asks TLC until `signal` is aborted. */
export const makeAskTlc =
  (signal: AbortSignal): AskTlc =>
  (traceData, options) =>
    ask(traceData, options, signal)
