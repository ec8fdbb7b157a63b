/** Runs the command as a user does, in a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has written so far. */
  readonly stdout: () => string
  readonly stderr: () => string
}

export interface RunOptions {
  readonly cwd?: string
  /** The whole environment, if given. */
  readonly env?: NodeJS.ProcessEnv
  readonly program?: string
  readonly node?: string
}

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/** The file that npm installs as `prophecy`; it starts the bundle, which `npm test` makes. */
export const launcher = path("bin/prophecy.js")

/** What runs in the bundle is written beside what c8 reads, for ci/bundle-coverage.ts. */
export const countedApart = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const { NODE_V8_COVERAGE: folder = "" } = env
  if (folder === "") return env
  return { ...env, NODE_V8_COVERAGE: join(dirname(folder), "commands") }
}

/** A folder that is removed after the test. */
export const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "prophecy-cli-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const start = (args: ReadonlyArray<string>, options: RunOptions = {}): Started => {
  const { cwd, env = process.env, program = launcher, node = process.execPath } = options
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"]
  // A group of its own, as a terminal would make: a test can send it what Ctrl-C sends.
  const child = spawn(node, [program, ...args], {
    cwd,
    env: countedApart(env),
    stdio,
    detached: true,
  })
  let [stdout, stderr] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text))
  const ended = new Promise<Ended>((done) => {
    child.once("close", (code) => done({ code, stdout, stderr }))
  })
  return { child, ended, stdout: () => stdout, stderr: () => stderr }
}

/** What Ctrl-C does: the signal goes to every process of the group. */
export const pressCtrlC = ({ child }: Started): void =>
  void process.kill(-(child.pid ?? 0), "SIGINT")

export const run = (args: ReadonlyArray<string>, options: RunOptions = {}): Promise<Ended> =>
  start(args, options).ended

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Processes that the process has started and that still run, by ps. */
export const childrenOf = (pid: number | undefined): ReadonlyArray<number> =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([own]) => own ?? 0)
