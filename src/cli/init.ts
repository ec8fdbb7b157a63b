/** `prophecy init`: a configuration with fresh secrets, written once and never replaced. */
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
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
  const whole = freshClusterConfig(ports, { clients: given.clients })
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

const refuseToReplace = (files: ReadonlyArray<PlannedFile>): Effect.Effect<void, Refused> => {
  const existing = files.find(({ path }) => existsSync(path))
  if (existing === undefined) return Effect.void
  const text = `${existing.path} exists and is left as it is: its secrets may be in use. To start over, remove it and the cluster's data, or name another folder.`
  return Effect.fail(new Refused({ code: ExitCode.BadInput, text }))
}

const write = (directory: string, files: ReadonlyArray<PlannedFile>) =>
  Effect.try({
    try: () => {
      mkdirSync(directory, { recursive: true })
      for (const { path, content } of files) {
        mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 })
        writePrivateJson(path, content, "wx")
      }
    },
    catch: (cause) =>
      new Refused({ code: ExitCode.BadInput, text: `${directory} cannot be written: ${cause}` }),
  })

const asText = (given: Given, files: ReadonlyArray<PlannedFile>): string => {
  const f = Math.floor((given.replicas - 1) / 3)
  const config = files.at(-1)?.path ?? configName
  const last = given.port + given.replicas - 1
  return [
    ...files.map(({ path }) => `${given.dryRun ? "would write" : "wrote"} ${path} (mode 0600)`),
    `${given.replicas} replicas on 127.0.0.1, ports ${given.port} to ${last}: ${f} may be faulty`,
    ...(given.dryRun ? [] : [`next: prophecy start --serve --config ${config}`]),
  ].join("\n")
}

const asJson = (given: Given, files: ReadonlyArray<PlannedFile>): string => {
  const { replicas, clients, port, dryRun } = given
  const paths = files.map(({ path }) => path)
  const document = { schema: "prophecy-init/1", dryRun, config: paths.at(-1), files: paths }
  return JSON.stringify({ ...document, replicas, clients, port }, undefined, 2)
}

const init = Effect.fn("init")(function* (given: Given) {
  const directory = Option.getOrElse(given.directory, () => ".")
  const files = plan(given, directory)
  yield* check(files)
  yield* refuseToReplace(files)
  if (!given.dryRun) yield* write(directory, files)
  yield* Console.log(given.json ? asJson(given, files) : asText(given, files))
})

export const initCommand = Command.make("init", flags, init).pipe(
  Command.withDescription(
    `Write a cluster's configuration with fresh secrets to ${configName}, readable by you alone. An existing one is never replaced. Exit codes: 0 written, 2 not.`,
  ),
  Command.withExamples([
    { command: "prophecy init", description: "four replicas on this machine" },
    {
      command: "prophecy init big --replicas 7 --dry-run",
      description: "only say what it would do",
    },
  ]),
)
