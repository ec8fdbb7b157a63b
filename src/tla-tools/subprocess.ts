/** Short-lived tools (java -version, mvn, javac): run to the end, killed when interrupted. */
import { execFile } from "node:child_process"
import { Data, Effect } from "effect"

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The program could not be started at all; `code` as the system names it (`ENOENT`, `EACCES`). */
export class NotStarted extends Data.TaggedError("NotStarted")<{
  readonly program: string
  readonly code: string
}> {
  override get message(): string {
    return `${this.program} could not be started (${this.code})`
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Runs a program; a non-zero exit code is a result, not an error. */
export const runToEnd = (
  program: string,
  args: ReadonlyArray<string>,
  environment: Environment,
): Effect.Effect<Finished, NotStarted> =>
  Effect.callback<Finished, NotStarted>((resume) => {
    const options = { env: environment, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === "string") resume(Effect.fail(new NotStarted({ program, code })))
      else resume(Effect.succeed({ code: code ?? 1, stdout, stderr }))
    })
    return Effect.sync(() => {
      child.kill("SIGKILL")
    })
  })

const escapeSequence = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g")

/** The last lines of a tool's output, without colours, for error messages. */
export const tail = (output: string, lines = 8): string =>
  output.replaceAll(escapeSequence, "").trim().split("\n").slice(-lines).join("\n")
