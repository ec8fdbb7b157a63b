/** `prophecy start`: the main job, or with --serve a service until a signal comes. */
import { randomInt } from "node:crypto"
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { ClusterConfig } from "../net/cluster-config.ts"
import {
  changesOf,
  type FeatureName,
  featureNames,
  featuresIn,
  featuresOfProtocol,
} from "./features.ts"
import { Ended, ExitCode, Refused } from "./ended.ts"
import { loadConfig, makeRunConfig, makeRunFolder } from "./group.ts"
import { judgeReads, mainJob } from "./main-job.ts"
import { makeProgress, type Progress } from "./progress.ts"
import { examinePort, serve } from "./serve.ts"
import { serveOrigin } from "./serve-origin.ts"
import { serveAlbum } from "./serve-album.ts"
import { type Findings, noFindings } from "./start-findings.ts"
import { exitCodeOf, reportDocument, reportText } from "./start-report.ts"

const replicas = 4
const servingPort = 8080
/** How many requests of `--serve` can be under way at a time. */
const servingClients = 64

const whole = (name: string, minimum: number, maximum: number) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (n) => n >= minimum && n <= maximum,
      () => `a whole number from ${minimum} to ${maximum}`,
    ),
  )
const switchFlag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const flags = {
  seconds: whole("seconds", 1, 300).pipe(
    Flag.withDescription("How long to put load on the service (default 8)"),
    Flag.withDefault(8),
  ),
  clients: whole("clients", 1, 1000).pipe(
    Flag.withDescription("How many clients, each one request at a time (default 20)"),
    Flag.withDefault(20),
  ),
  seed: whole("seed", 0, 2 ** 32 - 1).pipe(
    Flag.withDescription("Seed of the clients' choices (default: a random one, which is printed)"),
    Flag.optional,
  ),
  noTlc: switchFlag("no-tlc", "Do not have TLC check windows of the traces"),
  out: Flag.String("out").pipe(
    Flag.withDescription("Folder of this run: configuration, logs, traces (default: a new one)"),
    Flag.optional,
  ),
  serve: switchFlag("serve", "Serve your requests until Ctrl-C instead of putting load on it"),
  service: Flag.Literals("service", ["album", "kv", "origin"]).pipe(
    Flag.withDescription(
      "The photo album behind a sketcher (with --serve: a page), or the key-value service alone; with --serve, origin: web servers that the replicas ask (default album)",
    ),
    Flag.withDefault("album"),
  ),
  protocol: Flag.Literals("protocol", ["pbft", "zyzzyva"]).pipe(
    Flag.withDescription("How the replicas agree (default pbft)"),
    Flag.withDefault("pbft"),
  ),
  with: Flag.String("with").pipe(
    Flag.withDescription(
      `Features that are off by default: all, or of ${featureNames.join(",")}; of these Zyzzyva has ${featuresOfProtocol.zyzzyva.join(",")} (default none)`,
    ),
    Flag.withDefault("none"),
  ),
  root: Flag.Directory("root", { mustExist: true }).pipe(
    Flag.withDescription(
      "With --service origin: the folder that an Apache for each replica serves",
    ),
    Flag.optional,
  ),
  origin: Flag.String("origin").pipe(
    Flag.withDescription("With --service origin: the URL of a replica's web server; four times"),
    Flag.atLeast(0),
  ),
  port: whole("port", 0, 65_535).pipe(
    Flag.withDescription(
      `Port of the HTTP front end; 0 takes any free one (default: ${servingPort} with --serve)`,
    ),
    Flag.optional,
  ),
  config: Flag.File("config", { mustExist: false }).pipe(
    Flag.withDescription("With --serve: the cluster that prophecy init configured"),
    Flag.optional,
  ),
  noTrace: switchFlag("no-trace", "With --serve: record no traces"),
  restartDead: switchFlag("restart-dead", "With --serve: start a replica again when it has ended"),
  timeout: whole("timeout", 10, 600_000).pipe(
    Flag.withDescription("Milliseconds after which an unanswered request gets 504 (default 10000)"),
    Flag.withDefault(10_000),
  ),
  json: switchFlag("json", "Print one JSON document (schema prophecy-start/1) instead of text"),
  quiet: switchFlag("quiet", "No progress on standard error"),
}
type Given = Command.Command.Config.Infer<typeof flags>

