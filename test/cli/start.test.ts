import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { childrenOf, isAlive, pressCtrlC, run, scratch, start } from "./command.ts"

describe("prophecy start", () => {
  it("runs four replicas under load, and shows that what they did conforms", async () => {
    const cwd = scratch()
    const args = ["start", "--seconds", "1", "--seed", "11", "--json", "--out", "run"]
    const { code, stdout, stderr } = await run(args, { cwd })
    expect([code, stderr]).toEqual([0, expect.stringContaining("seed 11, traces in run")])
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({
      schema: "prophecy-start/1",
      verdict: "conforms",
      partial: false,
      objections: [],
      replicas: 4,
      clients: 20,
      seed: 11,
      service: "album",
      wrongReads: null,
      history: { file: "run/history.jsonl", consistency: "delay-once", undecided: 0, wrong: [] },
      load: { failures: {} },
      replay: { schema: "prophecy-replay/1", verdict: "conforms" },
      tlc: { ran: true },
      traces: { folder: "run/traces" },
      reproduce: "prophecy start --seconds 1 --clients 20 --seed 11",
    })
    expect(report.load.answered).toBeGreaterThan(20)
    expect(report.replay.statistics.traced).toHaveLength(5)
    expect(report.replay.statistics.results).toBeGreaterThanOrEqual(report.load.answered)
    expect(report.tlc.windows.length).toBeGreaterThan(0)
    expect(report.tlc.states).toBeGreaterThan(0)
    const traces = readdirSync(join(cwd, "run/traces"))
    expect(traces.filter((name) => name.endsWith(".ndjson"))).toHaveLength(5)
    expect(report.fastReads.fast).toBeGreaterThan(0)
    const judge = ["check-history", "run/history.jsonl", "--consistency", "delay-once", "--json"]
    const judged = await run(judge, { cwd })
    expect(JSON.parse(judged.stdout)).toMatchObject({ operations: report.history.operations })
    expect(judged.code).toBe(0)
    expect(statSync(join(cwd, "run/cluster.json")).mode & 0o777).toBe(0o600)
    const again = await run(args, { cwd })
    expect([again.code, again.stdout]).toEqual([2, ""])
    expect(again.stderr).toMatch(/--out: run is not empty; name a new folder/)
  })

  it("goes on without TLC where there is no Java, and says so with the fix", async () => {
    const env = { PATH: "", HOME: scratch() }
    const args = ["start", "--service", "kv", "--seconds", "1", "--clients", "4"]
    const { code, stdout } = await run(args, { cwd: scratch(), env })
    expect(code).toBe(0)
    expect(stdout).toMatch(/TLC +did not run: .*Java.*Install a JDK 17/)
    expect(stdout).toMatch(/history +[\d,]+ operations on \d+ keys are linearizable/)
    expect(stdout).toMatch(/verdict +CONFORMS to the model; TLC did not run/)
  })

  it("stops at Ctrl-C with a partial report and without a process left", async () => {
    const cwd = scratch()
    const job = start(["start", "--seconds", "300", "--clients", "3", "--out", "run"], { cwd })
    await expect.poll(job.stderr, { timeout: 60_000 }).toMatch(/^load/m)
    const pids = childrenOf(job.child.pid)
    expect(pids).toHaveLength(4)
    pressCtrlC(job)
    const { code, stdout } = await job.ended
    expect(code).toBe(130)
    expect(stdout).toMatch(/^PARTIAL REPORT/)
    expect(stdout).toMatch(/^requests +[\d,]+ answered/m)
    expect(stdout).toMatch(/INCONCLUSIVE: interrupted in the phase "load"/)
    expect(stdout).toContain("failed: 0")
    expect(pids.filter(isAlive)).toEqual([])
    expect(existsSync(join(cwd, "run/traces"))).toBe(true)
  })

  it("fails when a replica ends by itself, and takes the others with it", async () => {
    const job = start(["start", "--seconds", "60", "--clients", "2"], { cwd: scratch() })
    await expect.poll(job.stderr, { timeout: 60_000 }).toMatch(/^load/m)
    const pids = childrenOf(job.child.pid)
    process.kill(pids[2] ?? 0, "SIGKILL")
    const { code, stdout, stderr } = await job.ended
    expect([code, stdout]).toEqual([70, ""])
    expect(stderr).toMatch(/prophecy: replica \d: its process was ended by SIGKILL/)
    expect(pids.filter(isAlive)).toEqual([])
  })

  it("leaves no replica behind even when it is killed", async () => {
    const job = start(["start", "--seconds", "60", "--clients", "2"], { cwd: scratch() })
    await expect.poll(job.stderr, { timeout: 60_000 }).toMatch(/^load/m)
    const pids = childrenOf(job.child.pid)
    expect(pids).toHaveLength(4)
    job.child.kill("SIGKILL")
    await expect.poll(() => pids.filter(isAlive), { timeout: 60_000 }).toEqual([])
  })

  it.each([
    [["--config", "x.json"], /--config goes with --serve/],
    [["--restart-dead"], /--restart-dead goes with --serve/],
    [["--seconds", "0"], /a whole number from 1 to 300/],
    [["--clients", "many"], /clients/],
    [["--serve", "--config", "x.json"], /x\.json: cannot be read/],
  ])("refuses %j", async (args, expected) => {
    const { code, stdout, stderr } = await run(["start", ...args], { cwd: scratch() })
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toMatch(expected)
  })
})
