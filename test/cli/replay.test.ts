import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { specDigest } from "../../src/cli/specification.ts"
import { resultDigest } from "../../src/net/digests.ts"
import { type RunOptions, recordRun } from "../trace/support/recorded-run.ts"
import { fileOf, record } from "../trace/support/sketcher-run.ts"
import { pressCtrlC, run, scratch, start } from "./command.ts"

const replay = (args: ReadonlyArray<string>, cwd: string) => run(["replay", ...args], { cwd })

/** A folder with the traces of a run under the specification at hand. */
const traces = (options: Partial<RunOptions> = {}): string => {
  const folder = scratch()
  mkdirSync(join(folder, "traces"))
  mkdirSync(join(folder, "empty"))
  for (const [name, lines] of recordRun({ seed: 1, spec: specDigest(), ...options })) {
    writeFileSync(join(folder, "traces", name), lines.map((line) => `${line}\n`).join(""))
  }
  return folder
}

test("a folder of traces that conform", async () => {
  const { code, stdout, stderr } = await replay(["traces"], traces())
  expect(stderr).toBe("replay\n")
  expect(stdout).toMatch(/^conforms: every recorded step is a step of the model\n/)
  expect(stdout).toMatch(/^took {6}\d+\.\d s, [\d,]+ events\/s$/m)
  expect(code).toBe(0)
})

test("the folder of a run, in which the traces have theirs", async () => {
  const { code, stdout } = await replay(["."], traces())
  expect(stdout).toMatch(/^conforms: .+\n.+ events in 5 files$/m)
  expect(code).toBe(0)
})

test("one JSON document, and nothing on standard error when quiet", async () => {
  const folder = traces({ drop: { node: 1, from: 5, many: 3 } })
  const { code, stdout, stderr } = await replay(["--json", "--quiet", "traces"], folder)
  expect(stderr).toBe("")
  const document = JSON.parse(stdout)
  expect(document).toMatchObject({
    schema: "prophecy-replay/1",
    verdict: "gap",
    gaps: [{ node: "replica 1", dropped: 3, file: "traces/replica-1.ndjson", line: 6 }],
    elapsedMs: expect.any(Number),
  })
  expect(document).not.toHaveProperty("tlc")
  expect(code).toBe(3)
})

test("windows by TLC, and the text of what it says", async () => {
  const args = ["--tlc", "1:60", "--window", "30", "traces"]
  const { code, stdout } = await replay(args, traces())
  expect(stdout).toContain("TLC       events 1 to 30, from Init: accepted, 32 states\n")
  expect(stdout).toContain(
    "TLC       events 31 to 60, from where the last one ended: accepted, 32 states\n",
  )
  expect(code).toBe(0)
})

const lines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

test("a JSON object a line while it works, the document last", async () => {
  const args = ["--ndjson", "--quiet", "--tlc", "1:20", "--window", "10", "traces"]
  const { code, stdout, stderr } = await replay(args, traces())
  const told = lines(stdout)
  expect(told.map((line) => Object.keys(line)[0])).toEqual([
    "replayed",
    "window",
    "window",
    "schema",
  ])
  expect(told[0]).toMatchObject({ replayed: { verdict: "conforms" } })
  expect(told[2]).toMatchObject({ window: { from: 11, to: 20, outcome: { _tag: "Accepted" } } })
  const windows = [told[1]?.["window"], told[2]?.["window"]]
  expect(told[3]).toMatchObject({ schema: "prophecy-replay/1", tlc: { windows } })
  expect([code, stderr]).toEqual([0, ""])
})

