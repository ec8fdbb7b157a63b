/** Small crash runs of real processes; ci/nightly.sh has long ones. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { verdictText } from "../../src/trace-check/verdict.ts"
import { type CrashOptions, crashRun } from "./rounds.ts"

const directory = mkdtempSync(join(tmpdir(), "prophecy-rounds-"))
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

const seed = Math.floor(Math.random() * 1_000_000)

const crashes = async (options: Partial<CrashOptions>) => {
  const all: CrashOptions = { directory, seed, rounds: 1, victims: "all", ...options }
  const { lost, stuck, refused, verdict, ...counts } = await crashRun(all)
  const { acknowledged, reads, rounds } = counts
  console.log(`seed ${seed}: ${acknowledged} acknowledged, ${reads} reads`)
  const fine = rounds.length === all.rounds && acknowledged > 0
  return { fine, lost, stuck, refused, traces: verdict._tag, why: verdictText(verdict) }
}

/** The last lines of a killed process are missing: gaps that the traces declare. */
const good = {
  fine: true,
  lost: [],
  stuck: null,
  refused: null,
  traces: "Gap",
  why: expect.any(String),
}

describe("all replicas are killed at one moment: nothing that was acknowledged is lost", () => {
  it("with disks that forget what was not synced and tear the last record", async () => {
    expect(await crashes({ syncMs: 20 })).toEqual(good)
  })

  it("of Zyzzyva, over such disks", async () => {
    expect(await crashes({ syncMs: 20, changes: { protocol: "zyzzyva" } })).toEqual(good)
  })

  it("of seven", async () => {
    expect(await crashes({ replicas: 7 })).toEqual(good)
  })
})

describe("the primary alone is killed", () => {
  it("of ten: the others answer without it, and it comes back", async () => {
    expect(await crashes({ replicas: 10, victims: "primary" })).toEqual(good)
  })
})
