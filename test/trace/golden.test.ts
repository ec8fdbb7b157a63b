import { expect, test } from "vitest"
import { checkTraces } from "../../src/trace-check/check.ts"
import { digests } from "./support/digests.ts"
import { goldenNames, goldenRun, recordGolden, writeGolden } from "./support/golden.ts"
import { sourcesOf } from "./support/sources.ts"

if (process.env["UPDATE"] !== undefined) for (const name of goldenNames) writeGolden(name)

test.each(goldenNames)("the traces conform: %s", async (name) => {
  const verdict = await checkTraces(sourcesOf(goldenRun(name)), { digests })
  expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { requests: 4, results: 4 } })
})

test("they take every action but a restart", async () => {
  const taken = new Set<string>()
  for (const name of goldenNames) {
    const verdict = await checkTraces(sourcesOf(goldenRun(name)), { digests })
    if (verdict._tag !== "Conforms") throw new Error(verdict._tag)
    for (const action of Object.keys(verdict.statistics.actions)) taken.add(action)
  }
  const actions = [...taken].filter((action) => !action.startsWith("Ignore:"))
  expect(actions.sort()).toEqual([
    "ClientRecvReply",
    "ClientSubmit",
    "ClientTimeout",
    "EnterView",
    "Execute",
    "RecvBatch",
    "RecvCheckpoint",
    "RecvCommit",
    "RecvFetchBatch",
    "RecvNewView",
    "RecvPrePrepare",
    "RecvPrepare",
    "RecvRequest",
    "RecvViewChange",
    "SendNewView",
    "SendPrePrepare",
    "Timeout",
  ])
})

// A changed line means a changed format: raise its version and write the files anew (UPDATE=1).
test.each(goldenNames)("the same run is recorded in the same lines: %s", (name) => {
  const recorded = recordGolden(name)
  const golden = goldenRun(name)
  expect([...golden.keys()]).toEqual([...recorded.keys()].sort())
  for (const [file, lines] of recorded) expect(golden.get(file)).toEqual(lines)
})
