import { expect, test } from "vitest"
import { main, pressCtrlC, run, scratch, start } from "./command.ts"

const check = (...args: ReadonlyArray<string>) =>
  run(["check", "pbft", "--quiet", ...args], { program: main, cwd: scratch() })

test("the normal case without a word more: counts, depth, time, verdict", async () => {
  const { code, stdout, stderr } = await check()
  expect(stdout).toMatch(/^model {6}Normal: /)
  expect(stdout).toMatch(/^states {5}5027 distinct, 34274 generated, depth 28$/m)
  expect(stdout).toMatch(/^time {7}\d+\.\d s, \d+ states\/s, \d+ steps computed$/m)
  expect(stdout).toMatch(/^verdict {4}exhaustive: every reachable state satisfies 12 invariants$/m)
  expect([code, stderr]).toEqual([0, ""])
})

test("one JSON document", async () => {
  const { code, stdout, stderr } = await check("--json", "--model", "clientalone")
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "prophecy.check/1",
    model: "ClientAlone",
    verdict: "exhaustive",
    states: 47,
    unmet: [],
    violation: null,
    tlc: null,
  })
  expect([code, stderr]).toEqual([0, ""])
})

test("a violation: its shortest way, readable, and exit code 12", async () => {
  const { code, stdout } = await check("--model", "QuorumTwoF")
  expect(stdout).toMatch(
    /^verdict {4}violated: Agreement\nAgreement does not hold after 4 steps: /m,
  )
  expect(stdout).toMatch(/^ +1 {2}replica \d +\w+ +PrePrepare view 0 seq 1 /m)
  expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^ +4 {2}replica \d /)
  expect(code).toBe(12)
})

test.each([
  ["--states", "100"],
  ["--depth", "5"],
])("a limit that was reached is bounded, exit code 3: %s", async (flag, limit) => {
  const { code, stdout } = await check(flag, limit)
  expect(stdout).toMatch(/^verdict {4}bounded: /m)
  expect(code).toBe(3)
})

test("the whole graph is compared with TLC's", async () => {
  const { code, stdout } = await check("--tlc", "--model", "ClientAlone")
  expect(stdout).toMatch(/^TLC {8}47 states, 80 steps, \d+\.\d s: equal$/m)
  expect(code).toBe(0)
})

test.each([
  ["the limit", ["--states", "100"], 3],
  ["the violation", ["--model", "QuorumTwoF"], 12],
] as const)("a part of a graph is not called different: %s", async (why, args, expected) => {
  const { code, stdout } = await check("--tlc", ...args)
  expect(stdout).toContain(`TLC        not asked: ${why} left states unseen`)
  expect(stdout).not.toContain("DIFFERENT")
  expect(code).toBe(expected)
  const { tlc } = JSON.parse((await check("--tlc", "--json", ...args)).stdout) as { tlc: unknown }
  expect(tlc).toMatch(/^not asked: /)
})

test("there is no such model: those that there are, exit code 2", async () => {
  const { code, stdout, stderr } = await check("--model", "Nope")
  expect(stderr).toMatch(/^prophecy: there is no model "Nope" of pbft; there are: Normal, /)
  expect([code, stdout]).toEqual([2, ""])
})

test("Ctrl-C is heard at once, and says how far it came", async () => {
  const args = ["check", "pbft", "--model", "ByzantinePrimaryFull", "--json"]
  const job = start(args, { program: main, cwd: scratch() })
  const isUnderWay = /^check ByzantinePrimaryFull: \d+ states, depth \d+, /m
  await expect.poll(job.stderr, { timeout: 60_000 }).toMatch(isUnderWay)
  pressCtrlC(job)
  const { code, stdout, stderr } = await job.ended
  expect(stderr).toMatch(/^interrupted: nothing is proved; \d+ states to depth \d+ hold, \d+ are/m)
  expect([code, stdout]).toEqual([130, ""])
})
