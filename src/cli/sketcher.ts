/** `prophecy sketcher`: HTTP in front of a configured group of replicas, in the foreground. */
import { readFileSync } from "node:fs"
import { Console, Effect, Option, Result, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { makeSketcher, sketcherDefaults, type SketcherStatus } from "../net/sketcher.ts"
import { openFront } from "../web/front.ts"
import { defaultRoutes, RouteRules } from "../web/routes.ts"
import { ExitCode, Refused } from "./ended.ts"
import { loadConfig } from "./group.ts"
import { traceOf } from "./replica.ts"
import { examinePort, listening } from "./serve.ts"
import { sketcherBackend } from "./sketcher-backend.ts"

const whole = (name: string, minimum: number, maximum: number, description: string) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (n) => n >= minimum && n <= maximum,
      () => `a whole number from ${minimum} to ${maximum}`,
    ),
    Flag.withDescription(description),
  )

const flags = {
  config: Flag.File("config", { mustExist: false }).pipe(
    Flag.withDescription("The cluster's configuration; its service must be album or origin"),
  ),
  endpoint: whole(
    "endpoint",
    0,
    1_000_000,
    "Which endpoint's secret it holds (default 0); its clients carry ordered operations",
  ).pipe(Flag.withDefault(sketcherDefaults.endpoint)),
  port: whole("port", 0, 65_535, "Port to listen on, on loopback; 0 takes any free one").pipe(
    Flag.withDefault(8080),
  ),
  routes: Flag.File("routes", { mustExist: false }).pipe(
    Flag.withDescription("JSON with routes and ignoreHeaders: which requests are reads, and keys"),
    Flag.optional,
  ),
  proxied: Flag.Boolean("proxied").pipe(
    Flag.withDescription("Keep no sketches: proxied PBFT, the baseline"),
    Flag.withDefault(false),
  ),
  fastReadMs: whole(
    "fast-read-ms",
    1,
    60_000,
    `How long a drawn replica may take, in milliseconds (default ${sketcherDefaults.fastReadMs})`,
  ).pipe(Flag.withDefault(sketcherDefaults.fastReadMs)),
  sketches: whole(
    "sketches",
    1,
    10_000_000,
    `How many results are sketched before the oldest half is dropped (default ${2 * sketcherDefaults.generation})`,
  ).pipe(Flag.withDefault(2 * sketcherDefaults.generation)),
  strikes: whole(
    "strikes",
    0,
    1_000,
    `After so many bad answers a replica is not asked for a while; 0: it is (default ${sketcherDefaults.maxStrikes})`,
  ).pipe(Flag.withDefault(sketcherDefaults.maxStrikes)),
  timeout: whole(
    "timeout",
    10,
    600_000,
    "Milliseconds after which an unanswered request gets 504 (default 10000)",
  ).pipe(Flag.withDefault(sketcherDefaults.timeoutMs)),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-sketcher/1) when it listens"),
    Flag.withDefault(false),
  ),
}
type Given = Command.Command.Config.Infer<typeof flags>

const refused = (text: string): Refused => new Refused({ code: ExitCode.BadInput, text })

/** The routes that a file says; what it leaves out is as by default. */
const routesOf = (file: Option.Option<string>): Effect.Effect<RouteRules, Refused> =>
  Effect.gen(function* () {
    if (Option.isNone(file)) return defaultRoutes
    const path = file.value
    const json = yield* Effect.try({
      try: () => JSON.parse(readFileSync(path, "utf8")) as object,
      catch: (cause) => refused(`--routes: ${path}: ${(cause as Error).message}`),
    })
    const decoded = Schema.decodeUnknownResult(RouteRules)({ ...defaultRoutes, ...json })
    if (Result.isFailure(decoded)) {
      return yield* refused(`--routes: ${path}: ${String(decoded.failure)}`)
    }
    return decoded.success
  })

const lastWords = ({ ways }: SketcherStatus): string => {
  const total = Object.values(ways).reduce((sum, n) => sum + n, 0)
  const why = Object.entries(ways).map(([way, n]) => `${way} ${n}`)
  return `${total} answers${why.length === 0 ? "" : `: ${why.join(", ")}`}`
}

const run = Effect.fn("sketcher")(function* (given: Given) {
  const { port, endpoint, fastReadMs, proxied, strikes: maxStrikes, timeout: timeoutMs } = given
  yield* examinePort(port)
  const routes = yield* routesOf(given.routes)
  const config = yield* loadConfig(given.config)
  if (config.service !== "album" && config.service !== "origin") {
    return yield* refused(
      `${given.config}: its service is ${config.service}, whose operations are no HTTP requests; a sketcher needs album or origin`,
    )
  }
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const sketcher = yield* makeSketcher(config, {
    endpoint,
    sketches: !proxied,
    generation: Math.ceil(given.sketches / 2),
    maxStrikes,
    fastReadMs,
    timeoutMs,
    log,
    ...traceOf(config),
  }).pipe(
    Effect.mapError((error) =>
      refused(error._tag === "NoEndpoint" ? `--endpoint: ${error.message}` : error.message),
    ),
  )
  const backend = sketcherBackend(sketcher)
  const front = yield* listening(port, () => openFront({ backend, routes, port, log }))
  const url = `http://127.0.0.1:${front.port}`
  const kind = proxied ? "proxied PBFT" : "sketcher"
  yield* Console.log(
    given.json
      ? JSON.stringify({ schema: "prophecy-sketcher/1", url, endpoint, proxied })
      : `${kind} at ${url}, before ${config.replicas.length} replicas; Ctrl-C ends it`,
  )
  yield* Effect.addFinalizer(() => Effect.map(sketcher.status, (status) => log(lastWords(status))))
  return yield* Effect.never
}, Effect.scoped)

export const sketcherCommand = Command.make("sketcher", flags, run).pipe(
  Command.withDescription(
    "Listen for HTTP clients before a group of replicas: a read whose result is sketched is answered by one replica and compared with the sketch, everything else is agreed on. Every response says how it was come by, in its field Prophecy. Cache-Control: no-cache asks for a fresh answer; Prophecy-After with the Prophecy-Position of an earlier answer, for nothing older. Exit codes: 130 and 143 after a signal, 2 bad configuration or port in use.",
  ),
  Command.withExamples([
    { command: "prophecy sketcher --config cluster.json", description: "on port 8080" },
    {
      command: "prophecy sketcher --config cluster.json --proxied --port 8081",
      description: "the baseline beside it",
    },
  ]),
)
