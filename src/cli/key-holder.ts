/** `prophecy key-holder`: the private key of a replica, in a process of its own. */
import { Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { loadClusterConfig } from "../net/config-file.ts"
import { systemFiles } from "../net/file-system.ts"
import { KeyHolder } from "../net/key-holder.ts"
import { serveHolder } from "../net/key-holder-socket.ts"
import { ExitCode, Refused } from "./ended.ts"

const replicaId = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 999 })))

const refused = (cause: unknown): Refused =>
  new Refused({
    code: ExitCode.BadInput,
    text: cause instanceof Error ? cause.message : String(cause),
  })

const hold = Effect.fn("key-holder")(function* (file: string, id: number, socket: string) {
  const config = yield* loadClusterConfig(file, { kind: "replica", id }).pipe(
    Effect.mapError(refused),
  )
  yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => serveHolder(new KeyHolder(config, id, systemFiles), socket),
      catch: refused,
    }),
    (server) => Effect.sync(() => server.close()),
  )
  process.stdout.write(`${JSON.stringify({ event: "holding", replica: id, socket })}\n`)
  return yield* Effect.never
})

export const keyHolderCommand = Command.make(
  "key-holder",
  {
    config: Flag.File("config", { mustExist: false }).pipe(
      Flag.withDescription("The cluster's configuration, as prophecy init writes it"),
    ),
    id: Flag.Int("id").pipe(
      Flag.withSchema(replicaId),
      Flag.withDescription("Which replica: its place in the configuration, from 0"),
    ),
    socket: Flag.String("socket").pipe(
      Flag.withDescription("Where the replica's process asks: the path of a socket, made anew"),
    ),
  },
  ({ config, id, socket }) => Effect.scoped(hold(config, id, socket)),
).pipe(
  Command.withDescription(
    "Keep a replica's private key in a process of its own, which signs for it: a JSON line on standard output when it listens, until SIGTERM. Exit codes: 143 or 130 after a signal, 2 bad configuration, socket or numbers.",
  ),
  Command.withExamples([
    {
      command: "prophecy key-holder --config cluster.json --id 2 --socket replica-2.sock",
      description: "the third replica's key; its process gets --key-holder replica-2.sock",
    },
  ]),
)
