/**
 * `prophecy simulate`: runs the real machines in virtual time, under faults drawn from a seed or
 * written down in a scenario, checks their traces, and makes a failing run as small as it can.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { Console, Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import type { Scenario } from "../sim/scenario.ts"
import { storyText } from "../sim/story.ts"
import { scenarioOf } from "../sim/swarm.ts"
import { Ended, ExitCode, Refused } from "./ended.ts"
import { makeProgress, type Progress } from "./progress.ts"
import { isProblem, readScenario, scenarioText } from "./scenario-file.ts"
import { failureCode, runDocument, runLines, SwarmTotals } from "./simulate-report.ts"
import { type SimulatedRun, shrunk, simulateScenario } from "./simulated-run.ts"
import { specDigest } from "./specification.ts"

const natural = Schema.Int.pipe(
  Schema.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
)
const positive = Schema.Int.pipe(
  Schema.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 })),
)

const flags = {
  seed: Flag.Int("seed").pipe(
    Flag.withSchema(natural),
    Flag.withDescription("Tell the run of this seed line by line; with --seeds, the first seed"),
    Flag.optional,
  ),
  seeds: Flag.Int("seeds").pipe(
    Flag.withSchema(positive),
    Flag.withDescription("Run so many seeds, from --seed or 1 on, and add up what happened"),
    Flag.optional,
  ),
  protocol: Flag.Literals("protocol", ["pbft", "zyzzyva"]).pipe(
    Flag.withDescription("What the group of a seed runs; a scenario says it itself"),
    Flag.withDefault("pbft" as const),
  ),
  scenario: Flag.String("scenario").pipe(
    Flag.withDescription("Run the scenario in this file"),
    Flag.optional,
  ),
  out: Flag.String("out").pipe(
    Flag.withDescription("Folder for the traces of one run, and for scenarios that fail"),
    Flag.withDefault(join(".prophecy", "simulate")),
  ),
  traces: Flag.Boolean("traces").pipe(
    Flag.withDescription("Write the traces of one run to the folder of --out"),
    Flag.withDefault(false),
  ),
  shrink: Flag.Int("shrink").pipe(
    Flag.withSchema(natural),
    Flag.withDescription(
      "Runs that making the first failure smaller may take; 0: leave it (default 600 for seeds)",
    ),
    Flag.optional,
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-simulate/1) instead of text"),
    Flag.withDefault(false),
  ),
  ndjson: Flag.Boolean("ndjson").pipe(
    Flag.withDescription("Tell one run as a JSON object a line, the summary last"),
    Flag.withDefault(false),
  ),
  quiet: Flag.Boolean("quiet").pipe(
    Flag.withDescription("No progress on standard error, and of one run the summary only"),
    Flag.withDefault(false),
  ),
}

type Given = Command.Command.Config.Infer<typeof flags>

const badInput = (text: string): Refused => new Refused({ code: ExitCode.BadInput, text })

const load = (path: string): Effect.Effect<Scenario, Refused> =>
  Effect.gen(function* () {
    const text = yield* Effect.try({
      try: () => readFileSync(path, "utf8"),
      catch: (cause) => badInput(`${path} cannot be read: ${(cause as Error).message}`),
    })
    const read = readScenario(text)
    if (!isProblem(read)) return read
    const where = read.path === "" ? path : `${path}: ${read.path}`
    return yield* badInput(`${where}: ${read.problem}`)
  })

const written = (path: string, folder: string, text: string): Effect.Effect<string, Refused> =>
  Effect.try({
    try: () => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(path, text)
      return path
    },
    catch: (cause) => badInput(`${path} cannot be written: ${(cause as Error).message}`),
  })

const document = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ schema: "prophecy-simulate/1", ...fields }, undefined, 2)

// Whoever reads the story wants all of it at once: lines are gathered into larger writes.
class Telling {
  #lines: Array<string> = []
  readonly #told: boolean

  constructor(told: boolean) {
    this.#told = told
  }

  readonly tell = (line: string): void => {
    if (this.#told && this.#lines.push(line) >= 512) this.flush()
  }

  flush(): void {
    if (this.#lines.length > 0) process.stdout.write(`${this.#lines.join("\n")}\n`)
    this.#lines = []
  }
}

const small = Effect.fn("shrinkFailure")(function* (
  given: Given,
  run: SimulatedRun,
  progress: Progress,
) {
  const attempts = Option.getOrElse(given.shrink, () => (Option.isSome(given.scenario) ? 0 : 600))
  if (run.failure === null || attempts === 0) return { run, path: undefined }
  const meter = { attempt: 0 }
  const smallest = yield* progress.during(
    "shrink",
    () => `${meter.attempt} of at most ${attempts} runs`,
    Effect.promise(() =>
      shrunk(run, {
        spec: specDigest(),
        attempts,
        told: (attempt) => void (meter.attempt = attempt),
      }),
    ),
  )
  const name = Option.match(given.scenario, {
    onNone: () => `seed-${run.scenario.seed}.json`,
    onSome: (file) => `${basename(file, ".json")}-small.json`,
  })
  const path = join(given.out, name)
  return { run: smallest, path: yield* written(path, given.out, scenarioText(smallest.scenario)) }
})

// What a command that repeats a run has to say of the protocol.
const protocolWords = ({ protocol }: Given): string =>
  protocol === "pbft" ? "" : ` --protocol ${protocol}`

const reproduce = (path: string): ReadonlyArray<string> => [
  `saved      ${path}`,
  `reproduce  prophecy simulate --scenario ${path}`,
]

/** Lines of the story of a small scenario that are shown. */
const mostLines = 300

