/**
 * `prophecy replay`: checks what the processes of a run recorded. Every step is replayed through
 * the code that ran, the whole is watched for what must hold across processes, and TLC follows the
 * windows that are asked for.
 */
import { Console, Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { batchDigest, checkpointDigest, resultDigest } from "../net/digests.ts"
import { zyzzyvaDigests } from "../net/zyzzyva-config.ts"
import { Capture, type Selection } from "../trace-check/chain.ts"
import { checkTraces, type Observer } from "../trace-check/check.ts"
import { checkChain } from "../trace-check/chain-windows.ts"
import { DClientCapture } from "../trace-check/d-client-chain.ts"
import { checkDClientChain } from "../trace-check/d-client-windows.ts"
import { GroupWatch, type Watched } from "../trace-check/group-watch.ts"
import { together } from "../trace-check/observers.ts"
import { SketcherCapture } from "../trace-check/sketcher-chain.ts"
import { checkSketcherChain } from "../trace-check/sketcher-windows.ts"
import { type CheckedWindow, windowText } from "../trace-check/tlc-window.ts"
import { exitCodeOf, type Verdict, verdictDocument, verdictText } from "../trace-check/verdict.ts"
import { diagramFlags, isDrawn, writeDiagrams } from "./diagram-files.ts"
import { chainDiagram } from "./diagram-source.ts"
import { Ended, ExitCode, type Refused } from "./ended.ts"
import { makeProgress, type Progress } from "./progress.ts"
import { specDigest } from "./specification.ts"
import { badInput, filesOf, type Meter, sourceOf, type TraceFile } from "./trace-files.ts"
import { makeAskTlc } from "./trace-windows.ts"
import { watchedService } from "./watched-service.ts"

/** Windows that `--tlc auto` takes from each of two places of the run. */
const autoWindows = 2

const isRange = (text: string): boolean => /^[1-9]\d*:[1-9]\d*$/.test(text)

/** Steps of a kind of process that counts its own. */
const ownSteps = (name: string, whose: string) =>
  Flag.String(name).pipe(
    Flag.filter(isRange, () => "FROM:TO: numbers of steps of one process, from 1"),
    Flag.withDescription(`Have TLC follow these steps of ${whose}: FROM:TO`),
    Flag.optional,
  )

const flags = {
  traces: Argument.String("trace").pipe(
    Argument.withDescription(
      "Traces of one run: files, folders of .ndjson files, or the run's own folder",
    ),
    Argument.variadic({ min: 1 }),
  ),
  tlc: Flag.String("tlc").pipe(
    Flag.filter(
      (text) => text === "auto" || isRange(text),
      () => "auto, or FROM:TO: numbers of events in the merged run, from 1",
    ),
    Flag.withDescription(
      "Have TLC follow these events of replicas and clients: FROM:TO, or auto for two places of the run, and of each sketcher's and D-Prophecy's clients' own",
    ),
    Flag.optional,
  ),
  sketchers: ownSteps("sketchers", "each sketcher"),
  dClients: ownSteps("d-clients", "each process of D-Prophecy's clients"),
  service: Flag.Literals("service", ["album", "kv"]).pipe(
    Flag.withDescription(
      "Have a service of this kind execute the agreed log, and compare what replicas answered: in their order, and alone to a sketcher",
    ),
    Flag.optional,
  ),
  killed: Flag.Boolean("killed").pipe(
    Flag.withDescription(
      "Traces that just end are of processes that were killed or still run: check them as far as they go (exit code 3 at best)",
    ),
    Flag.withDefault(false),
  ),
  window: Flag.Int("window").pipe(
    Flag.filter(
      (size) => size >= 1 && size <= 10_000,
      () => "1 to 10000 events",
    ),
    Flag.withDescription("Events in one run of TLC"),
    Flag.withDefault(500),
  ),
  ...diagramFlags("events of the merged run, as --events says,"),
  events: Flag.String("events").pipe(
    Flag.filter(isRange, () => "FROM:TO: numbers of events in the merged run, from 1"),
    Flag.withDescription("With --svg or --mermaid: the events to draw, FROM:TO"),
    Flag.withDefault("1:100"),
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-replay/1) instead of text"),
    Flag.withDefault(false),
  ),
  ndjson: Flag.Boolean("ndjson").pipe(
    Flag.withDescription("Tell what is found as a JSON object a line, the document last"),
    Flag.withDefault(false),
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withDescription("No progress on standard error"),
    Flag.withDefault(false),
  ),
}

