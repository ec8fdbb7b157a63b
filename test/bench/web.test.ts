import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { processorSeconds } from "../../bench/process-tree.ts"
import type { WebMeasurement } from "../../bench/web-compare.ts"
import { webDetails, webTable } from "../../bench/web-report.ts"
import { readWrk } from "../../bench/wrk.ts"

const run = promisify(execFile)
const program = join(import.meta.dirname, "..", "..", "bench", "web.ts")

const line = '{"requests":500,"micros":2000000,"bytes":9,"p50":1500,"p99":9000,"errors":2}'

describe("a comparison of web servers", () => {
  it("reads what wrk says last, and takes nothing else for figures", () => {
    expect(readWrk(`Running 2s test\n  500 requests\n${line}\n`)).toEqual({
      requests: 500,
      seconds: 2,
      p50Ms: 1.5,
      p99Ms: 9,
      bytes: 9,
      errors: 2,
    })
    expect(() => readWrk("unable to connect")).toThrow("wrk gave no figures: unable to connect")
  })

  it("shows each subject with the cores that its kinds of processes had", () => {
    const measured: WebMeasurement = {
      name: "Prophecy, 5 % transitions",
      ...readWrk(line),
      requestsPerSecond: 250,
      cpu: { wrk: 0.1, sketcher: 0.5, "replica 0": 0.25, "replica 1": 0.25, "apache 0": 0.3 },
      mismatches: 4.9,
    }
    const [, row = ""] = webTable([measured]).split("\n")
    expect(row.split(/ {2,}/).join("|")).toBe(
      "Prophecy, 5 % transitions|250|1.50|9.00|2|4.9|5,200|0.10|0.50|0.50|0.30",
    )
    expect(webDetails(measured)).toContain("replica 1 0.25")
  })

  it.skipIf(process.platform !== "linux")("counts the time of a process with its children", () => {
    const [own = 0, ended] = processorSeconds([process.pid, 2 ** 22 + 1])
    expect(own).toBeGreaterThan(0)
    expect(ended).toBe(0)
  })
})

const tools = ["wrk", "nginx", "apache2"].filter((name) =>
  ["/usr/bin", "/usr/sbin"].every((folder) => !existsSync(join(folder, name))),
)
if (tools.length > 0)
  console.error(`\nNOT TESTED: node bench/web.ts, without ${tools.join(", ")}\n`)

describe("node bench/web.ts", () => {
  it.skipIf(tools.length > 0)(
    "measures all of them, and how often reads did not match",
    async () => {
      const small = ["--connections", "4", "--seconds", "1", "--warmup", "0", "--pages", "4"]
      const args = [program, ...small, "--transitions", "50", "--json"]
      const { stdout } = await run(process.execPath, args)
      const { schema, results } = JSON.parse(stdout) as {
        schema: string
        results: ReadonlyArray<WebMeasurement>
      }
      expect(schema).toBe("prophecy-bench-web/1")
      expect(results.map(({ name, errors }) => [name, errors])).toEqual([
        ["Apache alone", 0],
        ["nginx before it", 0],
        ["proxied PBFT", 0],
        ["Prophecy, 50 % transitions", 0],
      ])
      const [, , proxied, prophecy] = results
      expect(prophecy?.mismatches).toBeGreaterThan(20)
      expect(prophecy?.mismatches).toBeLessThan(80)
      expect(proxied?.cpu["sketcher"]).toBeGreaterThan(0)
      expect(proxied?.cpu["replica 3"]).toBeGreaterThan(0)
    },
  )

  it("without wrk says what to do", async () => {
    const env = { ...process.env, PATH: "/nowhere" }
    const ended = run(process.execPath, [program], { env })
    await expect(ended).rejects.toMatchObject({ code: 2 })
    await expect(ended).rejects.toThrow(/was not found.*apt-get install/)
  })

  it("names the flag that it cannot read", async () => {
    const ended = run(process.execPath, [program, "--transitions", "5,120"])
    await expect(ended).rejects.toThrow("--transitions 120: a whole number from 0 to 100")
  })
})
