/**
 * `prophecy init`: a configuration with fresh secrets and a first specification. What is there is
 * never replaced: a second run keeps it, and says so.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Console, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import {
  type ClusterConfigFile,
  checkClusterConfig,
  freshClusterConfig,
} from "../net/cluster-config.ts"
import { writePrivateJson } from "../net/config-file.ts"
import { splitMasters } from "../net/secrets.ts"
import { ExitCode, Refused } from "./ended.ts"
import { firstSpec, type TextFile } from "./first-spec.ts"
import { isKept } from "./kept-cluster.ts"

/** The name of the configuration in its folder. */
export const configName = "cluster.json"

const within = (minimum: number, maximum: number) =>
  Flag.withSchema(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum }))))

const flags = {
  directory: Argument.String("directory").pipe(
    Argument.withDescription("Where to write it (default: this folder)"),
    Argument.optional,
  ),
  replicas: Flag.Int("replicas").pipe(
    Flag.filter(
      (n) => n >= 4 && n <= 31 && n % 3 === 1,
      () => "3f + 1 replicas to tolerate f faulty ones: 4, 7, 10 ... 31",
    ),
    Flag.withDescription("How many replicas: 3f + 1 tolerate f faulty ones"),
    Flag.withDefault(4),
  ),
  clients: Flag.Int("clients").pipe(
    within(1, 100_000),
    Flag.withDescription("How many requests can be under way at a time"),
    Flag.withDefault(64),
  ),
  port: Flag.Int("port").pipe(
    within(1, 65_000),
    Flag.withDescription("Port of replica 0; the others follow it"),
    Flag.withDefault(7400),
  ),
  protocol: Flag.Literals("protocol", ["pbft", "zyzzyva"]).pipe(
    Flag.withDescription("How the replicas agree"),
    Flag.withDefault("pbft"),
  ),
  service: Flag.Literals("service", ["key-value", "album"]).pipe(
    Flag.withDescription("What is replicated"),
    Flag.withDefault("key-value"),
  ),
  sketches: Flag.Boolean("sketches").pipe(
    Flag.withDescription("Replicas keep sketches, for clients of D-Prophecy and no others"),
    Flag.withDefault(false),
  ),
  separateSecrets: Flag.Boolean("separate-secrets").pipe(
    Flag.withDescription("One file of secrets a node, to be spread over machines"),
    Flag.withDefault(false),
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Say what would be written, and write nothing"),
    Flag.withDefault(false),
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-init/1) instead of text"),
    Flag.withDefault(false),
  ),
}
type Given = Command.Command.Config.Infer<typeof flags>

interface PlannedFile {
  readonly path: string
  readonly content: unknown
}

const plan = (given: Given, directory: string): ReadonlyArray<PlannedFile> => {
  const ports = Array.from({ length: given.replicas }, (_, id) => given.port + id)
  const { clients, service, sketches, protocol } = given
  const chosen = { clients, service, protocol, ...(sketches ? { sketches } : {}) }
  const whole = freshClusterConfig(ports, chosen)
  const path = join(directory, configName)
  if (!given.separateSecrets) return [{ path, content: whole }]
  const { secrets, ...open } = whole
  const content: ClusterConfigFile = { ...open, secretsFile: "secrets/{node}.json" }
  const files = splitMasters(secrets?.masters ?? [], 1).map((file) => ({
    path: join(directory, "secrets", `${file.node}.json`),
    content: file.secrets,
  }))
  return [...files, { path, content }]
}

const check = (files: ReadonlyArray<PlannedFile>): Effect.Effect<void, Refused> => {
  const issue = checkClusterConfig(files.at(-1)?.content)[0]
  if (issue === undefined) return Effect.void
  const text = `${issue.path}: found ${issue.found}, expected ${issue.expected}`
  return Effect.fail(new Refused({ code: ExitCode.BadInput, text }))
}

