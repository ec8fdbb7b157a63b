/** What no process can see alone: each trace here replays without a difference. */
import { describe, expect, test } from "vitest"
import type { PeerMessage, PrePrepare } from "../../src/core/pbft/message.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import type { ReplicaEvent } from "../../src/trace-check/event.ts"
import { Rejection } from "../../src/trace-check/finding.ts"
import { Monitor } from "../../src/trace-check/monitor.ts"
import { exitCodeOf } from "../../src/trace-check/verdict.ts"
import { withField } from "./support/corruption.ts"
import { digests } from "./support/digests.ts"
import { type RunOptions, recordRun } from "./support/recorded-run.ts"
import { sourcesOf } from "./support/sources.ts"

const check = (options: Omit<RunOptions, "write">) =>
  checkTraces(sourcesOf(recordRun(options)), { digests })

/** A primary that tells replica 1 another order of the first two batches. */
const twoOrders = () => {
  const first: Array<PrePrepare> = []
  const names = new Map<string, string>()
  return (m: PeerMessage, to: number): ReadonlyArray<PeerMessage> => {
    if (to !== 1 || !("seq" in m) || m.seq > 2) return [m]
    if (m._tag !== "PrePrepare") return m._tag === "Commit" ? [swapped(m, names)] : [m]
    first.push(m)
    const [one, two] = first
    if (one === undefined || two === undefined) return []
    names.set(one.digest, two.digest).set(two.digest, one.digest)
    return [
      { ...one, batch: two.batch, digest: two.digest },
      { ...two, batch: one.batch, digest: one.digest },
    ]
  }
}

const swapped = <M extends { readonly digest: string }>(m: M, names: Map<string, string>): M => ({
  ...m,
  digest: names.get(m.digest) ?? m.digest,
})

describe("across replicas", () => {
  test("a quorum of 2 of 4 lets a primary have two orders executed", async () => {
    const options = { clients: 4, requests: 1, maxBatch: 1, quorum: 2, untraced: [0] }
    const found = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const verdict = await check({ ...options, seed, byzantine: twoOrders() })
      if (verdict._tag === "Rejected") found.add(verdict.finding.rule)
      if (verdict._tag !== "Rejected" || verdict.finding.rule !== "Agreement") continue
      expect(verdict.finding.message).toMatch(/^another batch was executed than by replica \d/)
      expect(verdict.finding.expected).not.toBe(verdict.finding.found)
      expect(exitCodeOf(verdict)).toBe(4)
    }
    expect([...found]).toEqual(["Agreement"])
  })

  test("a quorum of 3 does not", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const options = { clients: 4, requests: 1, maxBatch: 1, untraced: [0], seed }
      const verdict = await check({ ...options, byzantine: twoOrders() })
      expect(verdict).toMatchObject({ _tag: "Conforms" })
    }
  })

  test("a service that answers differently at one replica", async () => {
    const result = (replica: number, seq: number, text: string) =>
      replica === 2 && seq === 3 ? "different" : text
    const verdict = await check({ seed: 5, checkpointInterval: 10, logSize: 20, result })
    const finding = { rule: "Result", field: "in.results[0]" }
    expect(verdict).toMatchObject({ _tag: "Rejected", finding })
    if (verdict._tag !== "Rejected") return
    expect([verdict.finding.expected, verdict.finding.found]).toContain('"different"')
  })

  test("a service whose state is another one at one replica", async () => {
    const service = (replica: number, _seq: number, digest: string) =>
      replica === 1 ? "different" : digest
    const verdict = await check({ seed: 5, service })
    expect(verdict).toMatchObject({ _tag: "Rejected", finding: { rule: "Checkpoint" } })
  })

  test("a client that is led to a wrong result by f + 1 replicas", async () => {
    const reply = <M extends { readonly result: string }>(m: M) => ({ ...m, result: "wrong" })
    const found = new Set<string>()
    for (let seed = 0; seed < 10; seed++) {
      const verdict = await check({ seed, untraced: [2, 3], reply })
      if (verdict._tag === "Rejected") found.add(verdict.finding.rule)
    }
    expect([...found]).toEqual(["ClientResult"])
  })

  test("a client whose authenticator fails at a replica that should share its secret", async () => {
    const verdict = await check({ seed: 5, verdict: (at, _m, k) => at !== 3 || k > 0 })
    const finding = { rule: "Authenticator", node: "replica 3", field: "in.failed", found: "0" }
    expect(verdict).toMatchObject({ _tag: "Rejected", finding })
  })

  test("is no fault of anybody's when the primary has no trace", async () => {
    const verdict = await check({ seed: 5, untraced: [0], verdict: (at) => at !== 3 })
    expect(verdict).toMatchObject({ _tag: "Conforms" })
  })
})