type Given = Command.Command.Config.Infer<typeof flags>

const selectionOf = (given: Given): Effect.Effect<Selection | undefined, Refused> => {
  const text = Option.getOrUndefined(given.tlc)
  if (text === undefined) return Effect.succeed(undefined)
  const size = given.window
  if (text === "auto") return Effect.succeed({ _tag: "Auto", size, windows: autoWindows })
  return rangeOf("--tlc", text)
}

/** The replicas' answers beside those of a service of the run's kind. */
const groupOf = ({ service }: Given): GroupWatch | undefined =>
  Option.isNone(service)
    ? undefined
    : new GroupWatch(watchedService(service.value === "kv" ? "key-value" : "album"))

const watchedLine = ({ ordered, fast, uncompared }: Watched): string =>
  `service   ${whole(ordered)} ordered and ${whole(fast)} fast answers are its own in the agreed log, ${whole(uncompared)} not compared`

/** What is captured for TLC: undefined where nothing is. */
interface Captured {
  readonly run: Capture | undefined
  readonly sketchers: SketcherCapture | undefined
  readonly dClients: DClientCapture | undefined
}

const capturedOf = Effect.fn("capturedOf")(function* (given: Given) {
  const selection = yield* selectionOf(given)
  // Places of the run that are chosen for the user are of all its processes.
  const auto = selection?._tag === "Auto" ? selection : undefined
  const steps = (flag: string, text: Option.Option<string>) =>
    Option.isNone(text) ? Effect.succeed(auto) : rangeOf(flag, text.value)
  const sketchers = yield* steps("--sketchers", given.sketchers)
  const dClients = yield* steps("--d-clients", given.dClients)
  return {
    run: selection === undefined ? undefined : new Capture(selection),
    sketchers: sketchers === undefined ? undefined : new SketcherCapture(sketchers),
    dClients: dClients === undefined ? undefined : new DClientCapture(dClients),
  }
})

const rangeOf = (flag: string, text: string): Effect.Effect<Selection, Refused> => {
  const [from = 0, to = 0] = text.split(":").map(Number)
  return from <= to
    ? Effect.succeed({ _tag: "Range", from, to })
    : Effect.fail(badInput(`${flag} ${text}: the first event comes after the last one`))
}

/** More rows than this nobody reads, and no browser likes. */
const mostDrawn = 2_000

const drawnOf = Effect.fn("drawnOf")(function* (given: Given) {
  if (!isDrawn(given)) return undefined
  const range = yield* rangeOf("--events", given.events)
  const many = range._tag === "Range" ? range.to - range.from + 1 : 0
  if (many <= mostDrawn) return new Capture(range)
  return yield* badInput(`--events ${given.events}: ${many} events, at most ${mostDrawn} are drawn`)
})

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")
const megabytes = (bytes: number): string => `${whole(bytes / 1e6)} MB`

interface Replayed {
  readonly verdict: Verdict
  readonly elapsedMs: number
}

/** What is told while it is found. */
type Tell = (line: Readonly<Record<string, unknown>>) => void

interface Telling {
  readonly progress: Progress
  readonly tell: Tell
}

const replay = Effect.fn("replay")(function* (
  files: ReadonlyArray<TraceFile>,
  captures: ReadonlyArray<Observer>,
  { progress, tell, killed }: Telling & Pick<Given, "killed">,
) {
  const meter: Meter = { events: 0, bytes: 0 }
  const size = files.reduce((sum, file) => sum + file.size, 0)
  const startedAt = performance.now()
  const detail = (): string =>
    `${whole(meter.events)} events, ${megabytes(meter.bytes)} of ${megabytes(size)}`
  const check = Effect.tryPromise({
    try: () =>
      checkTraces(
        files.map((file) => sourceOf(file, meter)),
        {
          digests: { batchDigest, checkpointDigest, resultDigest, zyzzyva: zyzzyvaDigests },
          spec: specDigest,
          killed,
          progress: (events) => {
            meter.events = events
            tell({ events, bytes: meter.bytes })
          },
          ...(captures.length === 0 ? {} : { observer: together(captures) }),
        },
      ),
    catch: (cause) => cause,
  }).pipe(Effect.catch(unreadable))
  const partial = Effect.suspend(() =>
    Console.error(
      `interrupted after ${whole(meter.events)} events: nothing is shown. Run it again to start over.`,
    ),
  )
  const verdict = yield* progress
    .during("replay", detail, check)
    .pipe(Effect.onInterrupt(() => partial))
  return { verdict, elapsedMs: performance.now() - startedAt }
})