test("Ctrl-C during TLC: what the replay found, the windows so far, and how to go on", async () => {
  const asked = ["replay", "--tlc", "1:60", "--window", "2", "traces"]
  const job = start(asked, { cwd: traces() })
  await expect.poll(job.stderr, { timeout: 60_000 }).toContain("TLC\n")
  pressCtrlC(job)
  const { code, stdout } = await job.ended
  expect(stdout).toMatch(/^conforms: every recorded step is a step of the model\n/)
  expect(stdout).toContain("\nTLC       interrupted: partial, the other events are not checked\n")
  expect(stdout).toMatch(/\nagain {5}prophecy replay --tlc \d+:60 --window 2 traces\n$/)
  expect(code).toBe(130)
  // Once a window is done, what is to be done again starts after it.
  const later = start([...asked, "--ndjson", "--quiet"], { cwd: traces() })
  await expect.poll(later.stdout, { timeout: 60_000 }).toContain('{"window":')
  pressCtrlC(later)
  const ended = await later.ended
  const document = lines(ended.stdout).at(-1)
  const { tlc } = document as { tlc: { windows: ReadonlyArray<{ to: number }> } }
  expect(document).toMatchObject({ schema: "prophecy-replay/1", verdict: "conforms" })
  const from = (tlc.windows.at(-1)?.to ?? 0) + 1
  expect(from).toBeGreaterThan(2)
  expect(tlc).toMatchObject({
    interrupted: true,
    again: `prophecy replay --tlc ${from}:60 --window 2 traces`,
  })
  expect(ended.code).toBe(130)
})

test("events that the run does not have leave the question open", async () => {
  const { code, stdout } = await replay(["--tlc", "90000:90010", "traces"], traces())
  expect(stdout).toContain("TLC       the run has none of the events asked for\n")
  expect(code).toBe(3)
})

test("without Java the replay is told, and that TLC was not asked", async () => {
  const env = { ...process.env, PATH: "/nowhere", JAVA_HOME: "" }
  const args = ["replay", "--json", "--tlc", "1:10", "traces"]
  const { code, stdout } = await run(args, { cwd: traces(), env })
  const document = JSON.parse(stdout)
  expect(document).toMatchObject({
    verdict: "conforms",
    tlc: { windows: [{ outcome: { _tag: "Unanswered", problem: expect.stringMatching(/Java/) } }] },
  })
  expect(code).toBe(3)
})

test("a trace that does not conform: where, what, and exit code 4", async () => {
  const result = (replica: number, seq: number, text: string) =>
    replica === 2 && seq === 1 ? "different" : text
  const options = { result, checkpointInterval: 10, logSize: 20 }
  const { code, stdout } = await replay(["--tlc", "auto", "traces"], traces(options))
  expect(stdout).toMatch(
    /^does not conform\ntraces\/replica-\d\.ndjson:\d+: replica \d, step \d+: /,
  )
  expect(stdout).not.toContain("TLC")
  expect(code).toBe(4)
})

test.each([
  [["nothing"], "nothing: there is no such file or folder"],
  [["empty"], "empty: no .ndjson file in this folder"],
  [["--tlc", "5:3", "traces"], "--tlc 5:3: the first event comes after the last one"],
  [["--tlc", "0:3", "traces"], "auto, or FROM:TO"],
  [["--window", "0", "traces"], "1 to 10000 events"],
  [["--json", "--ndjson", "traces"], "--json and --ndjson exclude each other"],
  [[], "trace"],
])("bad input is told on standard error: %j", async (args, message) => {
  const { code, stdout, stderr } = await replay(args, traces())
  expect(stderr).toContain(message)
  expect(stdout).toBe("")
  expect(code).toBe(2)
})

test("a trace of another specification is refused", async () => {
  const { code, stdout } = await replay(["traces"], traces({ spec: "0".repeat(64) }))
  expect(stdout).toMatch(
    /^unreadable\ntraces\/clients\.ndjson:1: the trace was recorded under another/,
  )
  expect(code).toBe(2)
})

test("steps of a sketcher that TLC follows, in adjacent windows", async () => {
  const folder = scratch()
  const { lines } = record(2, 60, { sessions: false, digest: resultDigest })
  const text = fileOf(lines).replace(/"spec":"0+"/, `"spec":"${specDigest()}"`)
  writeFileSync(join(folder, "sketcher-0.0.ndjson"), text)
  const file = "sketcher-0.0.ndjson"
  const { code, stdout } = await replay(["--sketchers", "1:50", "--window", "30", file], folder)
  expect(stdout).toMatch(/^TLC {7}steps of sketcher 0 1 to 30, from Init: accepted, 32 states$/m)
  expect(stdout).toMatch(
    /^TLC {7}steps of sketcher 0 31 to 50, from where .+: accepted, 22 states$/m,
  )
  expect(code).toBe(0)
  const wrong = await replay(["--sketchers", "5:1", file], folder)
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/--sketchers 5:1/) })
})
