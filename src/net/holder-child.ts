/**
 * A replica's key holder as a child of its supervisor: started before the replica, and again when
 * it ends; its socket lies in a folder that only its owner may enter.
 *
 * Outside the specification: see key-holder.ts.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { HolderError } from "./key-holder-socket.ts"

export interface HolderChildOptions {
  readonly command: string
  /** Given the socket. */
  readonly args: (socket: string) => ReadonlyArray<string>
  readonly log: (line: string) => void
}

const pauseMs = 500

export class HolderChild {
  readonly #options: HolderChildOptions
  readonly #folder = mkdtempSync(join(tmpdir(), "prophecy-holder-"))
  readonly socket = join(this.#folder, "key.sock")
  #child: ChildProcess | undefined
  #stopped = false

  constructor(options: HolderChildOptions) {
    this.#options = options
  }

  /** Starts it; resolves when it listens, and rejects when it ends before. */
  start(): Promise<void> {
    const { command, args, log } = this.#options
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"]
    const child = spawn(command, args(this.socket), { stdio })
    this.#child = child
    createInterface({ input: child.stderr }).on("line", log)
    return new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", () => resolve())
      child.once("error", (error) => reject(this.#gone(error.message)))
      child.once("close", (code) => {
        reject(this.#gone(`its process ended with exit code ${code}`))
        if (this.#stopped) return
        log(`the key holder ended with exit code ${code}: it is started again`)
        setTimeout(() => this.#again(), pauseMs)
      })
    })
  }

  #gone(reason: string): HolderError {
    return new HolderError({ path: this.socket, reason })
  }

  #again(): void {
    if (this.#stopped) return
    this.start().catch((cause: unknown) => this.#options.log(String(cause)))
  }

  stop(): void {
    this.#stopped = true
    this.#child?.kill("SIGTERM")
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
