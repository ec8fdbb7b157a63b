/** `prophecy check-history` as a user runs it. */
import { spawn } from "node:child_process"
import { createReadStream, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { registerCalls, sketched } from "../../bench/ideal-sketcher.ts"
import { register } from "../../src/consistency/model.ts"
import { historyLine } from "../../src/consistency/writer.ts"
import { launcher, run, scratch } from "./command.ts"

const check = (cwd: string, ...args: ReadonlyArray<string>) =>
  run(["check-history", "--quiet", ...args], { cwd })

const delayed = [
  '{"index":0,"time":1,"process":1,"type":"invoke","f":"write","key":"x","value":1}',
  '{"index":1,"time":2,"process":1,"type":"ok","f":"write","key":"x","value":1}',
  '{"index":2,"time":3,"process":2,"type":"invoke","f":"read","key":"x","value":null}',
  '{"index":3,"time":4,"process":2,"type":"ok","f":"read","key":"x","value":1,"path":"replicated"}',
  '{"index":4,"time":5,"process":1,"type":"invoke","f":"write","key":"x","value":2}',
  '{"index":5,"time":6,"process":1,"type":"ok","f":"write","key":"x","value":2}',
  '{"index":6,"time":7,"process":2,"type":"invoke","f":"read","key":"x","value":null}',
  '{"index":7,"time":8,"process":2,"type":"ok","f":"read","key":"x","value":1,"path":"fast"}',
]

const written = (lines: ReadonlyArray<string>): string => {
  const folder = scratch()
  writeFileSync(join(folder, "history.ndjson"), `${lines.join("\n")}\n`)
  return folder
}

test("a late read: delay-once, and not linearizable, with the operations against it", async () => {
  const folder = written(delayed)
  const good = await check(folder, "history.ndjson", "--consistency", "delay-once")
  expect(good.stdout).toMatch(/^holds {5}it is delay-once linearizable\nread {6}4 operations on 1/)
  expect([good.code, good.stderr]).toEqual([0, ""])
  const bad = await check(folder, "history.ndjson", "--consistency", "linearizable")
  expect(bad.stdout.split("\n").slice(0, 5)).toEqual([
    "violated  it is not linearizable, from line 8 on",
    'bad       lines 7 to 8: process 2 read "x" = 1, fast',
    'against   lines 1 to 2: process 1 wrote 1 to "x"',
    'against   lines 5 to 6: process 1 wrote 2 to "x"',
    "why       no order of these operations respects real time and explains every answer",
  ])
  expect(bad.code).toBe(4)
})

test("the same for a program: one document", async () => {
  const args = ["history.ndjson", "--consistency", "linearizable", "--json"]
  const { code, stdout } = await check(written(delayed), ...args)
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "prophecy-check-history/1",
    verdict: "violated",
    operations: 4,
    line: 8,
    bad: { process: 2, object: "x", result: 1, path: "fast", invoke: { line: 7, index: 6 } },
    against: [{ operation: { put: 1 } }, { operation: { put: 2 } }],
  })
  expect(code).toBe(4)
})

test("standard input is read as it comes", async () => {
  const folder = written(delayed)
  const piped = spawn(
    process.execPath,
    [launcher, "check-history", "-", "--consistency", "delay-once", "--json"],
    { stdio: ["pipe", "pipe", "ignore"] },
  )
  let stdout = ""
  piped.stdout.on("data", (text: Buffer) => void (stdout += text.toString()))
  createReadStream(join(folder, "history.ndjson")).pipe(piped.stdin)
  const code = await new Promise((done) => piped.once("close", done))
  expect(JSON.parse(stdout)).toMatchObject({ verdict: "holds", file: "-", lines: 8 })
  expect(code).toBe(0)
})

test("a long history of many keys, and one value too many in it", async () => {
  const ask = registerCalls(70, Infinity, 20)
  const fixed = { model: register, seed: 7, clients: 8, calls: 4_000, ask, lost: 1, untold: 20 }
  const events = sketched({ ...fixed, sketches: true })
  const lines = events.map((event, k) => historyLine(event, k + 1, register))
  const good = await check(written(lines), "history.ndjson", "--consistency", "delay-once")
  expect([good.code, good.stdout.slice(0, 5)]).toEqual([0, "holds"])
  // The last replicated read returns what was current long ago.
  const isRead = (line: string) => /"ok".*"f":"read".*replicated/.test(line)
  const at = lines.findLastIndex(isRead)
  const { key } = JSON.parse(lines[at] ?? "") as { readonly key: string }
  const old = lines.find((line) => isRead(line) && line.includes(`"key":"${key}"`)) ?? ""
  const { value } = JSON.parse(old) as { readonly value: number }
  const stale = lines.with(at, JSON.stringify({ ...JSON.parse(lines[at] ?? ""), value }))
  const bad = await check(written(stale), "history.ndjson", "--consistency", "delay-once", "--json")
  const found = JSON.parse(bad.stdout)
  expect(found).toMatchObject({ verdict: "violated", line: at + 1, bad: { result: value } })
  expect(found.against.length).toBeGreaterThan(0)
  expect(found.against.length).toBeLessThan(5)
  expect(bad.code).toBe(4)
})

test("a limit ends in an honest unknown", async () => {
  const ask = registerCalls(50, 3)
  const fixed = { model: register, seed: 1, clients: 6, calls: 300, ask, lost: 5, untold: 50 }
  const lines = sketched({ ...fixed, sketches: true }).map((e, k) =>
    historyLine(e, k + 1, register),
  )
  const args = ["history.ndjson", "--consistency", "delay-once", "--most-possibilities", "100"]
  const { code, stdout } = await check(written(lines), ...args)
  expect(stdout).toMatch(
    /^unknown {3}whether it is delay-once linearizable: --most-possibilities was reached in line/,
  )
  expect(code).toBe(3)
  const kept = await check(written(lines), ...args.slice(0, 3), "--most-kept", "1", "--json")
  expect(JSON.parse(kept.stdout)).toMatchObject({
    verdict: "unknown",
    limit: { flag: "--most-kept" },
  })
})

test("bad input is refused with line and cause", async () => {
  const folder = written([...delayed.slice(0, 3), "{", ...delayed.slice(4)])
  const bad = await check(folder, "history.ndjson", "--consistency", "delay-once")
  expect([bad.code, bad.stderr]).toEqual([2, "prophecy: history.ndjson:4: it is no JSON\n"])
  const none = await check(folder, "none.ndjson", "--consistency", "delay-once")
  expect([none.code, none.stderr]).toEqual([2, "prophecy: none.ndjson: there is no such file\n"])
  writeFileSync(join(folder, "empty.ndjson"), "")
  const empty = await check(folder, "empty.ndjson", "--consistency", "delay-once")
  expect(empty.stderr).toContain("the history is empty: nothing would be checked")
  const usage = await check(folder, "history.ndjson", "--consistency", "sequential")
  expect(usage.code).toBe(2)
  const model = await check(
    folder,
    "history.ndjson",
    "--consistency",
    "linearizable",
    "--model",
    "album",
  )
  expect(model.stderr).toBe("prophecy: history.ndjson:1: object must be a text or a number\n")
})
