/**
 * Stands for the watchdog of TOCS section 5.2: a process of its own that starts a replica, checks
 * its code before each start, recovers it in its turn, and starts it again when it ends.
 *
 * Outside the specification: when a replica is recovered, as in recovery-turn.ts.
 */
import { Effect } from "effect"
import type { ReplicaId } from "../core/ids.ts"
import { nextTurn, reasonToSkip } from "./recovery-turn.ts"
import { ReplicaChild, ReplicaProcessError } from "./replica-child.ts"

/** What the supervisor tells, one JSON line each. */
export type SupervisorLine =
  | { readonly event: "started"; readonly replica: ReplicaId; readonly pid: number }
  | { readonly event: "ended"; readonly replica: ReplicaId; readonly reason: string }
  | { readonly event: "recovering"; readonly replica: ReplicaId; readonly pid: number }
  | { readonly event: "recovered"; readonly replica: ReplicaId; readonly ms: number }
  | { readonly event: "skipped"; readonly replica: ReplicaId; readonly reason: string }
  | { readonly event: "code"; readonly replica: ReplicaId; readonly found: string }

export interface SupervisorOptions {
  readonly replica: ReplicaId
  readonly n: number
  /** How often the replica is recovered, in milliseconds. */
  readonly everyMs: number
  readonly command: string
  /** The arguments without those that say how it is to start. */
  readonly args: ReadonlyArray<string>
  readonly environment: NodeJS.ProcessEnv
  /** The digest that the code should have, and what it has. */
  readonly expected: string
  readonly codeDigest: () => string
  readonly say: (line: SupervisorLine) => void
  readonly log: (line: string) => void
  readonly readyMs?: number
}

/** The replica's code is another one than it should be: it is not started. */
export class OtherCode extends Error {
  readonly found: string
  constructor(expected: string, found: string) {
    super(
      `the code of the replica has the digest ${found}, not ${expected}: install it anew from a ` +
        "source that you trust, and supervise it again",
    )
    this.found = found
  }
}

const pollMs = 100
const firstPauseMs = 200
const lastPauseMs = 10_000

export class Supervisor {
  readonly #options: SupervisorOptions
  #child: ReplicaChild | undefined
  #stopped = false
  #ended: (() => void) | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Starts the replica and keeps it running, until `stop`; fails where its code is another one. */
  async run(): Promise<void> {
    await this.#startAgain([])
    while (!this.#stopped) {
      const { replica: id, n, everyMs } = this.#options
      const turn = nextTurn(Date.now(), { id, n, everyMs })
      const why = await this.#until(turn)
      if (this.#stopped) return
      if (why === "turn") await this.#recover()
      else await this.#startAgain([])
    }
  }

  /** Ends the replica and the supervisor. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#ended?.()
    await this.#child?.end("SIGTERM", 5_000)
  }

  // Waits for the turn, for the replica's end, or for `stop`.
  #until(time: number): Promise<"turn" | "ended"> {
    if (this.#child === undefined) return Promise.resolve("ended")
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve("turn"), time - Date.now())
      this.#ended = () => {
        clearTimeout(timer)
        resolve("ended")
      }
    })
  }

  // The code is what it should be, and the replica is ready.
  async #start(flags: ReadonlyArray<string>): Promise<ReplicaChild> {
    const { replica, command, args, environment, expected, codeDigest, say, log } = this.#options
    const found = codeDigest()
    say({ event: "code", replica, found })
    if (found !== expected) throw new OtherCode(expected, found)
    const child: ReplicaChild = new ReplicaChild({
      replica,
      command,
      args: [...args, ...flags],
      environment,
      log,
      onLine: () => undefined,
      onEnd: (error) => {
        if (this.#child !== child) return
        this.#child = undefined
        say({ event: "ended", replica, reason: error.message })
        this.#ended?.()
      },
    })
    this.#child = child
    await Effect.runPromise(child.ready(this.#options.readyMs ?? 30_000))
    const event = flags.includes("--recover") ? "recovering" : "started"
    say({ event, replica, pid: child.pid ?? 0 })
    return child
  }

  // One that does not start as it is, is recovered: its disk may be the reason.
  async #startAgain(flags: ReadonlyArray<string>): Promise<void> {
    for (let pause = firstPauseMs; !this.#stopped; pause = Math.min(lastPauseMs, 2 * pause)) {
      try {
        await this.#start(flags)
        return
      } catch (cause) {
        if (!(cause instanceof ReplicaProcessError)) throw cause
        this.#options.log(cause.message)
        if (!flags.includes("--recover")) return this.#startAgain(["--recover"])
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  async #recover(): Promise<void> {
    const { replica, everyMs, say } = this.#options
    const before = this.#child
    if (before === undefined) return
    const status = await Effect.runPromise(Effect.option(before.status))
    const reason = status._tag === "Some" ? reasonToSkip(status.value) : "it does not answer"
    if (reason !== undefined) return say({ event: "skipped", replica, reason })
    const startedAt = Date.now()
    this.#child = undefined
    await before.end("SIGTERM", 5_000)
    if (this.#stopped) return
    await this.#startAgain(["--recover"])
    // The others skip their turns for so long.
    while (!this.#stopped && Date.now() - startedAt < everyMs / 2) {
      const child = this.#child as ReplicaChild | undefined
      if (child === undefined) return
      const now = await Effect.runPromise(Effect.option(child.status))
      if (now._tag === "Some" && now.value.recovery?.recovered === true) {
        return say({ event: "recovered", replica, ms: Date.now() - startedAt })
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }
}
