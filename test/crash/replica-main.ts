/**
 * One replica as a program whose disk forgets at a crash what was not synced:
 * `node replica-main.ts CONFIG ID`, with PROPHECY_SYNC_MS for how long a sync takes at most.
 */
import { join } from "node:path"
import { Cause, Effect, Exit } from "effect"
import { loadClusterConfig } from "../../src/net/config-file.ts"
import { replicaProcess } from "../../src/net/replica-process.ts"
import { ForgetfulFiles } from "./forgetful-files.ts"

const program = Effect.gen(function* () {
  const [file = "", text = ""] = process.argv.slice(2)
  const id = Number(text)
  const config = yield* loadClusterConfig(file, { kind: "replica", id })
  const { PROPHECY_RUN: run, PROPHECY_SPEC: spec, PROPHECY_SYNC_MS: most = "0" } = process.env
  const directory = config.traceDirectory
  const traced = directory !== undefined && run !== undefined && spec !== undefined
  const folder = join(config.dataDirectory, `replica-${id}`)
  return yield* replicaProcess(config, id, {
    ...(traced ? { trace: { directory, run, spec } } : {}),
    log: (line) => process.stderr.write(`replica ${id}: ${line}\n`),
    files: new ForgetfulFiles({ folder, syncMs: () => ((1 + Math.random()) / 2) * Number(most) }),
  })
})

const fiber = Effect.runFork(program)
process.on("SIGTERM", () => fiber.interruptUnsafe())
fiber.addObserver((exit) => {
  const failed = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
  if (failed) process.stderr.write(`${String(Cause.squash(exit.cause))}\n`)
  process.exit(failed ? 70 : 143)
})
