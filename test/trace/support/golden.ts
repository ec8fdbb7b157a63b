/** The golden runs: small traces in the repository, which pin the format. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Files } from "./corruption.ts"
import { recordRun } from "./recorded-run.ts"

const folderOf = (name: GoldenName): URL => new URL(`../${name}/`, import.meta.url)

/** One run in view 0, and one that changes the view with batches under way and one to fetch. */
export const goldenNames = ["golden", "golden-view-change"] as const
export type GoldenName = (typeof goldenNames)[number]

/** The run that the golden files are a recording of. */
export const recordGolden = (name: GoldenName = "golden"): Files =>
  name === "golden"
    ? recordRun({ seed: 1, run: name, requests: 2 })
    : recordRun({
        seed: 525,
        run: name,
        requests: 2,
        timeouts: 0.02,
        viewTimeouts: { chance: 0.03, many: 2 },
      })

/** Writes the golden files anew: after a change of the format, with a new version. */
export const writeGolden = (name: GoldenName = "golden"): void => {
  const folder = folderOf(name)
  mkdirSync(folder, { recursive: true })
  for (const [file, lines] of recordGolden(name)) {
    writeFileSync(new URL(file, folder), lines.map((line) => `${line}\n`).join(""))
  }
}

/** The golden files as they are. */
export const goldenRun = (name: GoldenName = "golden"): Files => {
  const folder = folderOf(name)
  return new Map(
    readdirSync(folder)
      .sort()
      .map((file) => {
        const text = readFileSync(new URL(file, folder), "utf8")
        return [file, text.split("\n").slice(0, -1)]
      }),
  )
}
