/** The golden run: small traces in the repository, which pin the format. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import type { Files } from "./corruption.ts"
import { recordRun } from "./recorded-run.ts"

const folder = new URL("../golden/", import.meta.url)

/** The run that the golden files are a recording of. */
export const recordGolden = (): Files => recordRun({ seed: 1, run: "golden", requests: 2 })

/** Writes the golden files anew: after a change of the format, with a new version. */
export const writeGolden = (): void => {
  mkdirSync(folder, { recursive: true })
  for (const [name, lines] of recordGolden()) {
    writeFileSync(new URL(name, folder), lines.map((line) => `${line}\n`).join(""))
  }
}

/** The golden files as they are. */
export const goldenRun = (): Files =>
  new Map(
    readdirSync(folder)
      .sort()
      .map((name) => {
        const text = readFileSync(new URL(name, folder), "utf8")
        return [name, text.split("\n").slice(0, -1)]
      }),
  )
