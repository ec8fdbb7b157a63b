import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { PeerMessage, PrePrepare, SlotMessage } from "../../src/core/pbft/message.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import { exitCodeOf, type Verdict } from "../../src/trace-check/verdict.ts"
import { digests } from "./support/digests.ts"
import { type RunOptions, recordRun } from "./support/recorded-run.ts"
import { sourceOf, sourcesOf } from "./support/sources.ts"

type Options = Omit<RunOptions, "write">

const check = (options: Options): Promise<Verdict> =>
  checkTraces(sourcesOf(recordRun(options)), { digests })

const isVote = (m: PeerMessage): m is Exclude<SlotMessage, PrePrepare> =>
  m._tag === "Prepare" || m._tag === "Commit" || m._tag === "Checkpoint"

const busy = { clients: 5, requests: 20, timeouts: 0.05, duplicates: 0.1 }

describe("what correct processes record conforms", () => {
  test("in any order of messages, with repeated ones and timeouts", async () => {
    const runs = fc.asyncProperty(
      fc.record({
        seed: fc.nat(),
        n: fc.constantFrom(1, 4, 7),
        clients: fc.integer({ min: 1, max: 40 }),
        requests: fc.integer({ min: 0, max: 6 }),
        checkpointInterval: fc.constantFrom(1, 2, 5),
        maxBatch: fc.integer({ min: 1, max: 4 }),
        firstTimestamp: fc.constantFrom(0, 2 ** 40),
        operationSize: fc.constantFrom(0, 300),
        timeouts: fc.constantFrom(0, 0.1),
        duplicates: fc.constantFrom(0, 0.2),
      }),
      async ({ checkpointInterval, ...options }) => {
        const logSize = 2 * checkpointInterval
        const verdict = await check({ ...options, checkpointInterval, logSize })
        expect(verdict).toMatchObject({ _tag: "Conforms", misbehaviours: [] })
      },
    )
    await fc.assert(runs, { numRuns: 40 })
  })

  test("with answers before agreement ends and without one, through view changes", async () => {
    const actions = new Set<string>()
    for (let seed = 0; seed < 12; seed++) {
      const fast = {
        readOnly: seed % 2 === 0,
        maxTentative: seed % 3 === 0 ? 0 : 1,
        digestReplies: seed % 4 > 1,
        fetchDecisions: true,
        ...(seed % 2 === 0 && { replyQuorum: 3 }),
      }
      const viewTimeouts = { chance: 0.02, many: 4 }
      const restart = { replica: seed % 4, at: 3, how: "clean" } as const
      const timed = { ...busy, duplicates: 0.05, requests: 6, viewTimeouts, restart }
      const verdict = await check({ seed, ...timed, fast })
      expect(verdict).toMatchObject({ _tag: "Conforms", misbehaviours: [] })
      if (verdict._tag !== "Conforms") return
      for (const action of Object.keys(verdict.statistics.actions)) actions.add(action)
    }
    for (const action of ["ExecuteTentatively", "Settle", "RecvRead", "AnswerRead"]) {
      expect(actions).toContain(action)
    }
  })

  test("and nothing is left unchecked", async () => {
    const verdict = await check({ seed: 2, ...busy })
    expect(verdict).toMatchObject({ statistics: { unchecked: 0, uncompared: 0 } })
    expect(exitCodeOf(verdict)).toBe(0)
  })

  test.each(["in-process", "clean"] as const)("over a restart: %s", async (how) => {
    const verdict = await check({ seed: 3, ...busy, restart: { replica: 2, at: 5, how } })
    expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { actions: { Restart: 1 } } })
  })

  test("of replicas in any state when they stop", async () => {
    for (let seed = 0; seed < 30; seed++) {
      const restart = { replica: seed % 4, at: seed % 7, how: "clean" } as const
      const verdict = await check({ seed, ...busy, requests: 4, restart })
      expect(verdict).toMatchObject({ _tag: "Conforms" })
    }
  })

  test("whatever the form of the lines", async () => {
    const files = recordRun({ seed: 5 })
    const spaced = [...files].map(([name, lines]) => {
      const text = lines.map((line) => JSON.stringify(JSON.parse(line), undefined, 1))
      return sourceOf(name, text.map((t) => `${t.replaceAll("\n", " ")}\r\n`).join(""))
    })
    const verdict = await checkTraces(spaced, { digests })
    expect(verdict).toMatchObject({ _tag: "Conforms" })
  })
})

