import { createServer } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { run, scratch } from "./command.ts"

interface Finding {
  readonly name: string
  readonly status: "ok" | "warning" | "missing"
  readonly found: string
  readonly fix?: string
}
interface Report {
  readonly schema: string
  readonly ok: boolean
  readonly findings: ReadonlyArray<Finding>
}

const named = (report: Report, name: string): Finding | undefined =>
  report.findings.find((finding) => finding.name === name)

describe("prophecy doctor", () => {
  it("finds this machine complete, and says so in one document", async () => {
    const { code, stdout, stderr } = await run(["doctor", "--json"], { cwd: scratch() })
    expect([code, stderr]).toEqual([0, ""])
    const report: Report = JSON.parse(stdout)
    expect(report).toMatchObject({ schema: "prophecy-doctor/1", ok: true })
    const names = report.findings.map(({ name }) => name)
    expect(names).toEqual([
      "node",
      "cores",
      "ports",
      "disk",
      "fsync",
      "java",
      "javac",
      "tla tools",
      "maven",
    ])
    expect(named(report, "node")?.found).toContain(process.version)
    expect(named(report, "fsync")?.found).toMatch(/^\d+\.\d\d ms/)
  })

  it("names each thing that an empty machine lacks, with the fix", async () => {
    const env = { PATH: "", HOME: scratch() }
    const { code, stdout, stderr } = await run(["doctor", "--json"], {
      env,
      cwd: scratch(),
    })
    expect([code, stderr]).toEqual([2, ""])
    const report: Report = JSON.parse(stdout)
    expect(report.ok).toBe(false)
    const missing = report.findings.filter(({ status }) => status === "missing")
    expect(missing.map(({ name }) => name)).toEqual(["java", "javac", "tla tools", "maven"])
    for (const { fix } of missing) expect(fix).toMatch(/Install/)
    const text = await run(["doctor"], { env, cwd: scratch() })
    expect(text.code).toBe(2)
    expect(text.stdout).toMatch(/^missing +java .*\n +fix: Install a JDK 17/m)
    expect(text.stdout).toContain("4 of 9 are missing.")
  })

  it("does not take a damaged jar for the TLA+ tools", async () => {
    const env = { ...process.env, PROPHECY_TLA_JAR: process.execPath }
    const { code, stdout } = await run(["doctor", "--json"], { env, cwd: scratch() })
    expect(code).toBe(2)
    expect(named(JSON.parse(stdout), "tla tools")).toMatchObject({
      status: "missing",
      found: expect.stringContaining("SHA-256"),
      fix: expect.stringContaining("PROPHECY_TLA_JAR_SHA256"),
    })
  })

  it("warns that the usual port is taken, which is no obstacle", async () => {
    const server = createServer()
    onTestFinished(() => void server.close())
    // Somebody else may hold the port already: then it is taken all the same.
    await new Promise<void>((resolve) => {
      server.once("error", () => resolve())
      server.listen(8080, "127.0.0.1", () => resolve())
    })
    const { stdout } = await run(["doctor", "--json"], { cwd: scratch() })
    expect(named(JSON.parse(stdout), "ports")).toMatchObject({
      status: "warning",
      fix: expect.stringContaining("--port"),
    })
  })
})