// The least that fails: what is left of the scenario, and its story without what was ignored.
const smallText = async (run: SimulatedRun, path: string): Promise<ReadonlyArray<string>> => {
  const all: Array<string> = []
  await simulateScenario(run.scenario, {
    spec: specDigest(),
    story: (line) => void (line.what.startsWith("Ignore:") || all.push(storyText(line))),
  })
  const left = all.length - mostLines
  const story = left > 0 ? [...all.slice(0, mostLines), `... ${left} more lines`] : all
  const { faults, byzantine, fates, requests } = run.scenario
  return [
    `smallest   ${requests.length} requests, ${faults.length} faults, ${fates.length} fates of ` +
      `messages, ${byzantine.length} Byzantine replicas`,
    ...story,
    ...runLines(run),
    ...reproduce(path),
  ]
}

const saveTraces = (given: Given, { files }: SimulatedRun) =>
  Effect.forEach([...files], ([name, lines]) =>
    written(join(given.out, name), given.out, `${lines.join("\n")}\n`),
  )

const one = Effect.fn("simulateOne")(function* (given: Given, scenario: Scenario) {
  const progress = makeProgress(given.quiet)
  const telling = new Telling(!given.json && (!given.quiet || given.ndjson))
  const run = yield* Effect.promise(() =>
    simulateScenario(scenario, {
      spec: specDigest(),
      story: (line) => telling.tell(given.ndjson ? JSON.stringify(line) : storyText(line)),
    }),
  )
  telling.flush()
  if (given.traces) yield* saveTraces(given, run)
  const smallest = yield* small(given, run, progress)
  const { path } = smallest
  if (given.json || given.ndjson) {
    const fields = { ...runDocument(run), scenario: path ?? null }
    const text = given.json
      ? document(fields)
      : JSON.stringify({ schema: "prophecy-simulate/1", ...fields })
    yield* Console.log(text)
  } else {
    yield* Console.log(runLines(run).join("\n"))
    if (path !== undefined) {
      const lines = yield* Effect.promise(() => smallText(smallest.run, path))
      yield* Console.log(lines.join("\n"))
    }
  }
  if (!given.json && !given.ndjson && Option.isNone(given.scenario)) {
    yield* Console.log(
      `again      prophecy simulate${protocolWords(given)} --seed ${scenario.seed}`,
    )
  }
  return failureCode(run.failure)
})

