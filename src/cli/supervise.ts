/** `prophecy supervise`: a replica that is recovered now and then, by a process that watches it. */
import { Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { codeDigest } from "../net/code-digest.ts"
import { loadClusterConfig } from "../net/config-file.ts"
import { HolderChild } from "../net/holder-child.ts"
import { OtherCode, Supervisor, type SupervisorLine } from "../net/supervisor.ts"
import { ExitCode, Refused } from "./ended.ts"
import { launcher, root } from "./installation.ts"

const replicaId = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 999 })))
const seconds = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })))
const sha256 = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "64 lower-case hexadecimal digits (SHA-256)" }),
  ),
)

const say = (line: SupervisorLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const failed = (cause: unknown): Refused =>
  new Refused({
    code: cause instanceof OtherCode ? ExitCode.Rejected : ExitCode.Internal,
    text: cause instanceof Error ? cause.message : String(cause),
  })

const log = (line: string): void => void process.stderr.write(`${line}\n`)

// The replica's private key, in a process of its own; the path of its socket.
const heldBy = (file: string, id: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.tryPromise({
        try: async () => {
          const named = ["--config", file, "--id", String(id)]
          const child = new HolderChild({
            command: process.execPath,
            args: (socket) => [launcher, "key-holder", ...named, "--socket", socket],
            log,
          })
          await child.start()
          return child
        },
        catch: failed,
      }),
      (child) => Effect.sync(() => child.stop()),
    ),
    ({ socket }) => socket,
  )

interface Given {
  readonly config: string
  readonly id: number
  readonly every: number
  readonly code: string | undefined
}

const supervise = Effect.fn("supervise")(function* (given: Given) {
  const config = yield* loadClusterConfig(given.config, { kind: "replica", id: given.id }).pipe(
    Effect.mapError(({ message }) => new Refused({ code: ExitCode.BadInput, text: message })),
  )
  const { recoveryPeriodMs } = config
  if (given.every * 1_000 < recoveryPeriodMs / 2) {
    const text =
      `--every ${given.every}: the others hear one request of a replica in ` +
      `${recoveryPeriodMs / 2_000} s, half of recoveryPeriodMs: recover it less often`
    return yield* new Refused({ code: ExitCode.BadInput, text })
  }
  if (config.protocol !== "pbft") {
    const text = `${config.protocol} has no recovery: run its replicas with prophecy replica`
    return yield* new Refused({ code: ExitCode.BadInput, text })
  }
  const holder = yield* heldBy(config.file, given.id)
  const supervisor = new Supervisor({
    replica: given.id,
    n: config.replicas.length,
    everyMs: given.every * 1_000,
    command: process.execPath,
    args: [launcher, "replica-child", config.file, String(given.id), "--key-holder", holder],
    environment: process.env,
    expected: given.code ?? codeDigest(root),
    codeDigest: () => codeDigest(root),
    say,
    log,
  })
  yield* Effect.tryPromise({ try: () => supervisor.run(), catch: failed }).pipe(
    Effect.ensuring(Effect.promise(() => supervisor.stop())),
  )
})

export const superviseCommand = Command.make(
  "supervise",
  {
    config: Flag.File("config", { mustExist: false }).pipe(
      Flag.withDescription("The cluster's configuration, as prophecy init writes it"),
    ),
    id: Flag.Int("id").pipe(
      Flag.withSchema(replicaId),
      Flag.withDescription("Which replica: its place in the configuration, from 0"),
    ),
    every: Flag.Int("every").pipe(
      Flag.withSchema(seconds),
      Flag.withDefault(600),
      Flag.withDescription(
        "Seconds between two recoveries of the replica; the same for all replicas, whose turns follow each other",
      ),
    ),
    code: Flag.String("code").pipe(
      Flag.withSchema(sha256),
      Flag.optional,
      Flag.withDescription(
        "The digest that the code must have before each start; as it is now, when left out",
      ),
    ),
  },
  ({ config, id, every, code }) =>
    Effect.scoped(
      supervise({ config, id, every, code: code._tag === "Some" ? code.value : undefined }),
    ),
).pipe(
  Command.withDescription(
    "Run one replica and recover it in its turn: its code is compared with a digest before each start, its disk is examined, and it is started again when it ends. A JSON line for each event on standard output, until SIGTERM. Exit codes: 143 or 130 after a signal, 2 bad configuration, 4 other code than it should be, 70 internal.",
  ),
  Command.withExamples([
    {
      command: "prophecy supervise --config cluster.json --id 0 --every 600",
      description: "the first replica, recovered every ten minutes",
    },
  ]),
)
