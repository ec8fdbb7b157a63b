import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { machine, scheduling } from "../../bench/machine.ts"
import type { Measurement } from "../../bench/measure.ts"
import { Latencies } from "../../bench/null-workload.ts"
import { hotFunctions } from "../../bench/profile.ts"
import { details, profileText, table } from "../../bench/report.ts"

const run = promisify(execFile)
const program = join(import.meta.dirname, "..", "..", "bench", "run.ts")

describe("figures", () => {
  it("quantiles are values that were measured, also of many and of none", () => {
    const latencies = new Latencies()
    expect(latencies.quantiles(0.5)).toStrictEqual([undefined])
    for (let ms = 3_000; ms >= 1; ms--) latencies.add(ms)
    expect(latencies.quantiles(0.5, 0.99, 1)).toStrictEqual([1_500, 2_970, 3_000])
    latencies.clear()
    latencies.add(7)
    expect(latencies.count).toBe(1)
    expect(latencies.quantiles(0.01, 1)).toStrictEqual([7, 7])
  })

  it("a profile's functions stand in order of their own time, idle time aside", () => {
    const node = (id: number, functionName: string, url = "") => ({
      id,
      callFrame: { functionName, url, lineNumber: 4 },
    })
    const nodes = [
      node(1, "(idle)"),
      node(2, "hash", "node:internal/crypto/hash"),
      node(3, "", "file:///a/b/c.ts"),
    ]
    const profile = { nodes, samples: [1, 2, 3, 2], timeDeltas: [900, 10, 30, 60] }
    const hot = hotFunctions(profile)
    expect(hot).toStrictEqual([
      { name: "hash crypto/hash:5", share: 0.7 },
      { name: "(anonymous) b/c.ts:5", share: 0.3 },
    ])
    expect(profileText([hot], 1)).toBe(
      "replica 0, share of its busy time:\n   70.0 %  hash crypto/hash:5",
    )
  })

  it("the machine is described, and what this process waited for a core", () => {
    expect(machine()).toMatchObject({ node: process.versions.node })
    expect(machine().cores).toBeGreaterThan(0)
    const own = scheduling(process.pid)
    if (process.platform === "linux") expect(own?.ranMs).toBeGreaterThan(0)
    expect(scheduling(2 ** 22 + 1)).toBeUndefined()
  })
})

describe("node bench/run.ts", () => {
  it("measures a small cluster and prints one document", async () => {
    const flags = [
      "--clients",
      "3",
      "--payload",
      "10",
      "--traces",
      "on",
      "--seconds",
      "1",
      "--warmup",
      "0",
      "--json",
    ]
    const { stdout, stderr } = await run(process.execPath, [program, ...flags])
    const document = JSON.parse(stdout) as { schema: string; results: ReadonlyArray<Measurement> }
    expect(document.schema).toBe("prophecy-bench/1")
    const [measured] = document.results
    expect(document.results).toHaveLength(1)
    expect(measured).toMatchObject({
      setting: { clients: 3, payload: 10, traces: true },
      droppedLines: 0,
    })
    expect(measured?.operations).toBeGreaterThan(3)
    expect(measured?.processes.map((p) => p.name)).toStrictEqual([
      "replica 0 (primary)",
      "replica 1",
      "replica 2",
      "replica 3",
      "clients",
    ])
    expect(stderr).toMatch(/^1 of 1: 3 clients, 10 bytes, traces on\n/)
    const text = table(document.results).split("\n")
    expect(text).toHaveLength(2)
    expect(text[1]?.trim().split(/ {2,}/).slice(0, 3)).toStrictEqual(["3", "10", "on"])
    expect(details(measured as Measurement)).toMatch(/replica 0 \(primary\) +\d\.\d\d of a core/)
  })

  it.each([
    [["--clients", "many"], /--clients many: numbers from 1/],
    [["--clients", "0"], /--clients 0: numbers from 1/],
    [["--traces", "maybe"], /--traces maybe: on, off or both/],
    [["--cleints", "1"], /Unknown option '--cleints'/],
  ])("refuses %j with exit code 2", async (flags, message) => {
    await expect(run(process.execPath, [program, ...flags])).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(message),
    })
  })
})