describe("a declared gap", () => {
  test("of a replica: what is there conforms, exit code 3", async () => {
    const verdict = await check({ seed: 3, ...busy, drop: { node: 1, from: 50, many: 40 } })
    const gap = { node: "replica 1", file: "replica-1.ndjson", line: 51, dropped: 40 }
    expect(verdict).toMatchObject({ _tag: "Gap", gaps: [gap] })
    expect(exitCodeOf(verdict)).toBe(3)
  })

  test("of clients", async () => {
    const verdict = await check({ seed: 3, ...busy, drop: { node: "clients", from: 50, many: 40 } })
    expect(verdict).toMatchObject({ _tag: "Gap", gaps: [{ node: "clients", dropped: 40 }] })
  })

  test("at the end of a trace", async () => {
    const files = recordRun({ seed: 6 })
    const steps = (files.get("replica-0.ndjson")?.length ?? 0) - 2
    const verdict = await check({ seed: 6, drop: { node: 0, from: steps - 4, many: 100 } })
    expect(verdict).toMatchObject({ _tag: "Gap", gaps: [{ node: "the trace", dropped: 5 }] })
  })

  test("anywhere, of any length", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const node = seed % 5 === 4 ? "clients" : seed % 4
      const drop = { node, from: 1 + ((seed * 7) % 40), many: 1 + ((seed * 13) % 60) } as const
      const verdict = await check({ seed, ...busy, requests: 5, drop })
      expect(verdict).toMatchObject({ _tag: "Gap", gaps: [{ dropped: expect.any(Number) }] })
    }
  })

  test("after a kill: the file has no end, and a later start follows", async () => {
    const verdict = await check({ seed: 3, ...busy, restart: { replica: 0, at: 5, how: "killed" } })
    const gap = { node: "replica 0", file: "replica-0-1.ndjson", line: 2, dropped: undefined }
    expect(verdict).toMatchObject({ _tag: "Gap", gaps: [gap] })
  })

  test("after a kill in the middle of a line", async () => {
    const restart = { replica: 0, at: 5, how: "killed" } as const
    const sources = [...recordRun({ seed: 3, ...busy, restart })].map(([name, lines]) => {
      const text = lines.map((l) => `${l}\n`).join("")
      return sourceOf(name, name === "replica-0.ndjson" ? text.slice(0, -60) : text)
    })
    expect(await checkTraces(sources, { digests })).toMatchObject({ _tag: "Gap" })
  })

  test("after a kill that lost lines whose messages had left", async () => {
    let kills = 0
    for (let seed = 1; seed <= 24; seed++) {
      const killed = seed % 4
      const files = recordRun({ seed, ...busy, restart: { replica: killed, at: 6, how: "killed" } })
      if (!files.has(`replica-${killed}-1.ndjson`)) continue
      kills++
      const sources = [...files].map(([name, lines]) => {
        const kept = name === `replica-${killed}.ndjson` ? lines.slice(0, -30) : lines
        return sourceOf(name, kept.map((l) => `${l}\n`).join(""))
      })
      const verdict = await checkTraces(sources, { digests })
      expect(verdict, `seed ${seed}`).toMatchObject({ _tag: "Gap" })
    }
    expect(kills).toBeGreaterThan(10)
  })

  test("whose state has lost what was durable is rejected", async () => {
    const files = recordRun({ seed: 3, ...busy, drop: { node: 1, from: 50, many: 40 } })
    const lines = files.get("replica-1.ndjson") ?? []
    const early = recordRun({ seed: 3, ...busy, drop: { node: 1, from: 3, many: 2 } })
    const { state } = JSON.parse(early.get("replica-1.ndjson")?.[3] ?? "{}")
    const drop = JSON.parse(lines[50] ?? "{}")
    lines[50] = JSON.stringify({ ...drop, state })
    const verdict = await checkTraces(sourcesOf(files), { digests })
    const finding = { rule: "Durability", file: "replica-1.ndjson", line: 51 }
    expect(verdict).toMatchObject({ _tag: "Rejected", finding })
  })
})

