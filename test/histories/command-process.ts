/** A command of prophecy as a process that is killed and started again, with the same arguments. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

export interface CommandProcessOptions {
  /** The command's main module; its own, or that of a copy with a mistake in it. */
  readonly main: string
  /** The subcommand and its flags. It says on its first line that it listens. */
  readonly args: ReadonlyArray<string>
  readonly environment: NodeJS.ProcessEnv
}

const readyMs = 60_000
const stopMs = 10_000

export class CommandProcess {
  readonly #options: CommandProcessOptions
  #child: ChildProcess | undefined
  starts = 0

  constructor(options: CommandProcessOptions) {
    this.#options = options
    process.once("exit", this.#abandon)
  }

  readonly #abandon = (): void => void this.#child?.kill("SIGKILL")

  /** Starts it and waits until it listens. */
  async start(more: ReadonlyArray<string> = []): Promise<void> {
    const { main, args, environment } = this.#options
    const child = spawn(process.execPath, [main, ...args, ...more, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: environment,
    })
    this.#child = child
    this.starts++
    let said = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2_000)
    })
    const late = setTimeout(() => child.kill("SIGKILL"), readyMs)
    const first = await Promise.race([
      once(createInterface(child.stdout), "line"),
      once(child, "close").then(() => undefined),
    ])
    clearTimeout(late)
    if (first === undefined) throw new Error(`it does not start: ${said}`)
  }

  /** Ends it with SIGKILL and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const gone = once(child, "close")
    child.kill("SIGKILL")
    await gone
  }

  /** Ends it as a user would, so that what it writes is whole. */
  async close(): Promise<void> {
    process.removeListener("exit", this.#abandon)
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const late = setTimeout(() => child.kill("SIGKILL"), stopMs)
    const gone = once(child, "close")
    child.kill("SIGTERM")
    await gone
    clearTimeout(late)
  }
}
