/**
 * `prophecy tlc`: checks a TLA+ specification by TLC and says what was proved, found or left open.
 */
import { Console, Effect, Option, Schedule, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { TlcEvent } from "../tla-tools/event.ts"
import { makeReporter, type Reporter } from "../tla-tools/report.ts"
import type { TlcRun } from "../tla-tools/run-plan.ts"
import { eventDocument } from "../tla-tools/event-document.ts"
import { countsText, outcomeDocument, outcomeItf, outcomeText } from "../tla-tools/summary.ts"
import { runTlc, type TlcOutcome } from "../tla-tools/tlc.ts"
import { Toolchain } from "../tla-tools/toolchain.ts"
import { exitCodeOf } from "../tla-tools/verdict.ts"
import { diagramFlags, writeDiagrams, writeText } from "./diagram-files.ts"
import { counterexampleDiagram } from "./diagram-source.ts"
import { Ended, ExitCode, Refused } from "./ended.ts"
import { isAnimated } from "./progress.ts"
import { shortPath } from "./short-path.ts"

const positive = Schema.Int.pipe(Schema.check(Schema.isGreaterThan(0)))
const positiveFlag = (name: string, description: string) =>
  Flag.Int(name).pipe(Flag.withSchema(positive), Flag.withDescription(description), Flag.optional)
const textFlag = (name: string, pattern: RegExp, expected: string, description: string) =>
  Flag.String(name).pipe(
    Flag.filter(
      (text) => pattern.test(text),
      () => expected,
    ),
    Flag.withDescription(description),
    Flag.optional,
  )
const switchFlag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const flags = {
  spec: Argument.File("spec", { mustExist: false }).pipe(
    Argument.withDescription("The root module's file, ending in .tla"),
  ),
  extra: Argument.String("tlc-flag").pipe(
    Argument.withDescription("After --: further flags for TLC itself"),
    Argument.variadic(),
  ),
  config: Flag.File("config", { mustExist: false }).pipe(
    Flag.withDescription("TLC's configuration (default: the spec's name with .cfg)"),
    Flag.optional,
  ),
  workers: textFlag(
    "workers",
    /^(auto|[1-9]\d{0,3})$/,
    "a number or auto",
    "Worker threads (default auto: one a core; always 1 with a temporal property)",
  ),
  noDeadlock: switchFlag("no-deadlock", "A state without successors is no error"),
  simulate: positiveFlag("simulate", "Try this many random behaviours instead of all states"),
  depth: positiveFlag("depth", "Length of a random behaviour, in states"),
  seed: textFlag("seed", /^-?\d{1,19}$/, "a 64-bit integer", "Seed of TLC's random choices"),
  coverage: switchFlag("coverage", "Count how often each action is taken"),
  stopAfter: positiveFlag(
    "stop-after",
    "Stop after this many seconds; the verdict is bounded then",
  ),
  heap: textFlag(
    "heap",
    /^\d+[kmgKMG]$/,
    "a size such as 4g",
    "The JVM's heap, such as 4g or 800m",
  ),
  itf: Flag.File("itf", { mustExist: false }).pipe(
    Flag.withDescription("Write the counterexample to this file in the Informal Trace Format"),
    Flag.optional,
  ),
  ...diagramFlags("the counterexample"),
  full: switchFlag("full", "Show every state of a counterexample whole, not what changed"),
  json: switchFlag("json", "Print one JSON document (schema prophecy-tlc/1) instead of text"),
  ndjson: switchFlag("ndjson", "Tell each event of TLC as a JSON object a line, the document last"),
  quiet: switchFlag("quiet", "No progress on standard error"),
}

type Given = Command.Command.Config.Infer<typeof flags>

const toRun = (given: Given): TlcRun => ({
  spec: shortPath(given.spec),
  config: Option.getOrUndefined(Option.map(given.config, shortPath)),
  workers: Option.match(given.workers, {
    onNone: () => "auto" as const,
    onSome: (text) => (text === "auto" ? text : Number(text)),
  }),
  deadlock: given.noDeadlock ? false : undefined,
  simulate: Option.getOrUndefined(given.simulate),
  depth: Option.getOrUndefined(given.depth),
  seed: Option.getOrUndefined(Option.map(given.seed, BigInt)),
  coverage: given.coverage,
  stopAfterSeconds: Option.getOrUndefined(given.stopAfter),
  heap: Option.getOrUndefined(given.heap),
  extra: given.extra,
})

/** On a terminal a line that rewrites itself; elsewhere a line every ten seconds. */
const heartbeat = (reporter: Reporter, startedAt: number): Effect.Effect<void> => {
  const animated = isAnimated()
  const beat = Effect.sync(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    const report = reporter.report()
    const counts = report.progress === undefined ? "starting" : countsText(report)
    const line = `tlc: ${seconds} s, ${counts} (TLC counts once a minute)`
    process.stderr.write(animated ? `\r${line}\u001b[K` : `${line}\n`)
  })
  const clear = Effect.sync(() => void (animated && process.stderr.write("\r\u001b[K")))
  const pause = animated ? "1 second" : "10 seconds"
  return Effect.sleep(pause).pipe(
    Effect.andThen(Effect.repeat(beat, Schedule.spaced(pause))),
    Effect.asVoid,
    Effect.ensuring(clear),
  )
}

