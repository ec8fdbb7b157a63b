import { expect, test } from "vitest"
import { checkTraces } from "../../src/trace-check/check.ts"
import { findingText, verdictDocument, verdictText } from "../../src/trace-check/verdict.ts"
import { corruptions } from "./support/corruption.ts"
import { digests } from "./support/digests.ts"
import { goldenRun } from "./support/golden.ts"
import { recordRun } from "./support/recorded-run.ts"
import { sourceOf, sourcesOf } from "./support/sources.ts"

test("the text of a run that conforms", async () => {
  const verdict = await checkTraces(sourcesOf(goldenRun()), { digests })
  expect(verdictText(verdict).split("\n")).toEqual([
    "conforms: every recorded step is a step of the model",
    "run       golden: 164 events in 5 files",
    "processes replica 0, replica 1, replica 2, replica 3, clients 0 to 1",
    expect.stringMatching(/^actions {3}ClientRecvReply \d+, .*SendPrePrepare 4$/),
    expect.stringMatching(/^ignored {3}AlreadyCommitted \d+, /),
    "executed  4 requests up to sequence number 4; 4 results accepted by clients",
    expect.stringMatching(/^messages {2}\d+ received messages found among those sent$/),
    expect.stringMatching(/^abstract {2}\d+ steps of PbftCore.tla$/),
  ])
})

test("the text of what is missing, untraced and Byzantine", async () => {
  const files = recordRun({
    seed: 4,
    clients: 5,
    requests: 20,
    untraced: [3],
    byzantine: (m, to) => (to === 1 && m._tag === "Commit" ? [{ ...m, digest: "beef" }] : [m]),
    drop: { node: 2, from: 20, many: 1 },
  })
  const text = verdictText(await checkTraces(sourcesOf(files), { digests }))
  expect(text).toContain("conforms, with gaps: every recorded step is a step of the model, but")
  expect(text).toContain("gap       replica-2.ndjson:21: 1 step of replica 2 without a line")
  expect(text).toMatch(/^Byzantine replica 3 sent two Commit messages .* \(.+:\d+ and .+:\d+\)$/m)
  expect(text).toContain("untraced  replica 3: taken for possibly Byzantine")
})

test("the text of a finding names file, line, process, step, field and both values", async () => {
  const [flipped] = corruptions(goldenRun())
  const sources = [...(flipped?.files ?? [])].map(([name, text]) => sourceOf(name, text))
  const verdict = await checkTraces(sources, { digests })
  if (verdict._tag !== "Rejected") throw new Error(verdict._tag)
  expect(findingText(verdict.finding).split("\n")).toEqual([
    "replica-1.ndjson:4: replica 1, step 3: the model, given this input in this state, says otherwise [Replay]",
    "  field     post.slot[0].phase",
    '  expected  "prepared"',
    '  found     "committed"',
  ])
  expect(verdictText(verdict)).toMatch(/^does not conform\nreplica-1.ndjson:4: /)
})

test("the document for programs has a schema and survives JSON", async () => {
  const good = verdictDocument(await checkTraces(sourcesOf(goldenRun()), { digests }))
  expect(good).toMatchObject({
    schema: "prophecy-replay/1",
    verdict: "conforms",
    misbehaviours: [],
  })
  expect(JSON.parse(JSON.stringify(good))).toEqual(good)
  const empty = verdictDocument(await checkTraces([sourceOf("file", "")], { digests }))
  expect(empty).toMatchObject({
    schema: "prophecy-replay/1",
    verdict: "unreadable",
    finding: { rule: "Empty", file: "file", line: 1 },
  })
})