describe("replicas without a trace", () => {
  test("may be any, as long as the traced ones conform", async () => {
    for (const replica of [0, 1, 2, 3]) {
      const verdict = await check({ seed: replica, ...busy, untraced: [replica] })
      const untraced = [`replica ${replica}`]
      expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { untraced } })
    }
  })

  const twoFaced = (m: PeerMessage, to: number): ReadonlyArray<PeerMessage> =>
    to === 1 && isVote(m) ? [{ ...m, digest: "beef" }] : [m]

  test("are named with two lines when what they said contradicts itself", async () => {
    const verdict = await check({ seed: 4, ...busy, untraced: [3], byzantine: twoFaced })
    if (verdict._tag !== "Conforms") throw new Error(verdict._tag)
    const found = new Map(verdict.misbehaviours.map((m) => [m.kind, m]))
    expect([...found.keys()].sort()).toEqual([
      "TwoCheckpoints",
      "TwoCommits",
      "TwoPrepares",
      "WrongCheckpoint",
    ])
    const { process, message, places } = found.get("TwoCommits") ?? verdict.misbehaviours[0]!
    expect(process).toBe("replica 3")
    expect(message).toMatch(/^sent two Commit messages for sequence number \d+ in view 0, with/)
    expect(new Set(places.map(({ file }) => file)).has("replica-1.ndjson")).toBe(true)
  })

  test("are named when they answer what nobody executed", async () => {
    const reply = <M extends { readonly result: string }>(m: M) => ({ ...m, result: "wrong" })
    const verdict = await check({ seed: 4, ...busy, untraced: [3], reply })
    expect(verdict).toMatchObject({
      _tag: "Conforms",
      misbehaviours: [{ process: "replica 3", kind: "WrongReply" }],
    })
  })
})

describe("what is no run of one system is unreadable", () => {
  const files = recordRun({ seed: 7 })

  test("the same start of a process twice", async () => {
    const again = sourceOf("copy", (files.get("replica-1.ndjson") ?? []).join("\n"))
    const verdict = await checkTraces([...sourcesOf(files), again], { digests })
    expect(verdict).toMatchObject({ finding: { rule: "TwoTraces", file: "copy", line: 1 } })
  })

  test("a client in two files", async () => {
    const head = JSON.parse(files.get("clients.ndjson")?.[0] ?? "{}")
    const node = { ...head.node, to: 0 }
    const text = `${JSON.stringify({ ...head, node })}\n{"end":0,"dropped":0}\n`
    const sources = [...sourcesOf(files), sourceOf("more-clients", text)]
    const verdict = await checkTraces(sources, { digests })
    expect(verdict).toMatchObject({ finding: { rule: "TwoTraces", file: "more-clients" } })
  })

  test("another specification than the one at hand", async () => {
    const verdict = await checkTraces(sourcesOf(files), { digests, spec: "0".repeat(64) })
    const finding = { rule: "OtherSpec", field: "spec", expected: "0".repeat(64) }
    expect(verdict).toMatchObject({ _tag: "Unreadable", finding })
    expect(exitCodeOf(verdict)).toBe(2)
  })

  test.each([
    ["f", { f: 4 }],
    ["quorum", { quorum: 5 }],
    ["logSize", { logSize: 5 }],
    ["node.id", { node: { kind: "replica", id: 4 } }],
    ["node.to", { node: { kind: "clients", from: 1, to: 0, firstTimestamp: 0 } }],
    ["node.to", { node: { kind: "clients", from: 0, to: 2, firstTimestamp: 0 } }],
    ["spec", { spec: "abc" }],
    ["incarnation", { incarnation: -1 }],
  ])("a header that no run can have: %s", async (field, change) => {
    const head = JSON.parse(files.get("replica-0.ndjson")?.[0] ?? "{}")
    const text = `${JSON.stringify({ ...head, ...change })}\n`
    const verdict = await checkTraces([sourceOf("file", text)], { digests })
    expect(verdict).toMatchObject({ finding: { rule: "Malformed", line: 1, field } })
  })

  test("another kind of document", async () => {
    for (const text of ['{"schema":"prophecy-start/1"}\n', "[]\n", '{"a":1}\n']) {
      const verdict = await checkTraces([sourceOf("file", text)], { digests })
      expect(verdict).toMatchObject({ finding: { rule: "NotATrace", line: 1 } })
    }
  })
})
