import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { specDigest } from "../../src/cli/specification.ts"
import { type RunOptions, recordRun } from "../trace/support/recorded-run.ts"
import { run, scratch } from "./command.ts"

const explain = (cwd: string, ...args: ReadonlyArray<string>) =>
  run(["explain", "--quiet", ...args], { cwd })

type Cut = (name: string, lines: ReadonlyArray<string>) => ReadonlyArray<string>

/** A folder with the traces of a run under the specification at hand, each cut by `cut`. */
const traces = (
  options: Partial<RunOptions> = {},
  cut: Cut = (_, lines) => [...lines, ""],
): string => {
  const folder = scratch()
  mkdirSync(join(folder, "traces"))
  for (const [name, lines] of recordRun({ seed: 1, spec: specDigest(), ...options })) {
    writeFileSync(join(folder, "traces", name), cut(name, lines).join("\n"))
  }
  return folder
}

/** Replicas 2 and 3 say nothing: no number can be prepared. */
const halted = () => traces({ untraced: [2, 3], byzantine: () => [] })

test("a run that was answered waits for nothing", async () => {
  const { code, stdout, stderr } = await explain(traces(), ".")
  expect(stdout).toMatch(/^nothing is waited for after \d+ events: all that was begun is done\n$/)
  expect([code, stderr]).toEqual([0, ""])
})

test("which quorum is missing, from whom, since when", async () => {
  const { code, stdout } = await explain(halted(), "traces")
  const replica = [
    "replica 1  sequence numbers 1 to 2: pre-prepared in view 0; needs 2 PREPARE, has 1 (of 1)",
    "    lacks replica 2: no step of it is recorded",
    "    lacks replica 3: no step of it is recorded",
    "    since traces/replica-1.ndjson:",
  ]
  expect(stdout).toContain(`\n${replica.join("\n")}`)
  expect(stdout).toMatch(/^ {4}since traces\/replica-1\.ndjson:\d+ \(event \d+ of \d+, \d+ ago\)$/m)
  const client = [
    "client 0  request 1 sent to the primary; needs 2 REPLY, has none",
    "    lacks replica 0: it has not executed it; its last step is traces/replica-0.ndjson:",
  ]
  expect(stdout).toContain(client.join("\n"))
  // Nobody lacks the primary's prepare: it sends none.
  expect(stdout.match(/^replica \d .*(\n {4}.*)*/gm)?.join()).not.toContain("lacks replica 0")
  expect(code).toBe(0)
})

test("the same for a program: one document", async () => {
  const folder = halted()
  const { code, stdout } = await explain(folder, "--json", "traces")
  const document = JSON.parse(stdout)
  expect(document).toMatchObject({ schema: "prophecy-explain/1", conforms: "conforms", open: [] })
  const replica = document.waiting.find((w: { process: string }) => w.process === "replica 0")
  expect(replica).toMatchObject({
    seqs: [1, 2],
    message: "PREPARE",
    needs: 2,
    has: [1],
    lacks: [{ replica: 2 }, { replica: 3 }],
    since: { file: "traces/replica-0.ndjson" },
  })
  // The line that it names is the one in which the first of these numbers was given.
  const lines = recordRun({
    seed: 1,
    spec: specDigest(),
    untraced: [2, 3],
    byzantine: () => [],
  }).get("replica-0.ndjson") as ReadonlyArray<string>
  const named = JSON.parse(lines[replica.since.line - 1] ?? "")
  expect(named).toMatchObject({ action: "SendPrePrepare", post: { seqno: 1 } })
  expect(code).toBe(0)
})

