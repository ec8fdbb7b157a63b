/** Several sketchers before one group: with tables of everything, and with pages dealt out. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { scaleOut } from "./scale-out.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-scale-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
const seed = Math.floor(Math.random() * 1_000_000)
const run = (partitioned: boolean, rounds: number) =>
  scaleOut({ directory: mkdtempSync(join(root, "run-")), seed, rounds, partitioned })

describe("clients that ask two sketchers", () => {
  it("see new and then old where both have sketches of a page", async () => {
    const { judgement } = await run(false, 6)
    expect(judgement).toMatchObject({ verdict: "violated", code: 4 })
  })

  it("do not where each page has one owner, while members change and one dies", async () => {
    const { judgement, answered, ways, front } = await run(true, 8)
    console.log(`seed ${seed}: ${answered} answered, ${JSON.stringify(ways)}`)
    expect(judgement).toMatchObject({ verdict: "holds", code: 0 })
    expect(ways["fast"]).toBeGreaterThan(50)
    // The members changed several times, and the standby has followed the one that died.
    const { groups } = front as { groups: { album: { term: number; standbys: Array<string> } } }
    expect(groups.album.term).toBeGreaterThanOrEqual(5)
    expect(groups.album.standbys).toEqual([])
  })
})