const swarm = Effect.fn("simulateSwarm")(function* (given: Given, from: number, count: number) {
  const progress = makeProgress(given.quiet)
  const totals = new SwarmTotals()
  const first: Array<SimulatedRun> = []
  const startedAt = performance.now()
  const seconds = (): number => (performance.now() - startedAt) / 1000
  const detail = (): string => {
    const hours = (totals.virtualMs / 3_600_000).toFixed(1)
    return `${totals.seeds} of ${count} seeds, ${hours} simulated hours, ${totals.failures.length} violations`
  }
  const spec = specDigest()
  const seed = (k: number) =>
    Effect.promise(() => simulateScenario(scenarioOf(from + k, given.protocol), { spec })).pipe(
      Effect.map((run) => {
        totals.add(run)
        if (run.failure !== null && first.length === 0) first.push(run)
      }),
      // So that progress shows and Ctrl-C is heard between two seeds.
      Effect.andThen(Effect.sleep(0)),
    )
  const partial = Effect.suspend(() =>
    Console.error(`interrupted, partial:\n${totals.lines(seconds()).join("\n")}\n${next()}`),
  )
  const next = (): string =>
    `go on      prophecy simulate${protocolWords(given)} --seed ${from + totals.seeds} --seeds ${count - totals.seeds}`
  const all = Effect.forEach(
    Array.from({ length: count }, (_, k) => k),
    seed,
    { discard: true },
  )
  yield* progress.during("simulate", detail, all).pipe(Effect.onInterrupt(() => partial))
  const took = seconds()
  const failed = first[0]
  const smallest = failed === undefined ? undefined : yield* small(given, failed, progress)
  if (given.json) {
    const scenario = smallest?.path ?? null
    yield* Console.log(document({ from, ...totals.document(took), scenario }))
  } else {
    yield* Console.log(totals.lines(took).join("\n"))
    const path = smallest?.path
    if (smallest !== undefined && path !== undefined) {
      const lines = yield* Effect.promise(() => smallText(smallest.run, path))
      yield* Console.log(lines.join("\n"))
    }
    yield* Console.log(
      `again      prophecy simulate${protocolWords(given)} --seed ${from} --seeds ${count}`,
    )
  }
  return failureCode(failed?.failure ?? null)
})

const misused = (given: Given): string | undefined => {
  if (Option.isSome(given.scenario) && (Option.isSome(given.seed) || Option.isSome(given.seeds))) {
    return "--scenario names the whole run: leave --seed and --seeds out"
  }
  if (given.json && given.ndjson) return "--json and --ndjson exclude each other"
  if (Option.isNone(given.seeds)) return undefined
  if (given.traces) return "--traces is for one run: leave --seeds out"
  return given.ndjson ? "--ndjson tells one run: leave --seeds out" : undefined
}

const run = Effect.fn("simulateCommand")(function* (given: Given) {
  const wrong = misused(given)
  if (wrong !== undefined) return yield* badInput(wrong)
  const from = Option.getOrElse(given.seed, () => 1)
  const code = Option.isSome(given.scenario)
    ? yield* one(given, yield* load(given.scenario.value))
    : Option.isSome(given.seeds)
      ? yield* swarm(given, from, given.seeds.value)
      : yield* one(given, scenarioOf(from, given.protocol))
  if (code !== 0) return yield* new Ended({ code })
})

export const simulateCommand = Command.make("simulate", flags, run).pipe(
  Command.withDescription(
    [
      "Run the real replicas and clients in virtual time under lost, late and repeated messages,",
      "partitions, crashes with torn logs and Byzantine replicas, and check everything they did.",
      "Exit codes: 0 good, 12 a safety property broke, 13 a request never completed, 14 an",
      "assertion of the code broke, 4 a trace does not conform or a scenario's expectation was not",
      "met, 2 bad input.",
    ].join(" "),
  ),
  Command.withExamples([
    { command: "prophecy simulate --seed 7", description: "one run, told line by line" },
    { command: "prophecy simulate --seeds 1000", description: "a swarm of a thousand runs" },
    { command: "prophecy simulate --protocol zyzzyva --seeds 300", description: "of Zyzzyva" },
    {
      command: "prophecy simulate --scenario test/scenarios/equivocating-primary.json",
      description: "a run that is written down",
    },
  ]),
)
