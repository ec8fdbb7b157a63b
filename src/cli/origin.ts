/** `prophecy origin apache`: one Apache for each replica, in the foreground. */
import { join } from "node:path"
import { Console, Effect, type Scope } from "effect"
import { Command, Flag } from "effect/cli"
import { startApaches } from "./apache-origins.ts"
import { ExitCode, Refused } from "./ended.ts"

const refused = (text: string): Refused => new Refused({ code: ExitCode.BadInput, text })

interface Given {
  readonly root: string
  readonly replicas: number
  readonly out: string
  readonly port: number
  readonly json: boolean
}

const lineOf = (
  json: boolean,
  replica: number,
  of: { readonly url: string; readonly documents: string; readonly pid: number },
): string =>
  json
    ? JSON.stringify({ schema: "prophecy-origin/1", replica, ...of })
    : `replica ${replica}   ${of.url}   ${of.documents}   process ${of.pid}`

const run = (given: Given): Effect.Effect<never, Refused, Scope.Scope> =>
  Effect.gen(function* () {
    const origins = yield* startApaches(given)
    for (const [replica, { url, documents, pid }] of origins.entries()) {
      yield* Console.log(lineOf(given.json, replica, { url, documents, pid }))
    }
    if (!given.json) yield* Console.error("Ctrl-C ends them.")
    const first = yield* Effect.promise(() => Promise.race(origins.map((o) => o.ended)))
    return yield* refused(first.message)
  })

const apacheCommand = Command.make(
  "apache",
  {
    root: Flag.Directory("root", { mustExist: true }).pipe(
      Flag.withDescription("The folder to serve; each origin gets a copy with equal times"),
    ),
    replicas: Flag.Int("replicas").pipe(
      Flag.withDescription("How many origins (default 4)"),
      Flag.withDefault(4),
    ),
    out: Flag.String("out").pipe(
      Flag.withDescription("Where their copies, configurations and logs go"),
      Flag.withDefault(join(".prophecy", "origins")),
    ),
    port: Flag.Int("port").pipe(
      Flag.withDescription("Port of the first, the others follow; 0 takes free ones (default 0)"),
      Flag.withDefault(0),
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("A JSON line for each origin (schema prophecy-origin/1)"),
      Flag.withDefault(false),
    ),
  },
  (given) => Effect.scoped(run(given)),
).pipe(
  Command.withDescription(
    "Run one Apache httpd for each replica, unprivileged, each with its own copy of a folder and a generated configuration, until Ctrl-C. Equal copies answer with equal bytes: modification times are kept, tags come from contents. Exit codes: 130 and 143 after a signal, 2 no Apache, bad folder or port in use.",
  ),
  Command.withExamples([
    { command: "prophecy origin apache --root site", description: "four origins on free ports" },
    {
      command: "prophecy origin apache --root site --port 8081 --json",
      description: "on ports 8081 to 8084, for a program",
    },
  ]),
)

export const originCommand = Command.make("origin").pipe(
  Command.withDescription("Web servers that replicas of the service `origin` ask."),
  Command.withSubcommands([apacheCommand]),
)
