/** The machine and the code of a measurement, and how much of the machine it got. */
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  /** Processes that wanted to run in the minute before: above 0 the machine was busy. */
  readonly loadBefore: number
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()} ${arch()}`,
  node: process.versions.node,
  loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
})

/** The commit, with `+` where the working tree differs from it; undefined outside a clone. */
export const commit = (): string | undefined => {
  const git = (...args: ReadonlyArray<string>): string =>
    execFileSync("git", args, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim()
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no", "--", "../src", ".") !== ""
    return `${git("rev-parse", "--short=12", "HEAD")}${changed ? "+" : ""}`
  } catch {
    return undefined
  }
}

/** Of all threads of a process so far, in milliseconds. */
export interface Scheduling {
  readonly ranMs: number
  /** Ready to run, while other threads had the cores. */
  readonly waitedMs: number
}

/** Undefined where the system does not tell (it is Linux that does). */
export const scheduling = (pid: number): Scheduling | undefined => {
  try {
    const tasks = `/proc/${pid}/task`
    const total = { ranMs: 0, waitedMs: 0 }
    for (const task of readdirSync(tasks)) {
      const text = readFileSync(`${tasks}/${task}/schedstat`, "utf8")
      const [ran = 0, waited = 0] = text.split(" ").map(Number)
      total.ranMs += ran / 1e6
      total.waitedMs += waited / 1e6
    }
    return total
  } catch {
    return undefined
  }
}
