import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { isProblem, readScenario, scenarioText } from "../../src/cli/scenario-file.ts"
import { quiet, readFile, scenarioFolder } from "../sim/runs.ts"
import { pressCtrlC, run, scratch, start } from "./command.ts"

const simulate = (args: ReadonlyArray<string>, cwd = scratch()) =>
  run(["simulate", ...args], { cwd })

/** Fails: a quorum of two, and a primary that tells two stories. */
const failing = (): string => {
  const folder = scratch()
  const { byzantine } = readFile("equivocating-primary.json")
  const scenario = quiet({ byzantine }, { quorum: 2 })
  writeFileSync(join(folder, "bad.json"), scenarioText(scenario))
  return folder
}

test("a seed is told line by line, and how to tell it again", async () => {
  const first = await simulate(["--seed", "5"])
  expect(first.code).toBe(0)
  expect(first.stderr).toBe("")
  const lines = first.stdout.trimEnd().split("\n")
  expect(lines.filter((line) => / r\d +Execute /.test(line)).length).toBeGreaterThan(3)
  expect(lines.at(-1)).toBe("again      prophecy simulate --seed 5")
  expect(lines).toContainEqual(expect.stringMatching(/^verdict {4}safe/))
  expect((await simulate(["--seed", "5"])).stdout).toBe(first.stdout)
})

test("one JSON document, and lines of JSON", async () => {
  const { stdout, code } = await simulate(["--seed", "5", "--json"])
  const document = JSON.parse(stdout)
  expect(document).toMatchObject({ schema: "prophecy-simulate/1", seed: 5, failure: null })
  expect(code).toBe(0)
  const lines = (await simulate(["--seed", "5", "--ndjson"])).stdout.trimEnd().split("\n")
  const objects = lines.map((line) => JSON.parse(line))
  expect(objects[0]).toMatchObject({ at: expect.any(Number), node: expect.any(String) })
  expect(objects.at(-1)).toMatchObject({ schema: "prophecy-simulate/1", traces: document.traces })
  expect(objects.length).toBeGreaterThan(50)
})

test("a swarm adds up", async () => {
  const { stdout, stderr, code } = await simulate(["--seeds", "12", "--json"])
  expect(stderr).toMatch(/^simulate\n/)
  const totals = JSON.parse(stdout)
  expect(totals).toMatchObject({ schema: "prophecy-simulate/1", from: 1, seeds: 12, failures: [] })
  expect(totals.requests).toBeGreaterThan(12)
  expect(totals.simulatedHours).toBeGreaterThan(0.01)
  expect(code).toBe(0)
  const text = await simulate(["--seed", "3", "--seeds", "2", "--quiet"])
  expect(text.stderr).toBe("")
  expect(text.stdout).toMatch(/^seeds {6}2 /)
  expect(text.stdout).toMatch(/^violations 0$/m)
  expect(text.stdout).toMatch(/again {6}prophecy simulate --seed 3 --seeds 2\n$/)
})

test("a swarm of Zyzzyva adds up, and says how to run it again", async () => {
  const args = ["--protocol", "zyzzyva", "--seeds", "3", "--quiet"]
  const { stdout, code } = await simulate(args)
  expect(stdout).toMatch(/^violations 0$/m)
  expect(stdout).toMatch(/^actions .*RecvSpecHeader/m)
  expect(stdout).toMatch(/again {6}prophecy simulate --protocol zyzzyva --seed 1 --seeds 3\n$/)
  expect(code).toBe(0)
})

test("a scenario's traces replay", async () => {
  const folder = scratch()
  const file = join(scenarioFolder, "all-crash-at-once.json")
  const args = ["--scenario", file, "--quiet", "--traces", "--out", "out"]
  expect((await simulate(args, folder)).code).toBe(0)
  const files = readdirSync(join(folder, "out"))
  expect(files).toContain("replica-0.1.ndjson")
  const replayed = await run(["replay", "out"], { cwd: folder })
  expect(replayed.stdout).toMatch(/^conforms, with gaps/)
  expect(replayed.code).toBe(3)
})