describe("in causal order", () => {
  const lines = (files: ReadonlyMap<string, Array<string>>, name: string) => files.get(name) ?? []

  test("a request that the client never sent", async () => {
    const files = recordRun({ seed: 9, untraced: [0] })
    const [client] = files.get("clients.ndjson") ?? []
    const other = recordRun({ seed: 9, requests: 0, run: "run-9" })
    files.set("clients.ndjson", [client ?? "", ...lines(other, "clients.ndjson").slice(1)])
    const verdict = await checkTraces(sourcesOf(files), { digests })
    const finding = { rule: "NotSent", field: expect.stringMatching(/^in\.batch\[\d\]$/) }
    expect(verdict).toMatchObject({ _tag: "Rejected", finding })
  })

  test("a request that went to the primary alone, received by a backup", async () => {
    const files = recordRun({ seed: 10, clients: 1, requests: 1 })
    const backup = lines(files, "replica-2.ndjson")
    const request = {
      n: 1,
      action: "RecvRequest",
      in: JSON.parse(lines(files, "replica-0.ndjson")[1] ?? "{}").in,
      post: { queue: 1 },
    }
    const later = backup.slice(1).map((line, k, all) => {
      const last = k === all.length - 1
      return withField(line, [last ? "end" : "n"], last ? all.length : k + 2)
    })
    const replayed = later.map((line) => line.replace('{"executed":1,', '{"queue":0,"executed":1,'))
    files.set("replica-2.ndjson", [backup[0] ?? "", JSON.stringify(request), ...replayed])
    const verdict = await checkTraces(sourcesOf(files), { digests })
    const finding = {
      rule: "NotSent",
      file: "replica-2.ndjson",
      line: 2,
      found: "Request 1 of client 0 to this replica",
    }
    expect(verdict).toMatchObject({ _tag: "Rejected", finding })
  })

  // The second request comes before the first one is executed, whose result the client awaits.
  test("a message that was received before it could be sent", async () => {
    const files = recordRun({ seed: 11, n: 1, clients: 1, requests: 2, checkpointInterval: 4 })
    const replica = lines(files, "replica-0.ndjson")
    const action = (line: string) => JSON.parse(line).action
    const [request = ""] = replica.filter((l) => action(l) === "RecvRequest").slice(-1)
    const others = replica.filter((line) => line !== request)
    const execute = others.findIndex((line) => action(line) === "Execute")
    others.splice(execute, 0, request)
    const last = others.length - 1
    const counted = others.map((l, k) => (k === 0 || k === last ? l : withField(l, ["n"], k)))
    files.set("replica-0.ndjson", counted)
    const verdict = await checkTraces(sourcesOf(files), { digests })
    const finding = { rule: "SentLater", file: expect.any(String), field: "in" }
    expect(verdict).toMatchObject({ _tag: "Rejected", finding })
    if (verdict._tag !== "Rejected") return
    const { file, line } = verdict.finding
    expect([`replica-0.ndjson:${execute + 1}`, "clients.ndjson:3"]).toContain(`${file}:${line}`)
  })
})

describe("at most once, checked apart from the model", () => {
  const executions = async (): Promise<ReadonlyArray<ReplicaEvent>> => {
    const events: Array<ReplicaEvent> = []
    const before = (_index: number, event: { readonly _tag: string }) => {
      if (event._tag === "ReplicaStep") events.push(event as ReplicaEvent)
    }
    const observer = { before, gap: () => undefined }
    await checkTraces(sourcesOf(recordRun({ seed: 12 })), { digests, observer })
    return events.filter(({ step }) => step.action === "Execute")
  }

  const ruleOf = (run: () => void): string => {
    try {
      run()
    } catch (cause) {
      if (cause instanceof Rejection) return cause.finding.rule
      throw cause
    }
    return "none"
  }

  const monitorOf = (): Monitor => {
    const replicas = new Map([0, 1, 2, 3].map((r) => [r, `replica ${r}`] as const))
    const traced = { group: { n: 4, f: 1, quorum: 3 }, replicas, clients: new Map() }
    const misbehaved = (): void => undefined
    const { resultDigest } = digests
    return new Monitor({ traced, configs: new Map(), logSize: 4, misbehaved, resultDigest })
  }

  test("an execution that a broken model would repeat", async () => {
    const [first] = await executions()
    if (first === undefined) throw new Error("the run executes something")
    const monitor = monitorOf()
    expect(ruleOf(() => monitor.take(first))).toBe("none")
    expect(ruleOf(() => monitor.take(first))).toBe("AtMostOnce")
  })

  test("or do at another sequence number at another replica", async () => {
    const all = await executions()
    const first = all.find(({ replica }) => replica === 0)
    const other = all.find(({ replica }) => replica === 1)
    if (first?.input._tag !== "Executed" || other === undefined) throw new Error("both execute")
    const { log } = first.before
    const shifted = { ...log, low: log.low + 1, chunks: log.chunks.map(rotated) }
    const moved = { ...first, before: { ...first.before, log: shifted } }
    const monitor = monitorOf()
    monitor.take(other)
    const again = { ...moved, input: { ...first.input, seq: first.input.seq + 1 } }
    expect(ruleOf(() => monitor.take(again))).toBe("AtMostOnce")
  })

  // The entry of one sequence number stands at the next one.
  const rotated = <A>(chunk: ReadonlyArray<A>): ReadonlyArray<A> => [
    chunk.at(-1) as A,
    ...chunk.slice(0, -1),
  ]
})
