/**
 * Runs the command as this process: data on standard output, everything else on standard error,
 * and an exit code that says what happened. A signal interrupts the command and waits for its
 * clean-up; a second one does not wait.
 */
import { NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Runtime } from "effect"
import { CliConfig, CliError, CliOutput, GlobalFlag } from "effect/cli"
import { leave } from "../net/leave.ts"
import { ExitCode } from "./ended.ts"

const signalNumber = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const
type Signal = keyof typeof signalNumber
const signals: ReadonlyArray<Signal> = ["SIGHUP", "SIGINT", "SIGTERM"]

/** A terminal and a parent may both deliver one key press; that is not a second request. */
const sameRequestMs = 300

const plain = CliOutput.defaultFormatter({ colors: false })

/** One line of what was wrong with the words of the command. */
const errorText = ({ message }: { readonly message: string }): string =>
  `prophecy: ${message.replace(/ Expected: Path ([^:]+): (.*)$/, " $2 $1")}`

/** Errors as lines of standard error; help keeps the colours that the terminal allows. */
const oneLineErrors: CliOutput.Formatter = {
  ...plain,
  formatHelpDoc: (doc) => CliOutput.defaultFormatter({ colors: colorful() }).formatHelpDoc(doc),
  formatError: errorText,
  formatErrors: (errors) => errors.map(errorText).join("\n"),
  formatVersion: (_, version) => version,
}

const colorful = (): boolean => {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (TERM === "dumb" || (NO_COLOR ?? "") !== "") return false
  return process.stdout.isTTY === true || !["", "0", "false"].includes(FORCE_COLOR ?? "")
}

/** A usage error is short and goes to standard error: help there would corrupt piped data. */
const usageToStderr = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.gen(function* () {
          yield* Console.error(oneLineErrors.formatErrors(event.errors))
          yield* Console.error(`Try: ${event.commandPath.join(" ")} --help`)
        })
      : CliOutput.defaultPresenter.present(event),
})

const services = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layer(oneLineErrors),
  usageToStderr,
  CliConfig.layer({
    builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions],
  }),
)
type Provided = Layer.Success<typeof services>

const isUsage = (error: unknown): boolean =>
  CliError.isCliError(error) && error._tag === "ShowHelp" && error.errors.length > 0

const isExpected = (error: unknown): boolean =>
  !Runtime.getErrorReported(error) ||
  (error instanceof Error && CliError.getUserMessage(error) !== undefined)

/** The exit code of a finished command; an error that nobody foresaw is shown with its stack. */
const exitCodeOf = (exit: Exit.Exit<void, unknown>, signal: Signal | undefined): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return 128 + signalNumber[signal ?? "SIGINT"]
  const error = Cause.squash(exit.cause)
  if (isUsage(error)) return ExitCode.BadInput
  if (isExpected(error)) return Runtime.getErrorExitCode(error)
  process.stderr.write(`prophecy: internal error\n${Cause.pretty(exit.cause)}\n`)
  return ExitCode.Internal
}

/** Standard output cannot be written: the reader has gone, which is no error, or data is lost. */
const lostOutput = (error: NodeJS.ErrnoException): void => {
  if (error.code === "EPIPE") leave(0)
  process.stderr.write(`prophecy: standard output cannot be written: ${error.message}\n`)
  leave(ExitCode.Internal)
}

/** Ends the process once what was written to both streams is out. */
const leaveOnceWritten = (code: number): void => {
  process.stdout.write("", (error) => {
    if (error) lostOutput(error)
    process.stderr.write("", () => leave(code))
  })
}

/** Runs `program` to its end, or to a signal's, and leaves the process. */
export const runMain = <E>(program: Effect.Effect<void, E, Provided>): void => {
  process.stdout.on("error", lostOutput)
  process.stderr.on("error", () => undefined)
  let received: Signal | undefined
  let receivedAt = 0
  const fiber = Effect.runFork(Effect.provide(program, services))
  const keepAlive = setInterval(() => {}, 2 ** 30)
  const onSignal = (signal: Signal): void => {
    if (received === undefined) {
      received = signal
      receivedAt = performance.now()
      fiber.interruptUnsafe()
    } else if (performance.now() - receivedAt > sameRequestMs) {
      leave(128 + signalNumber[signal])
    }
  }
  for (const signal of signals) process.on(signal, onSignal)
  fiber.addObserver((exit) => {
    clearInterval(keepAlive)
    leaveOnceWritten(exitCodeOf(exit, received))
  })
}
