import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { pbftModels } from "../../src/model-check/pbft-models.ts"
import { childrenOf, pressCtrlC, run, scratch, start } from "./command.ts"

const check = (...args: ReadonlyArray<string>) =>
  run(["check", "pbft", "--quiet", ...args], { cwd: scratch() })

test("the normal case without a word more: counts, depth, time, verdict", async () => {
  const { code, stdout, stderr } = await check()
  expect(stdout).toMatch(/^model {6}Normal: /)
  expect(stdout).toMatch(/^states {5}5027 distinct, 34274 generated, depth 28$/m)
  expect(stdout).toMatch(/^time {7}\d+\.\d s, \d+ states\/s, \d+ steps computed$/m)
  const many = pbftModels[0]?.invariants.length
  expect(many).toBeGreaterThan(10)
  expect(stdout).toContain(
    `\nverdict    exhaustive: every reachable state satisfies ${many} invariants\n`,
  )
  expect([code, stderr]).toEqual([0, ""])
})

test("one JSON document", async () => {
  const { code, stdout, stderr } = await check("--json", "--model", "clientalone")
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "prophecy-check/1",
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
  const steps = stdout.match(/^ +\d {2}replica \d .*$/gm)
  expect(steps).toHaveLength(4)
  expect(steps?.[0]).toMatch(/^ +1 {2}replica \d +\w+ +PrePrepare view 0 seq 1 /)
  // Under each step what it changed, as TLC's counterexamples are told.
  expect(stdout.trimEnd().split("\n").slice(-3)).toEqual([
    expect.stringMatching(/^ {3}4 {2}replica 2 {2}RecvCommit /),
    '      slot[2][1].commits[0][1]: + [client |-> 1, op |-> "b", timestamp |-> 1]',
    '      slot[2][1].phase: "prepared" -> "committed"',
  ])
  expect(code).toBe(12)
})

test("a violation with every state whole, and as an ITF document", async () => {
  const cwd = scratch()
  const args = ["check", "pbft", "--model", "QuorumTwoF", "--full", "--itf", "way.itf.json"]
  const { code, stdout } = await run([...args, "--quiet"], { cwd })
  expect(stdout).toContain("\n   0  initial state\n      active = ")
  expect(stdout.match(/^ {6}view = /gm)).toHaveLength(5)
  expect(code).toBe(12)
  const trace = JSON.parse(readFileSync(join(cwd, "way.itf.json"), "utf8"))
  expect(trace["#meta"].source).toBe("pbft QuorumTwoF invariant Agreement")
  expect(trace.states).toHaveLength(5)
  expect(trace.states[4]).toMatchObject({
    "#meta": { index: 4, action: "RecvCommit" },
    view: { "#tup": expect.any(Array) },
  })
  const holds = await check("--model", "ClientAlone", "--itf", "none.itf.json")
  expect(holds.stderr).toMatch(/^check: there is no counterexample: .*none\.itf\.json is not/)
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
  const job = start(args, { cwd: scratch() })
  const isUnderWay = /^check ByzantinePrimaryFull: \d+ states, depth \d+, /m
  await expect.poll(job.stderr, { timeout: 60_000 }).toMatch(isUnderWay)
  pressCtrlC(job)
  const { code, stdout, stderr } = await job.ended
  expect(stderr).toMatch(/^interrupted: nothing is proved; \d+ states to depth \d+ hold, \d+ are/m)
  expect([code, stdout]).toEqual([130, ""])
})

const core = (cwd: string, ...args: ReadonlyArray<string>) =>
  run(["check", "pbft-core", "--quiet", ...args], { cwd })

