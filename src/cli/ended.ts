/** How a subcommand ends when it does not end well: an exit code, and perhaps one message. */
import { Data, Runtime } from "effect"
import { CliError } from "effect/cli"

/** Exit codes that several subcommands share; TLC's own keep their numbers (10 to 14). */
export const ExitCode = {
  /** Usage, bad configuration, bad input. */
  BadInput: 2,
  /** A budget was spent, or something was not checked. */
  Inconclusive: 3,
  /** A trace, a history or an answer does not conform. */
  Rejected: 4,
  Internal: 70,
} as const

/** The subcommand could not do its work; `text` goes to standard error, without a stack trace. */
export class Refused extends Data.TaggedError("Refused")<{
  readonly code: number
  readonly text: string
}> {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
  override get [CliError.userMessage](): string {
    return this.text
  }
  override get message(): string {
    return this.text
  }
}

/** What was found has been printed, and asks for an exit code other than 0. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
  override get message(): string {
    return `exit code ${this.code}`
  }
}
