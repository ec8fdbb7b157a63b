/** Exits without ceremony while TLC runs, after printing the JVM's process id. */
import { Effect } from "effect"
import { runTlc } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"

let pid = 0
const program = runTlc({ spec: process.argv[2] ?? "" }, (event) =>
  Effect.sync(() => {
    if (event._tag === "Started") pid = event.pid
    if (event._tag !== "InitialStates") return
    process.stdout.write(`${pid}\n`)
    process.exit(0)
  }),
)
Effect.runFork(program.pipe(Effect.provide(Toolchain.layer)))