test("the abstraction, and its models by name", async () => {
  const { code, stdout } = await core(scratch())
  expect(stdout).toMatch(/^model {6}TwoViews0: /)
  expect(stdout).toMatch(/^states {5}8951 distinct, 19803 generated, depth 17$/m)
  expect(code).toBe(0)
  const list = await core(scratch(), "--list")
  expect(list.stdout).toMatch(/^WithoutQ +mutant +Must fail: /m)
  const whole = await core(scratch(), "--model", "EveryQuorum2f", "--unreduced")
  expect(whole.stdout).toMatch(/^verdict {4}violated: Agreement$/m)
  expect(whole.code).toBe(12)
  const both = await core(scratch(), "--tlc", "--unreduced")
  expect(both.stderr).toMatch(/^prophecy: --tlc compares the model as it is/)
  expect(both.code).toBe(2)
  const reduced = await check("--model", "TwoChanges", "--tlc")
  expect(reduced.stderr).toMatch(/^prophecy: TwoChanges is reduced, which TLC's graph/)
  expect(reduced.code).toBe(2)
})

test("zyzzyva: the rule of its view change, and a violation as a story", async () => {
  const zyzzyva = (...args: ReadonlyArray<string>) =>
    run(["check", "zyzzyva", "--quiet", ...args], { cwd: scratch() })
  const told = await zyzzyva("--rule", "published", "--model", "PublishedForgets")
  expect(told.stdout).toMatch(/^verdict {4}violated: AcknowledgedCarriesOver$/m)
  expect(told.stdout).toMatch(/^4 replicas, of which 0 is Byzantine; rule: published$/m)
  expect(told.stdout).toMatch(/^ {3}=> \(a\) is COMPLETE: 3 acknowledgements$/m)
  expect(told.code).toBe(12)
  const holds = await zyzzyva("--rule", "corrected")
  expect(holds.stdout).toMatch(/^model {6}TwoViews0: /)
  expect(holds.code).toBe(0)
  const other = await zyzzyva("--rule", "velma", "--model", "TwoViews0")
  expect(other.stderr).toMatch(/^prophecy: there is no model "TwoViews0" of zyzzyva; there are: V/)
  const none = await run(["check", "pbft", "--rule", "velma"], { cwd: scratch() })
  expect(none.stderr).toMatch(/^prophecy: pbft has no rules to choose from: leave --rule out/)
  expect([other.code, none.code]).toEqual([2, 2])
})

test("memory: full is bounded and says so; a size that is none is refused", async () => {
  const { code, stdout } = await core(scratch(), "--memory", "1m")
  expect(stdout).toMatch(/^verdict {4}bounded: the memory is full \(1 MiB of states\): \d+ states/m)
  expect(code).toBe(3)
  const bad = await core(scratch(), "--memory", "lots")
  expect(bad.stderr).toContain("a size such as 4g or 800m")
  expect(bad.code).toBe(2)
})

test("resume: goes on where a limit stopped it, to the same graph", async () => {
  const cwd = scratch()
  const stopped = await core(cwd, "--json", "--states", "3000", "--resume", "saved")
  expect(JSON.parse(stopped.stdout)).toMatchObject({ verdict: "bounded", stop: "states" })
  const resumed = await core(cwd, "--json", "--resume", "saved")
  const whole = await core(scratch(), "--json")
  const graph = (text: string): unknown => ({ ...JSON.parse(text), seconds: 0, bytes: 0 })
  expect(graph(resumed.stdout)).toEqual(graph(whole.stdout))
  expect([stopped.code, resumed.code]).toEqual([3, 0])
})

test("resume: what is not such a file, or of another model, is refused", async () => {
  const cwd = scratch()
  const path = join(cwd, "saved")
  await core(cwd, "--states", "3000", "--resume", "saved")
  const bytes = readFileSync(path)
  const refused = async (content: Uint8Array, ...args: ReadonlyArray<string>): Promise<string> => {
    writeFileSync(path, content)
    const { code, stdout, stderr } = await core(cwd, "--resume", "saved", ...args)
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toMatch(/^prophecy: saved cannot be taken up: /)
    return stderr
  }
  const changed = Uint8Array.from(bytes, (b, k) => (k === bytes.length - 100 ? b ^ 1 : b))
  expect(await refused(changed)).toContain("its content is not what was written")
  expect(await refused(bytes.subarray(0, bytes.length - 1))).toMatch(/it has \d+ bytes, must have/)
  expect(await refused(Buffer.from("{}\n"))).toContain("does not begin as")
  expect(await refused(Buffer.alloc(0))).toContain("does not begin as")
  const other = await refused(bytes, "--model", "TwoViews1")
  expect(other).toContain("it is of model PbftCore/TwoViews0")
  expect(await refused(bytes, "--unreduced", "--model", "WithoutQ")).toContain("it is of model")
  expect(await refused(bytes, "--json")).toContain("it holds no graph")
})

test("Ctrl-C saves, and the next run goes on", async () => {
  const cwd = scratch()
  const args = ["check", "pbft-core", "--model", "TwoNumbers3", "--resume", "saved"]
  const job = start(args, { cwd })
  await expect.poll(job.stderr, { timeout: 60_000 }).toMatch(/^check TwoNumbers3: \d+ states, /m)
  pressCtrlC(job)
  const { code, stderr } = await job.ended
  expect(stderr).toMatch(/^interrupted: nothing is proved; .* Run it again to go on from saved\.$/m)
  expect(code).toBe(130)
  const found = Number(/(\d+) states to depth \d+ hold/.exec(stderr)?.[1])
  const next = await run([...args, "--quiet", "--states", "1"], { cwd })
  expect(next.stdout).toContain(`the limit of states was reached: ${found} states found`)
})

test("Ctrl-C while TLC explores: our half is told, and that it is not compared", async () => {
  const args = ["check", "pbft", "--model", "Restart", "--tlc", "--quiet"]
  for (const json of [false, true]) {
    const options = { cwd: scratch() }
    const job = start(json ? [...args, "--json"] : args, options)
    // The compiler of the overrides, or TLC: our half is done.
    await expect.poll(() => childrenOf(job.child.pid), { timeout: 60_000 }).not.toEqual([])
    pressCtrlC(job)
    const { code, stdout } = await job.ended
    const why = "interrupted: partial, the graphs are not compared. Run it again to compare them"
    if (json) {
      expect(JSON.parse(stdout)).toMatchObject({ verdict: "exhaustive", states: 3823, tlc: why })
    } else {
      expect(stdout).toMatch(/^states {5}3823 distinct, /m)
      expect(stdout).toContain(`\nTLC        ${why}\nverdict    exhaustive: `)
    }
    expect(code).toBe(130)
  }
})
