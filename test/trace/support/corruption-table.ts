/**
 * Prints what the checker says to each corrupted copy of the golden run, as a table of Markdown:
 *
 *     node test/trace/support/corruption-table.ts
 */
import { checkTraces } from "../../../src/trace-check/check.ts"
import { exitCodeOf } from "../../../src/trace-check/verdict.ts"
import { corruptions, moreCorruptions } from "./corruption.ts"
import { digests } from "./digests.ts"
import { goldenRun } from "./golden.ts"
import { sourceOf } from "./sources.ts"

const files = goldenRun()
console.log("| corruption | exit code | place | field | expected | found | what it says |")
console.log("|---|---|---|---|---|---|---|")
for (const { name, files: corrupted } of [...corruptions(files), ...moreCorruptions(files)]) {
  const sources = [...corrupted].map(([file, text]) => sourceOf(file, text))
  const verdict = await checkTraces(sources, { digests })
  if (!("finding" in verdict)) throw new Error(`${name} is not found`)
  const { file, line, field = "", expected = "", found = "", message, rule } = verdict.finding
  const cells = [name, exitCodeOf(verdict), `${file}:${line}`, field, expected, found]
  console.log(`| ${[...cells, `${message} [${rule}]`].join(" | ").replaceAll("\n", " ")} |`)
}
