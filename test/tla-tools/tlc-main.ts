/**
 * A main of its own for the tests of the command: exit codes and signals as `prophecy` has them.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Runtime } from "effect"
import { CliError, CliOutput, Command } from "effect/cli"
import { tlcCommand } from "../../src/cli/tlc.ts"

const usageToStderr = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.gen(function* () {
          const formatter = yield* CliOutput.Formatter
          yield* Console.error(formatter.formatErrors(event.errors))
        })
      : CliOutput.defaultPresenter.present(event),
})
const isUsage = (error: unknown): boolean =>
  CliError.isCliError(error) && error._tag === "ShowHelp" && error.errors.length > 0

let signal = 130
process.once("SIGTERM", () => {
  signal = 143
})

Command.run(tlcCommand, { version: "0" }).pipe(
  Effect.provide(Layer.merge(NodeServices.layer, usageToStderr)),
  NodeRuntime.runMain({
    teardown: (exit, onExit) => {
      if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return onExit(signal)
      if (Exit.isFailure(exit) && isUsage(Cause.squash(exit.cause))) return onExit(2)
      return Runtime.defaultTeardown(exit, onExit)
    },
  }),
)
