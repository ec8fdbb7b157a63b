/** Has wrk load a web server, and reads what it found. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Load {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  /** `/page-0` and so on are asked for in turn. */
  readonly pages: number
}

/** What wrk counted; times in milliseconds. */
export interface Loaded {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly bytes: number
  /** Answers that were no 2xx or 3xx, and requests without an answer. */
  readonly errors: number
}

/** Latencies of wrk are in microseconds; the document is its last line. */
const script = (pages: number): string => `
local k = 0
request = function()
  k = (k + 1) % ${pages}
  return wrk.format("GET", "/page-" .. k .. ".html")
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"micros":%d,"bytes":%d,"p50":%d,"p99":%d,"errors":%d}\\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50),
    latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`

interface Document {
  readonly requests: number
  readonly micros: number
  readonly bytes: number
  readonly p50: number
  readonly p99: number
  readonly errors: number
}

/** The figures in what wrk wrote; throws with its words where there are none. */
export const readWrk = (output: string): Loaded => {
  const line = output.trim().split("\n").at(-1) ?? ""
  if (!line.startsWith("{")) throw new Error(`wrk gave no figures: ${output.trim()}`)
  const { requests, micros, bytes, p50, p99, errors } = JSON.parse(line) as Document
  const times = { p50Ms: p50 / 1e3, p99Ms: p99 / 1e3 }
  return { requests, seconds: micros / 1e6, bytes, errors, ...times }
}

export interface RunningWrk {
  readonly pid: number
  readonly loaded: Promise<Loaded>
}

/** Starts it; one thread, which is enough for what two cores serve. */
export const startWrk = (program: string, load: Load): RunningWrk => {
  const folder = mkdtempSync(join(tmpdir(), "prophecy-wrk-"))
  const path = join(folder, "pages.lua")
  writeFileSync(path, script(load.pages))
  const { connections, seconds, url } = load
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "20s", "-s", path, url]
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const loaded = new Promise<Loaded>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", () => {
      rmSync(folder, { recursive: true, force: true })
      try {
        resolve(readWrk(output))
      } catch (error) {
        reject(error as Error)
      }
    })
  })
  return { pid: child.pid ?? 0, loaded }
}
