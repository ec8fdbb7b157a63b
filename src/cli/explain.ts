/**
 * `prophecy explain`: which quorum a run waits for, from whom, and since when; told from what its
 * processes recorded, also while they still run.
 */
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { batchDigest, checkpointDigest, resultDigest } from "../net/digests.ts"
import { checkTraces } from "../trace-check/check.ts"
import { exitCodeOf, type Verdict, verdictDocument, verdictText } from "../trace-check/verdict.ts"
import { Ended, ExitCode } from "./ended.ts"
import { Standing } from "./missing-quorum.ts"
import { openEnds } from "./open-trace.ts"
import { makeProgress } from "./progress.ts"
import { specDigest } from "./specification.ts"
import { filesOf, type Meter, sourceOf } from "./trace-files.ts"
import type { Moment, Waiting } from "./waiting.ts"

const flags = {
  traces: Argument.String("trace").pipe(
    Argument.withDescription(
      "Traces of one run, which may still go on: files, folders of them, or the run's own folder",
    ),
    Argument.variadic({ min: 1 }),
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-explain/1) instead of text"),
    Flag.withDefault(false),
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withDescription("No progress on standard error"),
    Flag.withDefault(false),
  ),
}

type Given = Command.Command.Config.Infer<typeof flags>

const sinceText = (since: Moment | undefined, events: number): string => {
  if (since === undefined) return "nobody knows since when: steps are missing before it"
  const ago = events - since.event
  return `since ${since.file}:${since.line} (event ${since.event} of ${events}, ${ago} ago)`
}

const numbers = (seqs: ReadonlyArray<number>): string => {
  const [first, last] = [seqs[0], seqs.at(-1)]
  if (first === undefined || last === undefined) return ""
  const dense = last - first === seqs.length - 1
  if (first === last) return `sequence number ${first}: `
  return `sequence numbers ${dense ? `${first} to ${last}` : seqs.join(", ")}: `
}

const waitingLines = (w: Waiting, events: number): ReadonlyArray<string> => {
  const has = w.has.length === 0 ? "none" : `${w.has.length} (of ${w.has.join(", ")})`
  const own = w.message === "RESULT" ? "" : `; needs ${w.needs} ${w.message}, has ${has}`
  return [
    `${w.process}  ${numbers(w.seqs)}${w.stage}${own}`,
    ...w.lacks.map(({ replica, why }) => `    lacks replica ${replica}: ${why}`),
    `    ${sinceText(w.since, events)}`,
  ]
}

const asText = (standing: Standing, open: ReadonlyArray<string>): string => {
  const { events } = standing
  const waiting = standing.waiting()
  const lines =
    waiting.length === 0
      ? [`nothing is waited for after ${events} events: all that was begun is done`]
      : waiting.flatMap((w) => waitingLines(w, events))
  const ends = open.map((name) => `${name} has no end: its process was killed, or still runs`)
  return [...lines, ...ends].join("\n")
}

const asJson = (verdict: Verdict, standing: Standing, open: ReadonlyArray<string>): string => {
  const { verdict: conforms } = verdictDocument(verdict)
  const told = { events: standing.events, waiting: standing.waiting(), open }
  const found = "finding" in verdict ? { finding: verdict.finding } : told
  return JSON.stringify({ schema: "prophecy-explain/1", conforms, ...found }, undefined, 2)
}

const run = Effect.fn("explainCommand")(function* (given: Given) {
  const files = yield* filesOf(given.traces)
  const meter: Meter = { events: 0, bytes: 0 }
  const standing = new Standing()
  const progress = makeProgress(given.quiet)
  const open: Array<string> = []
  const check = Effect.promise(async () => {
    const sources = files.map((file) => sourceOf(file, meter))
    return checkTraces(await openEnds(sources, (name) => open.push(name)), {
      digests: { batchDigest, checkpointDigest, resultDigest },
      spec: specDigest(),
      killed: true,
      progress: (events) => void (meter.events = events),
      observer: standing,
    })
  })
  const verdict = yield* progress.during("explain", () => `${meter.events} events`, check)
  const code = exitCodeOf(verdict)
  const wrong = code === ExitCode.BadInput || code === ExitCode.Rejected
  if (given.json) yield* Console.log(asJson(verdict, standing, open.sort()))
  else if (wrong) yield* Console.log(verdictText(verdict))
  else yield* Console.log(asText(standing, open.sort()))
  if (wrong) return yield* new Ended({ code })
})

export const explainCommand = Command.make("explain", flags, run).pipe(
  Command.withDescription(
    [
      "Say which quorum a recorded run waits for at its end, from whom, and since when; what the",
      "trace of each silent replica says of it. A trace that has no end yet is read as far as it",
      "goes. Exit codes: 0 told, 4 the traces do not conform, 2 unreadable or bad input.",
    ].join(" "),
  ),
  Command.withExamples([
    { command: "prophecy explain traces/", description: "a run that came to a halt" },
    {
      command: "prophecy explain --json .prophecy/run-1/traces/replica-*.ndjson",
      description: "the replicas alone, for a program",
    },
  ]),
)