const printJson = (given: Given, document: unknown): Effect.Effect<void> =>
  Console.log(JSON.stringify(document, undefined, given.ndjson ? undefined : 2))

/** What an interrupted run had found; it proves nothing. */
const printPartial = (given: Given, reporter: Reporter): Effect.Effect<void> => {
  const report = reporter.report()
  const counts = report.statistics ?? report.progress
  const document = { schema: "prophecy-tlc/1", spec: given.spec, verdict: "interrupted", counts }
  return given.json || given.ndjson
    ? printJson(given, document)
    : Console.log(
        `interrupted: nothing is proved; ${countsText(report)}. Run it again to start over.`,
      )
}

const writeItf = (run: TlcRun, outcome: TlcOutcome, path: string) =>
  Effect.gen(function* () {
    const trace = outcomeItf(run, outcome)
    if (trace === undefined) {
      return yield* Console.error(`tlc: there is no counterexample; ${path} is not written`)
    }
    yield* writeText(path, `${JSON.stringify(trace, undefined, 2)}\n`)
  })

/** The first counterexample that has states, as for ITF. */
const drawn = ({ spec }: TlcRun, { verdict }: TlcOutcome) => {
  if (verdict._tag !== "violated") return undefined
  const found = verdict.violations.find(({ trace }) => trace.states.length > 0)
  if (found === undefined) return undefined
  return counterexampleDiagram(found.trace, `${spec}: ${found.kind} ${found.name ?? ""}`.trim())
}

const refused = (code: number) => (error: { readonly message: string }) =>
  new Refused({ code, text: error.message })

const check = Effect.fn("tlcCommand")(function* (given: Given) {
  const run = toRun(given)
  const loose = given.extra.find((word, i) => i === 0 && !word.startsWith("-"))
  if (loose !== undefined) {
    const text = `unexpected argument "${loose}"; TLC's own flags come after --`
    return yield* new Refused({ code: ExitCode.BadInput, text })
  }
  if (given.json && given.ndjson) {
    const text = "--json and --ndjson exclude each other"
    return yield* new Refused({ code: ExitCode.BadInput, text })
  }
  const reporter = makeReporter()
  const take = (event: TlcEvent): Effect.Effect<void> =>
    Effect.sync(() => {
      reporter.take(event)
      if (given.ndjson) process.stdout.write(`${JSON.stringify(eventDocument(event))}\n`)
    })
  const beat = given.quiet ? Effect.void : heartbeat(reporter, performance.now())
  const outcome = yield* Effect.forkScoped(beat).pipe(
    Effect.andThen(runTlc(run, take)),
    Effect.scoped,
    Effect.onInterrupt(() => printPartial(given, reporter)),
    Effect.provide(Toolchain.layer),
    Effect.catchTags({ TlcNotStarted: (error) => Effect.fail(refused(ExitCode.Internal)(error)) }),
    Effect.mapError((error) =>
      error._tag === "Refused" ? error : refused(ExitCode.BadInput)(error),
    ),
  )
  if (given.json || given.ndjson) yield* printJson(given, outcomeDocument(run, outcome))
  else yield* Console.log(outcomeText(run, outcome, { full: given.full }).join("\n"))
  if (Option.isSome(given.itf)) yield* writeItf(run, outcome, given.itf.value)
  yield* writeDiagrams(given, drawn(run, outcome), "tlc: there is no counterexample")
  const code = exitCodeOf(outcome.verdict)
  if (code !== 0) return yield* new Ended({ code })
})

export const tlcCommand = Command.make("tlc", flags, check).pipe(
  Command.withDescription(
    [
      "Check a TLA+ specification by TLC. Exit codes: 0 all states explored without error,",
      "3 no error within a limit, 10 assumption, 11 deadlock, 12 invariant, 13 property,",
      "14 assertion, 2 bad input, 70 internal.",
    ].join(" "),
  ),
  Command.withExamples([
    { command: "prophecy tlc spec/tla/MCPbft.tla", description: "check all states" },
    {
      command: "prophecy tlc Spec.tla --simulate 1000 --depth 50 --seed 7",
      description: "try random behaviours",
    },
    {
      command: "prophecy tlc Spec.tla --itf trace.itf.json -- -fp 3",
      description: "keep the counterexample; pass a flag on to TLC",
    },
  ]),
)
