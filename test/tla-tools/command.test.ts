import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { countedApart } from "../cli/command.ts"
import { ringConfig, specPath, work } from "./run-spec.ts"

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const launched = "../../bin/prophecy.js"
const start = (
  program: string,
  args: ReadonlyArray<string>,
  environment: NodeJS.ProcessEnv = {},
) => {
  const env = countedApart({ ...process.env, ...environment })
  const child = spawn(process.execPath, [script(program), ...args], { cwd: specPath("."), env })
  let [stdout, stderr] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text))
  const ended = new Promise<Ended>((done) => {
    child.once("close", (code) => done({ code, stdout, stderr }))
  })
  return { child, ended }
}
const tlc = (...args: ReadonlyArray<string>): Promise<Ended> =>
  start(launched, ["tlc", ...args]).ended

/** Process id of the TLC that a process has started, by ps; undefined before that. */
const tlcOf = (pid: number): number | undefined =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => Number(parent) === pid && args.includes("tlc2.TLC"))
    .map(([own]) => Number(own))[0]
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe("prophecy tlc", () => {
  it("prints exactly one JSON document, and nothing on stderr when quiet", async () => {
    const { code, stdout, stderr } = await tlc("Ring.tla", "--json", "--coverage", "--quiet")
    expect([code, stderr]).toEqual([0, ""])
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "prophecy-tlc/1",
      spec: "Ring.tla",
      verdict: "exhaustive",
      exitCode: 0,
      statistics: { generated: 30, distinct: 14, queue: 0 },
      depth: 7,
      checked: ["TypeOK"],
      neverTaken: ["Never"],
      violations: [],
    })
  })

  it("tells each event as a line while TLC runs, and the document last", async () => {
    const config = ringConfig("INVARIANT SmallLaps")
    const args = ["Ring.tla", "--config", config, "--workers", "1", "--ndjson", "--quiet"]
    const { code, stdout, stderr } = await tlc(...args)
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
    const events = lines.slice(0, -1).map(({ event }) => event)
    expect(events[0]).toBe("Started")
    expect(events.at(-1)).toBe("Exited")
    expect(events.filter((event) => event === "State")).toHaveLength(4)
    expect(lines.find(({ event }) => event === "State")).toMatchObject({
      index: 1,
      variables: { at: expect.anything(), laps: { "#map": expect.any(Array) } },
    })
    expect(lines.at(-1)).toMatchObject({ schema: "prophecy-tlc/1", verdict: "violated" })
    expect([code, stderr]).toEqual([12, ""])
  })

  it("shows what each step changed, writes ITF, and says how to repeat the run", async () => {
    const config = ringConfig("INVARIANT SmallLaps")
    const itf = join(work, "trace.itf.json")
    const args = ["Ring.tla", "--config", config, "--workers", "1", "--seed", "7", "--itf", itf]
    const { code, stdout } = await tlc(...args, "--", "-fp", "3")
    expect(code).toBe(12)
    const lines = stdout.split("\n")
    expect(lines[0]).toMatch(/^violated: invariant SmallLaps after 3 steps/)
    expect(lines).toContain("     laps[n1]: 1 -> 2")
    expect(lines).toContain(
      `reproduce: prophecy tlc Ring.tla --config ${config} --workers 1 --seed=7 -- -fp 3`,
    )
    const trace = JSON.parse(readFileSync(itf, "utf8"))
    expect(trace).toMatchObject({
      "#meta": { format: "ITF", source: "Ring.tla invariant SmallLaps" },
    })
    expect([...trace.vars].sort()).toEqual(["at", "laps", "note"])
    expect(trace.states).toHaveLength(4)
    const full = await tlc(...args, "--full", "--", "-fp", "3")
    expect(full.stdout).toContain("     laps = (n1 :> 2 @@ n2 :> 1)")
  })

  it("is bounded by its time limit, and violated after going on past violations", async () => {
    const bounded = await tlc("Counters.tla", "--stop-after", "1")
    expect(bounded.code).toBe(3)
    expect(bounded.stdout).toMatch(/^bounded: no error so far, but the time limit of 1 s/)
    const config = ringConfig("INVARIANT SmallLaps")
    const continued = await tlc("Ring.tla", "--config", config, "--", "-continue")
    expect(continued.code).toBe(12)
    expect(continued.stdout).toMatch(/^violated: invariant SmallLaps after 3 steps, \d+ times/)
  })

  it.concurrent.each([
    [["Nope.tla"], "Nope.tla does not exist"],
    [["Ring.tla", "--workers", "many"], "a number or auto"],
    [["Ring.tla", "stray"], "TLC's own flags come after --"],
    [["Ring.tla", "--", "-workers", "2"], "-workers cannot be passed on"],
    [["Ring.tla", "--no-such-flag"], "no-such-flag"],
    [["Ring.tla", "--depth", "0"], "depth"],
    [["Ring.tla", "--json", "--ndjson"], "exclude each other"],
  ])("refuses %j with exit code 2 and nothing on stdout", async (args, reason) => {
    const { code, stdout, stderr } = await tlc(...args)
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain(reason)
  })

  it("without Java says what to install", async () => {
    const { ended } = start(launched, ["tlc", "Ring.tla"], { JAVA_HOME: "/no/such/jdk" })
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain("Install a JDK 17")
  })
})

describe("the JVM is gone, and its files", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "after %s, which exits with %i and says that the result is partial",
    async (signal, expected) => {
      const { child, ended } = start(launched, ["tlc", "Counters.tla"])
      let jvm = tlcOf(child.pid ?? 0)
      while (jvm === undefined) {
        await sleep(50)
        jvm = tlcOf(child.pid ?? 0)
      }
      child.kill(signal)
      const { code, stdout } = await ended
      expect(code).toBe(expected)
      expect(stdout).toMatch(/^interrupted: nothing is proved/)
      expect(alive(jvm)).toBe(false)
    },
  )

  it("after a process.exit in the middle", async () => {
    const TMPDIR = mkdtempSync(join(work, "tmp-"))
    const { code, stdout } = await start("exit-main.ts", ["Counters.tla"], { TMPDIR }).ended
    expect(code).toBe(0)
    expect(readdirSync(TMPDIR)).toEqual([])
    const jvm = Number(stdout)
    expect(jvm).toBeGreaterThan(0)
    // SIGKILL was sent; the kernel may need a moment.
    while (alive(jvm)) await sleep(20)
  })
})