// The operating system's own errors are about the file; anything else is a fault of this program.
const unreadable = (cause: unknown): Effect.Effect<never, Refused> => {
  const code = (cause as NodeJS.ErrnoException).code
  const known = cause instanceof Error && typeof code === "string" && "syscall" in cause
  return known
    ? Effect.fail(badInput(`a trace cannot be read: ${cause.message}`))
    : Effect.die(cause)
}

const checkWindows = Effect.fn("checkWindows")(function* (
  { run, sketchers, dClients }: Captured,
  size: number,
  checked: Array<CheckedWindow>,
  { progress, tell }: Telling,
) {
  const detail = (): string => `${checked.length} windows of ${size} events at most followed`
  const all = Stream.fromAsyncIterable(
    (async function* () {
      const abort = new AbortController()
      try {
        const ask = makeAskTlc(abort.signal)
        for (const chain of run?.chains() ?? []) yield* checkChain(chain, size, ask)
        for (const c of sketchers?.chains() ?? []) yield* checkSketcherChain(c, size, ask)
        for (const c of dClients?.chains() ?? []) yield* checkDClientChain(c, size, ask)
      } finally {
        abort.abort()
      }
    })(),
    (cause) => cause,
  ).pipe(
    Stream.runForEach((window) =>
      Effect.sync(() => {
        checked.push(window)
        tell({ window })
      }),
    ),
    Effect.orDie,
  )
  yield* progress.during("TLC", detail, all)
})

const tlcCode = (windows: ReadonlyArray<CheckedWindow> | undefined): number => {
  const tags = windows?.map(({ outcome }) => outcome._tag) ?? ["Accepted"]
  if (tags.includes("Rejected")) return ExitCode.Rejected
  return tags.includes("Unanswered") || tags.length === 0 ? ExitCode.Inconclusive : 0
}

interface Found extends Replayed {
  /** undefined: none were asked for, or the traces alone are wrong. */
  readonly windows: ReadonlyArray<CheckedWindow> | undefined
  /** undefined: no service was named. */
  readonly watched?: Watched | undefined
  /** The line that goes on with what Ctrl-C left out. */
  readonly again?: string
}

const documentOf = ({ verdict, elapsedMs, windows, watched, again }: Found) => {
  const interrupted = again === undefined ? {} : { interrupted: true, again }
  const tlc = windows === undefined ? {} : { tlc: { windows, ...interrupted } }
  const service = watched === undefined ? {} : { service: watched }
  return { ...verdictDocument(verdict), elapsedMs: Math.round(elapsedMs), ...service, ...tlc }
}

const textOf = ({ verdict, elapsedMs, windows, watched, again }: Found): string => {
  const lines = [verdictText(verdict)]
  if (watched !== undefined) lines.push(watchedLine(watched))
  if (verdict._tag !== "Unreadable") {
    const { events } = verdict.statistics
    const seconds = elapsedMs / 1000
    lines.push(`took      ${seconds.toFixed(1)} s, ${whole(events / seconds)} events/s`)
  }
  lines.push(...(windows ?? []).map(windowText))
  if (again !== undefined) {
    lines.push(
      "TLC       interrupted: partial, the other events are not checked",
      `again     ${again}`,
    )
  } else if (windows?.length === 0) {
    lines.push("TLC       the run has none of the events asked for")
  }
  return lines.join("\n")
}

const print = (given: Given, found: Found): Effect.Effect<void> => {
  if (given.ndjson) return Console.log(JSON.stringify(documentOf(found)))
  return Console.log(given.json ? JSON.stringify(documentOf(found), undefined, 2) : textOf(found))
}

