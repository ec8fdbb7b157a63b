/** `prophecy replica`: one replica of a configured cluster, in the foreground. */
import { randomBytes } from "node:crypto"
import { Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { ClusterConfig } from "../net/cluster-config.ts"
import { loadClusterConfig } from "../net/config-file.ts"
import { type ReplicaError, type ReplicaOptions, replicaProcess } from "../net/replica-process.ts"
import { ExitCode, Refused } from "./ended.ts"
import { specDigest } from "./specification.ts"

const replicaId = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 999 })))

/** `PROPHECY_RUN` is set by whoever starts several replicas whose traces belong together. */
export const traceOf = ({
  traceDirectory: directory,
  protocol,
}: Pick<ClusterConfig, "traceDirectory" | "protocol">): Pick<ReplicaOptions, "trace"> => {
  if (directory === undefined) return {}
  const run = process.env.PROPHECY_RUN ?? randomBytes(8).toString("hex")
  const spec = process.env.PROPHECY_SPEC ?? specDigest(protocol)
  return { trace: { directory, run, spec } }
}

/** Files, ports and configurations are the user's to mend; a broken invariant is ours. */
const refused = (error: ReplicaError): Refused =>
  new Refused({
    code: error._tag === "ReplicaBroken" ? ExitCode.Internal : ExitCode.BadInput,
    text: error.message,
  })

interface Back {
  readonly rejoin: boolean
  readonly recover: boolean
  readonly keyHolder: Option.Option<string>
}

const run = Effect.fn("replica")(function* (path: string, id: number, back: Back) {
  if (back.rejoin && back.recover) {
    const text = "--rejoin is for a disk that is lost, --recover for one that is there: give one"
    return yield* new Refused({ code: ExitCode.BadInput, text })
  }
  const config = yield* loadClusterConfig(path, {
    kind: "replica",
    id,
    held: Option.isSome(back.keyHolder),
  }).pipe(Effect.mapError(({ message }) => new Refused({ code: ExitCode.BadInput, text: message })))
  const { keyHolder, ...how } = back
  if (Option.isSome(keyHolder) && config.protocol !== "pbft") {
    const text = `--key-holder: ${config.protocol} signs too much to ask another process for it`
    return yield* new Refused({ code: ExitCode.BadInput, text })
  }
  const holder = Option.getOrUndefined(keyHolder)
  const flags = holder === undefined ? how : { ...how, keyHolder: holder }
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const options: ReplicaOptions = { ...traceOf(config), log, ...flags }
  yield* replicaProcess(config, id, options).pipe(Effect.mapError(refused))
})

const rejoin = Flag.Boolean("rejoin").pipe(
  Flag.withDefault(false),
  Flag.withDescription(
    "Its disk is lost: fetch the state, and vote when the others have taken the replica back",
  ),
)

const recover = Flag.Boolean("recover").pipe(
  Flag.withDefault(false),
  Flag.withDescription(
    "Recover it: check its disk, set a damaged one aside, and have it count as correct again",
  ),
)

const keyHolder = Flag.String("key-holder").pipe(
  Flag.optional,
  Flag.withDescription(
    "The socket of the process that has its private key (prophecy key-holder); its secrets are not read then",
  ),
)

export const replicaCommand = Command.make(
  "replica",
  {
    config: Flag.File("config", { mustExist: false }).pipe(
      Flag.withDescription("The cluster's configuration, as prophecy init writes it"),
    ),
    id: Flag.Int("id").pipe(
      Flag.withSchema(replicaId),
      Flag.withDescription("Which replica: its place in the configuration, from 0"),
    ),
    rejoin,
    recover,
    keyHolder,
  },
  (given) => run(given.config, given.id, given),
).pipe(
  Command.withDescription(
    "Run one replica of a configured cluster in the foreground: a JSON line for each event on standard output, until SIGTERM. Exit codes: 143 or 130 after a clean shutdown, 2 bad configuration or port in use, 70 internal.",
  ),
  Command.withExamples([
    { command: "prophecy replica --config cluster.json --id 0", description: "the first replica" },
    {
      command: "prophecy replica --config cluster.json --id 2 --rejoin",
      description: "the third one, whose disk is lost",
    },
  ]),
)

/**
 * A child lives as long as its parent, and ends when the parent says so: Ctrl-C reaches the whole
 * group of processes, and the parent may have requests under way.
 */
const obeyParent = Effect.sync(() => {
  if (process.channel === undefined) return
  process.removeAllListeners("SIGINT")
  process.on("SIGINT", () => undefined)
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"))
})

/** The same as `prophecy start` starts it: configuration and id without names. */
export const replicaChildCommand = Command.make(
  "replica-child",
  {
    config: Argument.File("config", { mustExist: false }),
    id: Argument.Int("id").pipe(Argument.withSchema(replicaId)),
    rejoin,
    recover,
    keyHolder,
  },
  (given) => Effect.andThen(obeyParent, run(given.config, given.id, given)),
).pipe(Command.unlisted)
