/** Runs node on a copy, by itself: its coverage and its test run are not this process's. */
import { spawn } from "node:child_process"

export interface ChildEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const limitMs = 120_000

const ownEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([k]) => k !== "NODE_V8_COVERAGE" && !/^VITEST|^TEST$/.test(k),
    ),
  )

/** Ends with the child, or kills it after so many milliseconds: two minutes. */
export const runNode = (
  args: ReadonlyArray<string>,
  cwd: string,
  timeout = limitMs,
): Promise<ChildEnd> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], {
      cwd,
      env: ownEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
      killSignal: "SIGKILL",
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text))
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout, stderr }))
  })