test("traces that go on, or were cut: as far as they go, and why each is silent", async () => {
  const lengths: Readonly<Record<string, number>> = { "clients.ndjson": 9, "replica-2.ndjson": 12 }
  const folder = traces({}, (name, lines) => [
    ...lines.slice(0, lengths[name] ?? 24),
    // What a process that is killed leaves of its last line.
    '{"n":25,"act',
  ])
  writeFileSync(join(folder, "traces", "replica-3.1.ndjson"), '{"schema":"prophecy')
  const { code, stdout } = await explain(folder, "traces")
  expect(stdout).toMatch(/lacks replica 1: it sent it, and it did not arrive; its last step is /)
  expect(stdout).toMatch(/lacks replica 2: for it the number is unknown but for votes; its last/)
  expect(stdout).toMatch(/^replica 2 {2}sequence number 1: committed, and the service has not/m)
  expect(stdout).toContain("\ntraces/replica-2.ndjson has no end: its process was killed, or still")
  expect(stdout).toContain("\ntraces/replica-3.1.ndjson has no end: its process was killed, or")
  expect(stdout).not.toContain("nobody knows")
  expect(code).toBe(0)
})

test("a replica's stages: a COMMIT quorum, and a checkpoint that is not stable", async () => {
  const noCommits = traces({
    untraced: [2, 3],
    byzantine: (m) => (m._tag === "Commit" ? [] : [m]),
  })
  const commits = (await explain(noCommits, "traces")).stdout
  expect(commits).toMatch(
    /prepared in view 0; needs 3 COMMIT, has 2 \(of 0, 1\)\n {4}lacks replica 2/,
  )
  const noCheckpoints = traces({
    untraced: [2, 3],
    byzantine: (m) => (m._tag === "Checkpoint" ? [] : [m]),
  })
  const checkpoints = (await explain(noCheckpoints, "traces")).stdout
  expect(checkpoints).toContain(
    "sequence numbers 2, 4: a checkpoint that is not stable, and the log is full; " +
      "needs 3 CHECKPOINT, has 2 (of 0, 1)\n",
  )
})

test("a view change: whose VIEW-CHANGE is missing, or whose NEW-VIEW", async () => {
  const silent = { byzantine: () => [], timeouts: 0.5 }
  const few = traces({ ...silent, untraced: [2, 3], viewTimeouts: { chance: 0.5, many: 6 } })
  const changes = (await explain(few, "traces")).stdout
  const wanted = [
    "replica 0  changes to view 2; needs 3 VIEW-CHANGE, has 1 (of 0)",
    "    lacks replica 1: it changes to view 1; its last step is traces/replica-1.ndjson:",
  ]
  expect(changes).toContain(wanted.join("\n"))
  expect(changes).toMatch(
    /^ {4}since traces\/replica-0\.ndjson:\d+ \(event \d+ of \d+, \d+ ago\)$/m,
  )
  const view = { ...silent, seed: 2, untraced: [1], viewTimeouts: { chance: 0.9, many: 3 } }
  const primary = (await explain(traces(view), "traces")).stdout
  for (const id of [0, 2, 3]) {
    expect(primary).toContain(
      `replica ${id}  changes to view 1; needs 1 NEW-VIEW, has none\n    lacks replica 1: no step`,
    )
  }
})

test("since when is not said of what happened in a gap", async () => {
  const drop = { node: 1, from: 1, many: 2 } as const
  const { stdout } = await explain(
    traces({ untraced: [2, 3], byzantine: () => [], drop }),
    "traces",
  )
  expect(stdout).toMatch(/^replica 0 [^]* since traces\/replica-0\.ndjson/m)
  expect(stdout).not.toMatch(/since traces\/replica-1\.ndjson/)
})

test("traces that do not conform, or are no traces, are told as replay tells them", async () => {
  const result = (replica: number, seq: number, text: string) =>
    replica === 2 && seq === 1 ? "different" : text
  const wrong = await explain(traces({ result, checkpointInterval: 10, logSize: 20 }), "traces")
  expect(wrong.stdout).toMatch(/^does not conform\n/)
  expect(wrong.code).toBe(4)
  const folder = scratch()
  writeFileSync(join(folder, "no.ndjson"), "[]\n")
  const none = await explain(folder, "--json", "no.ndjson")
  expect(JSON.parse(none.stdout)).toMatchObject({ conforms: "unreadable", finding: { line: 1 } })
  expect(none.code).toBe(2)
  expect((await explain(folder, "nothing")).stderr).toContain("no such file or folder")
})
