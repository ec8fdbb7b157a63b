/**
 * Measures `prophecy check-history` on histories of an ideal sketcher and of a linearizable store:
 *
 *   node bench/histories.ts [OPERATIONS] [CLIENTS] [KEYS]
 *
 * Writes each history to a file, checks it in a process of its own, and prints what that took.
 */
import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { register } from "../src/consistency/model.ts"
import { historyLine } from "../src/consistency/writer.ts"
import { registerCalls, sketched } from "./ideal-sketcher.ts"

const [operations = 1_000_000, clients = 100, keys = 1_000] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), "prophecy-histories-"))
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url))

/** A history of so many calls, written as lines. */
const written = (name: string, sketches: boolean, lost: number, many: number): string => {
  const ask = registerCalls(70, Infinity, many)
  const fixed = { model: register, seed: 1, clients, untold: 10 }
  const path = join(folder, `${name}.ndjson`)
  const file = openSync(path, "w")
  let [text, time] = ["", 1]
  for (const event of sketched({ ...fixed, calls: operations, ask, lost, sketches })) {
    text += `${historyLine(event, time++, register)}\n`
    if (text.length < 1 << 20) continue
    writeSync(file, text)
    text = ""
  }
  writeSync(file, text)
  closeSync(file)
  return path
}

/** Tells at the end of the measured process what it used. */
const usage =
  "data:text/javascript,process.on('exit',()=>{const u=process.resourceUsage();" +
  "console.error(JSON.stringify([u.userCPUTime+u.systemCPUTime,u.maxRSS]))})"

/** Checks the file in a new process; says what it found and what that took. */
const measured = (path: string, consistency: string): string => {
  const command = ["check-history", path, "--consistency", consistency, "--json", "--quiet"]
  const startedAt = performance.now()
  const args = ["--import", usage, main, ...command]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const last = stderr.trim().split("\n").at(-1) ?? ""

  const [cpu = 0, memory = 0] = JSON.parse(last) as ReadonlyArray<number>
  if (stdout === "") throw new Error(`check-history ended with ${status}: ${stderr}`)
  const { verdict, operations: checked } = JSON.parse(stdout) as {
    readonly verdict: string
    readonly operations: number
  }
  const used = `${(cpu / 1e6).toFixed(1)} s of CPU, ${Math.round(memory / 1024)} MB at most`
  return `${verdict} (exit ${status}), ${checked} operations, ${seconds} s, ${used}`
}

try {
  for (const [name, sketches, lost, many] of [
    ["linearizable", false, 0, keys],
    ["delay-once", true, 0, keys],
    ["delay-once-lossy", true, 1, keys],
    ["delay-once-one-key", true, 0, 1],
  ] as const) {
    const path = written(name, sketches, lost, many)
    const size = (statSync(path).size / 1e6).toFixed(0)
    const consistency = sketches ? "delay-once" : "linearizable"
    console.log(`${name}, ${size} MB: ${measured(path, consistency)}`)
    rmSync(path)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
