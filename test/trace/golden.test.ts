import { expect, test } from "vitest"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "./support/digests.ts"
import { goldenRun, recordGolden, writeGolden } from "./support/golden.ts"
import { sourcesOf } from "./support/sources.ts"

if (process.env["UPDATE"] !== undefined) writeGolden()

test("the golden traces conform", async () => {
  const verdict = await checkTraces(sourcesOf(goldenRun()), { digests })
  expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { requests: 4, results: 4 } })
})

// A changed line means a changed format: raise its version and write the files anew (UPDATE=1).
test("the same run is recorded in the same lines", () => {
  const recorded = recordGolden()
  const golden = goldenRun()
  expect([...golden.keys()]).toEqual([...recorded.keys()].sort())
  for (const [file, lines] of recorded) expect(golden.get(file)).toEqual(lines)
})