/** The command that has TLC follow the events that it has not come to. */
const againLine = (given: Given, checked: ReadonlyArray<CheckedWindow>): string => {
  const asked = Option.getOrUndefined(given.tlc)
  const to = asked?.split(":")[1]
  const done = checked.findLast(({ specification }) =>
    ["Pbft", "Zyzzyva"].includes(specification),
  )?.to
  const rest = to === undefined || done === undefined ? asked : `${done + 1}:${to}`
  const flag = rest === undefined || done === Number(to) ? "" : `--tlc ${rest} `
  const own = [
    ["--sketchers", given.sketchers],
    ["--d-clients", given.dClients],
  ] as const
  const steps = own.flatMap(([name, text]) => (Option.isNone(text) ? [] : `${name} ${text.value} `))
  const killed = given.killed ? "--killed " : ""
  return `prophecy replay ${killed}${flag}${steps.join("")}--window ${given.window} ${given.traces.join(" ")}`
}

const run = Effect.fn("replayCommand")(function* (given: Given) {
  if (given.json && given.ndjson) {
    return yield* badInput("--json and --ndjson exclude each other")
  }
  const files = yield* filesOf(given.traces)
  const captured = yield* capturedOf(given)
  const tell: Tell = (line) => {
    if (given.ndjson) process.stdout.write(`${JSON.stringify(line)}\n`)
  }
  const telling = { progress: makeProgress(given.quiet), tell }
  const drawn = yield* drawnOf(given)
  const group = groupOf(given)
  const captures = [...Object.values(captured), drawn, group].filter((c) => c !== undefined)
  const replayed = {
    ...(yield* replay(files, captures, { ...telling, killed: given.killed })),
    watched: group?.watched,
  }
  if (drawn !== undefined) {
    // Events on both sides of a gap do not belong in one picture.
    const chain = drawn.chains()[0]
    const diagram = chain === undefined ? undefined : chainDiagram(chain)
    yield* writeDiagrams(given, diagram, `replay: no event of ${given.events} was replayed`)
  }
  const code = exitCodeOf(replayed.verdict)
  // TLC has nothing to add to traces that the model itself rejects.
  const good = code === 0 || code === ExitCode.Inconclusive
  const isAsked = Object.values(captured).some((capture) => capture !== undefined)
  const windows = isAsked && good ? new Array<CheckedWindow>() : undefined
  if (windows !== undefined) {
    tell({ replayed: verdictDocument(replayed.verdict) })
    const partial = Effect.suspend(() =>
      print(given, { ...replayed, windows, again: againLine(given, windows) }),
    )
    const all = checkWindows(captured, given.window, windows, telling)
    yield* all.pipe(Effect.onInterrupt(() => partial))
  }
  yield* print(given, { ...replayed, windows })
  const ends = [tlcCode(windows), code]
  const worst = ends.includes(ExitCode.Rejected) ? ExitCode.Rejected : Math.max(...ends)
  if (worst !== 0) return yield* new Ended({ code: worst })
})

export const replayCommand = Command.make("replay", flags, run).pipe(
  Command.withDescription(
    [
      "Check recorded runs: every step of every process against the model, all of them together,",
      "and windows of them by TLC: of replicas and clients against spec/tla/Pbft.tla or",
      "spec/tla/Zyzzyva.tla, of sketchers against spec/tla/Prophecy.tla, of D-Prophecy's clients",
      "against spec/tla/DProphecy.tla. Exit codes: 0 conforms,",
      "3 conforms but for declared gaps or a window that TLC could not be asked about,",
      "4 does not conform, 2 unreadable or bad input.",
    ].join(" "),
  ),
  Command.withExamples([
    { command: "prophecy replay traces/", description: "all processes of a run" },
    { command: "prophecy replay --tlc auto traces/", description: "and two places of it by TLC" },
    {
      command: "prophecy replay --killed traces/",
      description: "of a run of which a process was killed, or goes on",
    },
    {
      command: "prophecy replay --tlc 1:1000 --window 250 traces/*.ndjson",
      description: "the first thousand events by TLC, in four adjacent windows",
    },
    {
      command: "prophecy replay --service album traces/",
      description: "and what replicas answered, beside an album that executes the agreed log",
    },
    {
      command: "prophecy replay --sketchers 1:500 traces/",
      description: "the first steps of each sketcher by TLC",
    },
  ]),
)
