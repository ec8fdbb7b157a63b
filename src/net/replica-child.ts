/** One replica's process as its parent sees it. */
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { Data, Effect } from "effect"
import type { Behaviour } from "./misbehave.ts"
import type { ReplicaLine, ReplicaStatus } from "./status.ts"

/** A replica's process ended, or did not become ready. */
export class ReplicaProcessError extends Data.TaggedError("ReplicaProcessError")<{
  readonly replica: number
  readonly reason: string
  /** The last lines of its standard error. */
  readonly output: string
}> {
  override get message(): string {
    const output = this.output === "" ? "" : `\n${this.output}`
    return `replica ${this.replica}: ${this.reason}${output}`
  }
}

export interface ChildOptions {
  readonly replica: number
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly environment: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly onLine: (line: ReplicaLine) => void
  /** Called when the process ends without having been asked to. */
  readonly onEnd: (error: ReplicaProcessError) => void
}

const outputLines = 20

/** Processes that must not outlive this one. */
const running = new Set<ChildProcess>()
const killAll = (): void => {
  for (const child of running) child.kill("SIGKILL")
}

const watch = (child: ChildProcess): void => {
  if (running.size === 0) process.once("exit", killAll)
  running.add(child)
}

const unwatch = (child: ChildProcess): void => {
  running.delete(child)
  if (running.size === 0) process.removeListener("exit", killAll)
}

export class ReplicaChild {
  readonly #options: ChildOptions
  readonly #process: ChildProcess
  /** Resolves when the process is gone: its exit code, or 128 and the signal's number. */
  readonly ended: Promise<number>
  #output: Array<string> = []
  #asked = false
  #ready: ((line: ReplicaLine | ReplicaProcessError) => void) | undefined
  #statuses: Array<(status: ReplicaStatus | ReplicaProcessError) => void> = []

  constructor(options: ChildOptions) {
    this.#options = options
    const child = spawn(options.command, options.args, {
      env: options.environment,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    this.#process = child
    watch(child)
    if (child.stderr !== null) {
      createInterface(child.stderr).on("line", (line) => {
        this.#output = [...this.#output, line].slice(-outputLines)
        options.log(line)
      })
    }
    child.on("message", (line) => this.#line(line as ReplicaLine))
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => this.#end(error.message, () => resolve(70)))
      child.once("close", (code, signal) => {
        const why = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
        const number = signal === "SIGKILL" ? 137 : 143
        this.#end(why, () => resolve(code ?? number))
      })
    })
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  #line(line: ReplicaLine): void {
    if (line.event === "ready") this.#ready?.(line)
    if (line.event === "status") {
      const waiting = this.#statuses
      this.#statuses = []
      for (const resolve of waiting) resolve(line.status)
    }
    this.#options.onLine(line)
  }

  #end(why: string, resolve: () => void): void {
    unwatch(this.#process)
    const { replica } = this.#options
    const error = new ReplicaProcessError({
      replica,
      reason: `its process ${why}`,
      output: this.#output.join("\n"),
    })
    // First, so that whoever hears of it can start another one.
    if (!this.#asked) this.#options.onEnd(error)
    this.#ready?.(error)
    for (const waiting of this.#statuses) waiting(error)
    this.#statuses = []
    resolve()
  }

  /** Has it answer fast reads so, or hide messages. */
  behave(behaviour: Behaviour): void {
    if (this.#process.connected) this.#process.send(`behave ${behaviour}`)
  }

  /** Waits until the replica is ready. */
  ready(ms: number): Effect.Effect<void, ReplicaProcessError> {
    const { replica } = this.#options
    return Effect.callback<void, ReplicaProcessError>((resume) => {
      this.#ready = (line) =>
        resume(line instanceof ReplicaProcessError ? Effect.fail(line) : Effect.void)
    }).pipe(
      Effect.timeoutOrElse({
        duration: ms,
        orElse: () => {
          const reason = `it was not ready after ${ms} ms`
          return Effect.fail(
            new ReplicaProcessError({ replica, reason, output: this.#output.join("\n") }),
          )
        },
      }),
    )
  }

  readonly status: Effect.Effect<ReplicaStatus, ReplicaProcessError> = Effect.callback((resume) => {
    this.#statuses.push((status) =>
      resume(status instanceof ReplicaProcessError ? Effect.fail(status) : Effect.succeed(status)),
    )
    // A process that is about to end answers by ending.
    this.#process.send("status", () => undefined)
  })

  /** Sends a signal and waits for the end; SIGKILL follows after `graceMs`. */
  async end(signal: "SIGTERM" | "SIGKILL", graceMs: number): Promise<number> {
    this.#asked = true
    this.#process.kill(signal)
    const kill = setTimeout(() => this.#process.kill("SIGKILL"), graceMs)
    const code = await this.ended
    clearTimeout(kill)
    return code
  }
}
