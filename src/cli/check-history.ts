/**
 * `prophecy check-history`: whether what clients saw is linearizable, or delay-once; and where it
 * is not, the first event that does not fit and the fewest operations that it does not fit with.
 */
import { existsSync, statSync } from "node:fs"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Consistency, HistoryEvent } from "../consistency/call.ts"
import { HistoryChecker, type Violation } from "../consistency/checker.ts"
import { badByValue } from "../consistency/evidence.ts"
import { type Explanation, explain } from "../consistency/explanation.ts"
import { type Model, models, register } from "../consistency/model.ts"
import { type BadLine, HistoryReader } from "../consistency/reader.ts"
import { historyDocument, historyText, type Judged } from "./check-history-report.ts"
import { Ended, ExitCode } from "./ended.ts"
import { type HistoryMeter, LineTooLong, linesOf } from "./history-source.ts"
import { makeProgress } from "./progress.ts"
import { badInput } from "./trace-files.ts"

const consistencies = ["linearizable", "delay-once"] as const

const limitFlag = (name: string, value: number, description: string) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (n) => n >= 1,
      () => "a number from 1",
    ),
    Flag.withDescription(`${description} (default ${value}); beyond it the verdict is unknown`),
    Flag.withDefault(value),
  )

const flags = {
  file: Argument.String("file").pipe(
    Argument.withDescription(
      "The history, JSON lines as docs/history-format.md says; - reads standard input",
    ),
  ),
  consistency: Flag.Literals("consistency", consistencies).pipe(
    Flag.withDescription("What the history must be"),
  ),
  model: Flag.Literals(
    "model",
    models.map((m) => m.name),
  ).pipe(
    Flag.withDescription("The service (default register: each key holds a value)"),
    Flag.withDefault(register.name),
  ),
  mostPossibilities: limitFlag(
    "most-possibilities",
    50_000,
    "States of the service that are looked at for one event of an object",
  ),
  mostKept: limitFlag("most-kept", 200_000, "Values and operations kept in memory for one object"),
  mostObjects: limitFlag("most-objects", 1_000_000, "Objects of the history"),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription(
      "Print one JSON document (schema prophecy-check-history/1) instead of text",
    ),
    Flag.withDefault(false),
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withDescription("No progress on standard error"),
    Flag.withDefault(false),
  ),
}

type Given = Command.Command.Config.Infer<typeof flags>

/** Events of one object that are read again to explain what was forgotten, at most. */
const mostReadAgain = 200_000

interface Pass {
  readonly reader: HistoryReader
  readonly found: Violation | BadLine | undefined
}

const isBadLine = (found: object): found is BadLine => "bad" in found

const passOver = async (
  given: Given,
  model: Model,
  meter: HistoryMeter,
  take: (event: HistoryEvent) => Violation | undefined,
): Promise<Pass> => {
  const reader = new HistoryReader(model)
  for await (const lines of linesOf(given.file, meter)) {
    for (const line of lines) {
      const event = reader.next(line)
      if (isBadLine(event)) return { reader, found: event }
      const found = take(event)
      if (found !== undefined) return { reader, found }
    }
  }
  return { reader, found: undefined }
}

/** All events of the object up to the bad one, from the file; undefined where that is too much. */
const readAgain = async (
  given: Given,
  model: Model,
  { event }: Violation,
): Promise<ReadonlyArray<HistoryEvent> | undefined> => {
  const objectOf = (e: HistoryEvent) => ("begun" in e ? e.begun.object : e.ended.call.object)
  const lastLine = "ended" in event ? event.ended.line : event.begun.line
  const events: Array<HistoryEvent> = []
  const reader = new HistoryReader(model)
  for await (const lines of linesOf(given.file, { lines: 0, bytes: 0 })) {
    for (const line of lines) {
      const next = reader.next(line)
      if (isBadLine(next) || events.length > mostReadAgain) return undefined
      if (objectOf(next) === objectOf(event)) events.push(next)
      if (reader.lines === lastLine) return events
    }
  }
  return undefined
}

