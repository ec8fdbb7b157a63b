/**
 * One replica as a program without the command line: `node replica-main.ts CONFIG ID`. Traces are
 * written when the environment has PROPHECY_RUN and PROPHECY_SPEC and the configuration a folder.
 */
import { Cause, Data, Effect, Exit } from "effect"
import { loadClusterConfig } from "./config-file.ts"
import { leave } from "./leave.ts"
import { ReplicaBroken, replicaProcess } from "./replica-process.ts"

const program = Effect.gen(function* () {
  const [file = "", text = ""] = process.argv.slice(2)
  const id = Number(text)
  const config = yield* loadClusterConfig(file, { kind: "replica", id })
  const { PROPHECY_RUN: run, PROPHECY_SPEC: spec } = process.env
  const directory = config.traceDirectory
  const traced = directory !== undefined && run !== undefined && spec !== undefined
  return yield* replicaProcess(config, id, {
    ...(traced ? { trace: { directory, run, spec } } : {}),
    log: (line) => process.stderr.write(`replica ${id}: ${line}\n`),
  })
})

let signalled = 0
const fiber = Effect.runFork(program)
const onSignal = (number: number) => (): void => {
  // Impatience is allowed: a second signal ends at once.
  if (signalled > 0) leave(128 + number)
  signalled = number
  fiber.interruptUnsafe()
}
process.on("SIGTERM", onSignal(15))
process.on("SIGINT", onSignal(2))

fiber.addObserver((exit) => {
  if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) {
    const error = Cause.squash(exit.cause)
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    // Files, ports and configurations are the user's to mend; a broken invariant is ours.
    const expected = error instanceof Data.Error && !(error instanceof ReplicaBroken)
    leave(expected ? 2 : 70)
  }
  leave(128 + signalled)
})
