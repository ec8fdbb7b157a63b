/** Runs node on a copy, by itself: neither its coverage nor its test run is that of this process. */
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

/** Ends with the child, or kills it after two minutes. */
export const runNode = (args: ReadonlyArray<string>, cwd: string): Promise<ChildEnd> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], {
      cwd,
      env: ownEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitMs,
      killSignal: "SIGKILL",
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text))
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, stdout, stderr }))
  })

/** Calls `each` for every item, `width` at a time; answers in the order of the items. */
export const inParallel = async <A, B>(
  items: ReadonlyArray<A>,
  width: number,
  each: (item: A) => Promise<B>,
): Promise<ReadonlyArray<B>> => {
  const results: Array<B> = []
  const rest = items.entries()
  const worker = async (): Promise<void> => {
    for (const [k, item] of rest) results[k] = await each(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
