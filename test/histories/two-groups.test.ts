/** One front end before two groups of real replicas (npm run test:slow). */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { twoGroups } from "./two-groups.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-two-groups-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))
const seed = Math.floor(Math.random() * 1_000_000)

it("albums dealt out to two groups stay delay-once while one loses its primary", async () => {
  const { judgement, answered, meanwhile, views, ways } = await twoGroups(root, seed)
  console.log(`seed ${seed}: ${answered.join(" + ")} answered, ${JSON.stringify(ways)}`)
  expect(judgement).toMatchObject({ verdict: "holds", code: 0 })
  for (const n of [...answered, ...meanwhile]) expect(n).toBeGreaterThanOrEqual(100)
  expect(ways["fast"]).toBeGreaterThan(50)
  const [east, west = 0] = views
  expect(east).toBe(0)
  expect(west).toBeGreaterThan(0)
})