/** The service by the name that configurations have for it. */
const serviceOf = ({ service }: Given): "album" | "key-value" | "origin" =>
  service === "kv" ? "key-value" : service

const featuresOf = (given: Given): ReadonlyArray<FeatureName> => {
  const found = featuresIn(given.with, given.protocol)
  return "names" in found ? found.names : []
}

/** Flags that mean nothing in the asked-for mode. */
const misplaced = (given: Given): string | undefined => {
  const { protocol } = given
  const found = featuresIn(given.with, protocol)
  if ("unknown" in found) {
    return `--with ${given.with}: ${protocol} has no feature ${JSON.stringify(found.unknown)}; there are ${featuresOfProtocol[protocol].join(", ")}`
  }
  if (given.protocol === "zyzzyva" && Option.isSome(given.config)) {
    return "--protocol and --config exclude each other: the configuration says which it is"
  }
  if (given.protocol === "zyzzyva" && given.service === "origin") {
    return "--protocol zyzzyva goes with --service album or kv"
  }
  if (found.names.length > 0 && Option.isSome(given.config)) {
    return "--with and --config exclude each other: the configuration says what is on"
  }
  if (!given.serve && Option.isSome(given.config)) return "--config goes with --serve"
  if (!given.serve && given.noTrace) return "--no-trace goes with --serve"
  if (!given.serve && given.restartDead) return "--restart-dead goes with --serve"
  if (Option.isSome(given.config) && Option.isSome(given.out)) {
    return "--out and --config exclude each other: the configuration names its folders"
  }
  return given.service === "origin" ? misplacedOrigin(given) : misplacedElsewhere(given)
}

const misplacedElsewhere = (given: Given): string | undefined =>
  Option.isSome(given.root) || given.origin.length > 0
    ? "--root and --origin go with --service origin"
    : undefined

const misplacedOrigin = (given: Given): string | undefined => {
  if (!given.serve) return "--service origin goes with --serve"
  if (Option.isSome(given.config)) {
    return "--config: prophecy replica and prophecy sketcher run a configured group with origins"
  }
  if (Option.isSome(given.root) === given.origin.length > 0) {
    return "--service origin needs --root FOLDER for Apaches, or --origin URL for each replica"
  }
  if (given.origin.length > 0 && given.origin.length !== replicas) {
    return `--origin: ${given.origin.length} given, needed is one for each of ${replicas} replicas`
  }
  return undefined
}

const keepsSketches = ({ file }: ClusterConfig): Refused =>
  new Refused({
    code: ExitCode.BadInput,
    text: `${file}: its replicas keep sketches for clients of D-Prophecy, which need no front end: run prophecy replica for each, and prophecy d-client`,
  })

const startOrigin = Effect.fn("startOrigin")(function* (
  given: Given,
  port: number,
  progress: Progress,
) {
  const { origin, timeout: timeoutMs, json } = given
  const folder = yield* makeRunFolder(Option.getOrUndefined(given.out))
  const traceDirectory = given.noTrace ? undefined : "traces"
  const from = Option.isSome(given.root) ? { root: given.root.value } : { urls: origin }
  const serving = { port, timeoutMs, json, progress, clients: servingClients, traceDirectory }
  return yield* serveOrigin({ folder, from, replicas, ...serving })
})