// Without a configuration, secrets are of a cluster that nobody knows any more.
const refuseToReplace = (files: ReadonlyArray<PlannedFile>): Effect.Effect<void, Refused> => {
  const existing = files.find(({ path }) => existsSync(path))
  if (existing === undefined) return Effect.void
  const text = `${existing.path} exists without its ${configName} and is left as it is: its secrets may be in use. To start over, remove it, or name another folder.`
  return Effect.fail(new Refused({ code: ExitCode.BadInput, text }))
}

interface Planned {
  readonly directory: string
  readonly config: string
  /** Readable by their owner alone: the secrets, and last the configuration. */
  readonly written: ReadonlyArray<PlannedFile>
  readonly spec: ReadonlyArray<TextFile>
  readonly kept: ReadonlyArray<string>
}

const write = ({ directory, written, spec }: Planned) =>
  Effect.try({
    try: () => {
      mkdirSync(directory, { recursive: true })
      for (const { path, text } of spec) {
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, text, { flag: "wx" })
      }
      for (const { path, content } of written) {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
        writePrivateJson(path, content, "wx")
      }
    },
    catch: (cause) => {
      const why = cause instanceof Error ? cause.message : String(cause)
      return new Refused({
        code: ExitCode.BadInput,
        text: `${directory} cannot be written: ${why}`,
      })
    },
  })

// Clients of D-Prophecy have no front end.
const next = ({ sketches, service }: Given, config: string): ReadonlyArray<string> =>
  sketches
    ? [
        `next: prophecy replica --config ${config} --id 0, and so on for each`,
        `      prophecy d-client --config ${config} ${service === "album" ? "PUT /album/trip" : "put greeting hello"}`,
      ]
    : [`next: prophecy start --serve --config ${config}`]

const asText = (given: Given, planned: Planned): string => {
  const { config, written, spec, kept } = planned
  const f = Math.floor((given.replicas - 1) / 3)
  const last = given.port + given.replicas - 1
  const [will, stays] = given.dryRun ? ["would write", "would keep"] : ["wrote", "kept"]
  return [
    ...written.map(({ path }) => `${will} ${path} (mode 0600)`),
    ...spec.map(({ path }) => `${will} ${path}`),
    ...kept.map((path) => `${stays} ${path}, as it is`),
    `${given.replicas} replicas on 127.0.0.1, ports ${given.port} to ${last}: ${f} may be faulty`,
    ...(given.dryRun
      ? []
      : [
          ...next(given, config),
          `      prophecy tlc ${firstSpec(planned.directory, given.replicas)[0].path}`,
        ]),
  ].join("\n")
}

const asJson = (given: Given, { config, written, spec, kept }: Planned): string => {
  const { replicas, clients, port, dryRun } = given
  const [files, specification] = [written, spec].map((all) => all.map(({ path }) => path))
  const document = { schema: "prophecy-init/1", dryRun, config, files, specification, kept }
  return JSON.stringify({ ...document, replicas, clients, port }, undefined, 2)
}

const init = Effect.fn("init")(function* (given: Given) {
  const directory = Option.getOrElse(given.directory, () => ".")
  const files = plan(given, directory)
  yield* check(files)
  const config = join(directory, configName)
  const kept = yield* isKept(config, files.at(-1)?.content as ClusterConfigFile)
  if (!kept) yield* refuseToReplace(files)
  const spec = firstSpec(directory, given.replicas)
  const planned: Planned = {
    directory,
    config,
    written: kept ? [] : files,
    spec: spec.filter(({ path }) => !existsSync(path)),
    kept: [...files, ...spec].map(({ path }) => path).filter((path) => existsSync(path)),
  }
  if (!given.dryRun) yield* write(planned)
  yield* Console.log(given.json ? asJson(given, planned) : asText(given, planned))
})

export const initCommand = Command.make("init", flags, init).pipe(
  Command.withDescription(
    `Write a cluster's configuration with fresh secrets to ${configName}, readable by you alone, and a first specification to spec. What exists is never replaced: run again, it keeps what it wrote. Exit codes: 0 written or kept, 2 not.`,
  ),
  Command.withExamples([
    { command: "prophecy init", description: "four replicas on this machine" },
    {
      command: "prophecy init big --replicas 7 --dry-run",
      description: "only say what it would do",
    },
  ]),
)
