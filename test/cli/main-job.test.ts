/** What the main job says of traces that were tampered with: a run that is good to begin with. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { replay } from "../../src/cli/main-job.ts"
import { makeProgress } from "../../src/cli/progress.ts"
import { type Findings, noFindings } from "../../src/cli/start-findings.ts"
import { exitCodeOf, reportText } from "../../src/cli/start-report.ts"
import { tlcStage } from "../../src/cli/tlc-stage.ts"
import { Capture, pbftChains } from "../../src/trace-check/chain.ts"
import { run, scratch } from "./command.ts"

const progress = makeProgress(true)
let folder = ""
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "prophecy-cli-"))
  const args = ["start", "--service", "kv", "--seconds", "1", "--clients", "3", "--no-tlc"]
  const { code, stdout } = await run([...args, "--out", "run"], { cwd: folder })
  expect(stdout).toMatch(/TLC +did not run: --no-tlc/)
  expect(code).toBe(0)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const judged = async (runFolder: string, capture: Capture): Promise<Findings> => {
  const service = "key-value"
  const job = { folder: runFolder, seed: 0, clients: 3, seconds: 1, replicas: 4, service } as const
  const findings = noFindings({ ...job, features: [] })
  // These traces are of processes that ended long ago.
  findings.networkFaults = {}
  await Effect.runPromise(replay({ progress }, findings, capture))
  findings.phase = "done"
  return findings
}
const someWindows = (): Capture => new Capture({ _tag: "Auto", size: 60, windows: 1 })

/** A copy of the run with one trace changed. */
const tampered = (change: (lines: ReadonlyArray<string>) => ReadonlyArray<string>): string => {
  const copy = scratch()
  cpSync(join(folder, "run"), copy, { recursive: true })
  const name = readdirSync(join(copy, "traces")).find((file) => file.startsWith("replica-1")) ?? ""
  const path = join(copy, "traces", name)
  writeFileSync(path, change(readFileSync(path, "utf8").split("\n")).join("\n"))
  return copy
}

describe("the main job", () => {
  it("accepts the run as it was recorded", async () => {
    const findings = await judged(join(folder, "run"), someWindows())
    expect(findings.replay?.verdict._tag).toBe("Conforms")
    expect(exitCodeOf(findings)).toBe(0)
  })

  it("rejects a run of which a step was changed, and names the line", async () => {
    let changed = 0
    const copy = tampered((lines) => {
      changed = lines.findIndex((line) => line.includes('"action":"RecvCommit"'))
      return lines.map((line, k) => (k === changed ? line.replace("RecvCommit", "Execute") : line))
    })
    const findings = await judged(copy, someWindows())
    expect(exitCodeOf(findings)).toBe(4)
    const text = reportText(findings)
    expect(text).toMatch(/does not conform[^]*REJECTED: the traces are not a run of the model/)
    expect(text).toMatch(new RegExp(`replica-1\\.0\\.ndjson:${changed + 1}: `))
  })

  it("rejects a run of which the end of a trace was lost", async () => {
    const findings = await judged(
      tampered((lines) => lines.slice(0, 20)),
      someWindows(),
    )
    expect(exitCodeOf(findings)).toBe(4)
    expect(reportText(findings)).toMatch(
      /unreadable[^]*REJECTED: a trace of this run cannot be read/,
    )
  })

  it("rejects a run of which TLC cannot follow a window", async () => {
    const capture = someWindows()
    const findings = await judged(join(folder, "run"), capture)
    const lossy = pbftChains(capture.chains()).map(({ events, ...chain }) => {
      const lost = events.findIndex(({ step }) => step.action === "RecvPrepare")
      return { ...chain, events: events.filter((_, k) => k !== lost) }
    })
    findings.tlc = await Effect.runPromise(
      tlcStage({ run: lossy.slice(0, 1), sketchers: [] }, progress),
    )
    expect(exitCodeOf(findings)).toBe(4)
    expect(reportText(findings)).toMatch(/0 of 1 windows[^]*rejected at event \d+[^]*REJECTED: TLC/)
  })

  it("cannot judge a run that has no window for TLC", async () => {
    const findings = await judged(join(folder, "run"), someWindows())
    findings.tlc = await Effect.runPromise(tlcStage({ run: [], sketchers: [] }, progress))
    expect(exitCodeOf(findings)).toBe(3)
    expect(reportText(findings)).toMatch(/0 of 0 windows[^]*INCONCLUSIVE: TLC gave no answer/)
  })
})
