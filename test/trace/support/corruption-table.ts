/**
 * What the checker says to each corrupted copy of the golden runs, as a table of Markdown.
 * To print:
 *
 *     node test/trace/support/corruption-table.ts
 */
import { checkTraces } from "../../../src/trace-check/check.ts"
import { exitCodeOf } from "../../../src/trace-check/verdict.ts"
import { changeCorruptions } from "./change-corruption.ts"
import { type Corruption, corruptions, moreCorruptions } from "./corruption.ts"
import { digests } from "./digests.ts"
import { goldenRun } from "./golden.ts"
import { sourceOf } from "./sources.ts"

const row = async ({ name, files }: Corruption): Promise<string> => {
  const sources = [...files].map(([file, text]) => sourceOf(file, text))
  const verdict = await checkTraces(sources, { digests })
  if (!("finding" in verdict)) return `| ${name} | ${exitCodeOf(verdict)} | NOT FOUND |||||`
  const { file, line, field = "", expected = "", found = "", message, rule } = verdict.finding
  const cells = [name, exitCodeOf(verdict), `${file}:${line}`, field, expected, found]
  return `| ${[...cells, `${message} [${rule}]`].join(" | ").replaceAll("\n", " ")} |`
}

/** A row for each corruption. */
export const corruptionTable = async (): Promise<string> => {
  const files = goldenRun()
  const rows = [
    "| corruption | exit code | place | field | expected | found | what it says |",
    "|---|---|---|---|---|---|---|",
  ]
  const changing = changeCorruptions(goldenRun("golden-view-change"))
  for (const corruption of [...corruptions(files), ...moreCorruptions(files), ...changing]) {
    rows.push(await row(corruption))
  }
  return rows.join("\n")
}

if (import.meta.main) console.log(await corruptionTable())