const servedConfig = (given: Given) =>
  Effect.gen(function* () {
    if (Option.isSome(given.config)) {
      const config = yield* loadConfig(given.config.value)
      if (config.sketches) return yield* keepsSketches(config)
      return given.noTrace ? { ...config, traceDirectory: undefined } : config
    }
    const folder = yield* makeRunFolder(Option.getOrUndefined(given.out))
    const traces = given.noTrace ? {} : { traceDirectory: "traces" }
    const service = serviceOf(given)
    const changes = { ...traces, ...changesOf(featuresOf(given)) }
    const { protocol } = given
    const group = { protocol, clients: servingClients, service }
    return yield* makeRunConfig(folder, replicas, { ...group, ...changes })
  })

const print = (given: Given, findings: Findings): Effect.Effect<void> =>
  Effect.suspend(() => {
    findings.elapsedMs = performance.now() - findings.startedAt
    return Console.log(
      given.json ? JSON.stringify(reportDocument(findings), undefined, 2) : reportText(findings),
    )
  })

/** After Ctrl-C: what was found until then. */
const printPartial = (given: Given, findings: Findings): Effect.Effect<void> =>
  Effect.suspend(() => {
    judgeReads(findings)
    return print(given, findings)
  })

const demonstrate = Effect.fn("demonstrate")(function* (
  given: Given,
  service: Findings["service"],
  progress: Progress,
) {
  const port = Option.getOrElse(given.port, () => 0)
  yield* examinePort(port)
  const folder = yield* makeRunFolder(Option.getOrUndefined(given.out))
  const { seconds, clients } = given
  const seed = Option.getOrElse(given.seed, () => randomInt(2 ** 32))
  progress.say(`seed ${seed}, traces in ${folder}`)
  const features = featuresOf(given)
  const job = { folder, seed, clients, seconds, protocol: given.protocol }
  const findings = noFindings({ ...job, replicas, service, features })
  const options = { port, timeoutMs: given.timeout, tlc: !given.noTlc, progress }
  yield* mainJob(options, findings).pipe(Effect.onInterrupt(() => printPartial(given, findings)))
  yield* print(given, findings)
  const code = exitCodeOf(findings)
  if (code !== 0) return yield* new Ended({ code })
})

const start = Effect.fn("start")(function* (given: Given) {
  const text = misplaced(given)
  if (text !== undefined) return yield* new Refused({ code: ExitCode.BadInput, text })
  const progress = makeProgress(given.quiet)
  const service = serviceOf(given)
  if (service !== "origin" && !given.serve) return yield* demonstrate(given, service, progress)
  const port = Option.getOrElse(given.port, () => servingPort)
  yield* examinePort(port)
  if (service === "origin") return yield* startOrigin(given, port, progress)
  const config = yield* servedConfig(given)
  const { json, restartDead, timeout: timeoutMs } = given
  if (config.service === "album") {
    return yield* serveAlbum({ config, port, timeoutMs, restartDead, json, progress })
  }
  return yield* serve({ config, port, timeoutMs, restartDead, json, progress })
})

export const startCommand = Command.make("start", flags, start).pipe(
  Command.withDescription(
    "Run a photo album replicated on four processes, with Prophecy's sketcher before them, put load on it through HTTP, and check everything that was recorded: all of it against the model, windows of it by TLC against the TLA+ specification. Exit codes: 0 everything conforms, 4 something does not, 3 something could not be judged, 2 bad input, 70 internal, 130 and 143 after a signal.",
  ),
  Command.withExamples([
    { command: "prophecy start", description: "the whole job, in less than a minute" },
    {
      command: "prophecy start --seconds 2 --no-tlc --json",
      description: "quickly, for a program",
    },

    {
      command: "prophecy start --service kv --with all",
      description: "with reads without an order, tentative execution and the other features",
    },
    { command: "prophecy start --serve", description: "the album and its page, on port 8080" },
    {
      command: "prophecy start --serve --service kv",
      description: "a key-value service for curl on port 8080",
    },
  ]),
)