/** From all that the object's clients saw, if that can be; or from what is still known. */
const explained = async (
  given: Given,
  model: Model,
  violation: Violation,
): Promise<Explanation | undefined> => {
  const isFile = given.file !== "-" && statSync(given.file).isFile()
  if (model === register && isFile) {
    const events = await readAgain(given, model, violation)
    const isBad = badByValue(given.consistency, true)
    const found = events && explain({ events, isBad }, given.consistency)
    if (found !== undefined) return found
  }
  return explain(violation.evidence, given.consistency)
}

const judge = async (
  given: Given,
  model: Model,
  meter: HistoryMeter,
): Promise<Judged | BadLine> => {
  const startedAt = performance.now()
  const checker = new HistoryChecker({
    consistency: given.consistency,
    model,
    mostPossibilities: given.mostPossibilities,
    mostKept: given.mostKept,
    mostObjects: given.mostObjects,
  })
  const { reader, found } = await passOver(given, model, meter, (event) => checker.take(event))
  if (found !== undefined && isBadLine(found)) return found
  if (reader.lines === 0) return { bad: "the history is empty: nothing would be checked", line: 1 }
  const { lines, operations } = reader
  const counts = { lines, operations, objects: checker.objects }
  const asked = {
    file: given.file,
    consistency: given.consistency as Consistency,
    model: model.name,
  }
  const explanation = found && (await explained(given, model, found))
  const elapsedMs = performance.now() - startedAt
  return { ...asked, ...counts, elapsedMs, violation: found, explanation, gaveUp: checker.gaveUp }
}

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")

const run = Effect.fn("checkHistoryCommand")(function* (given: Given) {
  const model = models.find((m) => m.name === given.model) ?? register
  if (given.file !== "-" && !existsSync(given.file)) {
    return yield* badInput(`${given.file}: there is no such file`)
  }
  const meter: HistoryMeter = { lines: 0, bytes: 0 }
  const progress = makeProgress(given.quiet)
  const work = Effect.tryPromise({
    try: () => judge(given, model, meter),
    catch: (cause) => cause,
  }).pipe(Effect.catch(unreadable(given.file)))
  const detail = (): string => `${whole(meter.lines)} lines, ${whole(meter.bytes / 1e6)} MB`
  const partial = Effect.suspend(() =>
    Console.error(`interrupted after ${whole(meter.lines)} lines: nothing is shown. Run it again.`),
  )
  const judged = yield* progress
    .during("check-history", detail, work)
    .pipe(Effect.onInterrupt(() => partial))
  if (isBadLine(judged)) {
    return yield* badInput(`${given.file}:${judged.line}: ${judged.bad}`)
  }
  yield* Console.log(
    given.json
      ? JSON.stringify(historyDocument(judged), undefined, 2)
      : historyText(judged).join("\n"),
  )
  if (judged.violation !== undefined) return yield* new Ended({ code: ExitCode.Rejected })
  if (judged.gaveUp !== undefined) return yield* new Ended({ code: ExitCode.Inconclusive })
})

// The operating system's own errors are about the file; anything else is a fault of this program.
const unreadable = (file: string) => (cause: unknown) => {
  const isFault = !(cause instanceof Error && ("syscall" in cause || cause instanceof LineTooLong))
  return isFault
    ? Effect.die(cause)
    : Effect.fail(badInput(`${file}: the history cannot be read: ${cause.message}`))
}

export const checkHistoryCommand = Command.make("check-history", flags, run).pipe(
  Command.withDescription(
    [
      "Check what clients saw, as JSON lines: whether it is linearizable, or delay-once",
      "linearizable. Where it is not, say which event is the first that does not fit, and against",
      "which others. Exit codes: 0 it is, 4 it is not, 3 a limit ended the search before that was",
      "known, 2 unreadable or bad input.",
    ].join(" "),
  ),
  Command.withExamples([
    {
      command: "prophecy check-history history.ndjson --consistency linearizable",
      description: "registers: f, key and value",
    },
    {
      command: "prophecy check-history album.ndjson --consistency delay-once --model album",
      description: "another service: object, request, op and result",
    },
  ]),
)