test("a failure ends with 12, becomes small on request, and its file repeats it", async () => {
  const folder = failing()
  const told = await simulate(["--scenario", "bad.json", "--quiet"], folder)
  expect(told.code).toBe(12)
  expect(told.stdout).toMatch(/^verdict {4}safety: PreparedUnique$/m)
  expect(existsSync(join(folder, ".prophecy"))).toBe(false)
  const args = ["--scenario", "bad.json", "--quiet", "--shrink", "200", "--out", "out"]
  const small = await simulate(args, folder)
  expect(small.code).toBe(12)
  const path = join("out", "bad-small.json")
  expect(small.stdout).toContain(`reproduce  prophecy simulate --scenario ${path}\n`)
  expect(small.stdout).toMatch(/^smallest {3}1 requests, 0 faults, 0 fates of messages, 1 Byz/m)
  const read = readScenario(readFileSync(join(folder, path), "utf8"))
  expect(isProblem(read)).toBe(false)
  const again = await simulate(["--scenario", path, "--quiet"], folder)
  expect(again.code).toBe(12)
  const digest = /SHA-256 ([0-9a-f]{64})$/m.exec(again.stdout)?.[1]
  expect(small.stdout).toContain(`SHA-256 ${digest}`)
})

test("an unmet expectation ends with 4, a request that never completes with 13", async () => {
  const folder = scratch()
  const expects = { ...quiet(), expect: { actions: ["Restart"] } }
  writeFileSync(join(folder, "a.json"), scenarioText(expects))
  const a = await simulate(["--scenario", "a.json", "--quiet"], folder)
  expect(a.stdout).toMatch(/^verdict {4}expectation: actions\n +Restart was never taken$/m)
  expect(a.code).toBe(4)
  const cut = ["r0", "r1", "r2", "r3"]
  const from = { _tag: "Cut" as const, from: cut, to: ["c0"], messages: [], startMs: 0 }
  const never = quiet({ faults: [{ ...from, endMs: 1000 }], calmAtMs: 1000, endMs: 1000 })
  writeFileSync(join(folder, "b.json"), scenarioText(never))
  const b = await simulate(["--scenario", "b.json", "--quiet"], folder)
  expect(b.stdout).toMatch(/^verdict {4}liveness: Liveness$/m)
  expect(b.code).toBe(13)
})

test("a bad scenario and bad words are refused, with what to do", async () => {
  const folder = scratch()
  const bad = quiet({ clocks: [{ node: "r9", rate: 1 }] })
  writeFileSync(join(folder, "s.json"), scenarioText(bad))
  const refused = await simulate(["--scenario", "s.json"], folder)
  expect(refused.stderr).toContain(`prophecy: s.json: clocks[0].node: there is no node "r9"`)
  expect(refused.stdout).toBe("")
  expect(refused.code).toBe(2)
  const missing = await simulate(["--scenario", "none.json"], folder)
  expect(missing.stderr).toContain("none.json cannot be read")
  expect(missing.code).toBe(2)
  const words = await simulate(["--seeds", "2", "--ndjson"], folder)
  expect(words.stderr).toContain("--ndjson tells one run")
  expect(words.code).toBe(2)
})

test("Ctrl-C keeps what was added up, and says how to go on", async () => {
  const started = start(["simulate", "--seeds", "100000"], { cwd: scratch() })
  while (!started.stderr().includes("simulate: ")) {
    await new Promise((done) => setTimeout(done, 50))
    if (started.child.exitCode !== null) throw new Error(started.stderr())
  }
  pressCtrlC(started)
  const { code, stderr } = await started.ended
  expect(code).toBe(130)
  expect(stderr).toContain("interrupted, partial:\nseeds ")
  expect(stderr).toMatch(/go on {6}prophecy simulate --seed \d+ --seeds \d+\n/)
})
