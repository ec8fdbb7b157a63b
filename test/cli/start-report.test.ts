import { describe, expect, it } from "vitest"
import { summarize } from "../../src/cli/latency.ts"
import { type Findings, noFindings } from "../../src/cli/start-findings.ts"
import { exitCodeOf, reportDocument, reportText } from "../../src/cli/start-report.ts"
import type { Observation } from "../../src/cli/register-check.ts"
import type { Statistics, Verdict } from "../../src/trace-check/verdict.ts"

const read: Observation = {
  client: 3,
  key: "own-3-0",
  kind: "read",
  value: "x",
  startedAt: 0,
  endedAt: 1,
}
const statistics: Statistics = {
  run: "r",
  files: 5,
  events: 5000,
  actions: { Execute: 1000 },
  traced: ["replica 0"],
  untraced: [],
  executed: 10,
  requests: 20,
  fast: 0,
  results: 4,
  messages: 60,
  unchecked: 0,
  uncompared: 0,
  abstract: 4,
  unabstract: 0,
}
const conforms: Verdict = { _tag: "Conforms", statistics, misbehaviours: [] }
const finding = {
  file: "replica-1.ndjson",
  line: 7,
  rule: "Replay",
  message: "not a step",
} as const

const pbft = { specification: "Pbft", of: "events" } as const
const window = { ...pbft, from: 5, to: 9, starts: "previous", states: 3 } as const

/** A run in which all is well, but for `changes`. */
const findings = (changes: Partial<Findings> = {}): Findings => ({
  ...noFindings({
    folder: "out",
    seed: 9,
    clients: 20,
    seconds: 8,
    replicas: 4,
    service: "key-value",
    features: [],
  }),
  phase: "done",
  load: {
    observations: [read],
    reads: 3,
    writes: 1,
    removals: 0,
    latencies: [1, 2, 3, 10],
    failures: new Map(),
    elapsedMs: 2000,
  },
  networkFaults: {},
  wrongReads: [],
  traceBytes: 3_200_000,
  replay: { verdict: conforms, elapsedMs: 100 },
  watched: { ordered: 2_700, fast: 5_000, uncompared: 0 },
  tlc: {
    _tag: "Ran",
    windows: [
      {
        ...pbft,
        from: 1,
        to: 200,
        starts: "init",
        states: 201,
        outcome: "Accepted",
        objection: undefined,
      },
    ],
    elapsedMs: 1500,
  },
  ...changes,
})

describe("the report", () => {
  it("says what was done and found", () => {
    const text = reportText(findings())
    for (const part of [
      "4 answered (3 GET, 1 PUT, 0 DELETE); failed: 0",
      "2 requests/s",
      "p50 2.0 ms, p99 10.0 ms, max 10.0 ms",
      "every frame and message was read and believed by whom it was for",
      "1 reads judged, 0 wrong",
      "5,000 events in 5 files, 3.2 MB",
      "every recorded step is a step of the model (50,000 events/s)",
      "2,700 ordered and 5,000 fast answers are the service's in the agreed log",
      "1 of 1 windows are behaviours of Pbft.tla: 201 states",
      "events 1-200 from Init",
      "in 1.5 s",
      "out/traces",
      "prophecy start --service kv --seconds 8 --clients 20 --seed 9",
      "CONFORMS to the model and to the TLA+ specification",
    ]) {
      expect(text).toContain(part)
    }
    expect(text).not.toContain("PARTIAL")
    expect(reportDocument(findings())).toMatchObject({
      schema: "prophecy-start/1",
      verdict: "conforms",
      partial: false,
      objections: [],
      load: { answered: 4, perSecond: 2, latencyMs: { p50: 2, p99: 10, max: 10 } },
      replay: { verdict: "conforms" },
      tlc: { ran: true, states: 201 },
    })
  })

  it.each<[string, Partial<Findings>, number, RegExp]>([
    [
      "a wrong read",
      {
        wrongReads: [{ read, reason: '"x" was never written' }],
      },
      4,
      /REJECTED: 1 reads gave a wrong answer/,
    ],
    [
      "frames that a replica could not read",
      { networkFaults: { BadFrame: 1_200, BadMessage: 2 } },
      4,
      /network +1,200 BadFrame, 2 BadMessage[^]*REJECTED: a process could not read/,
    ],
    [
      "a replica that does not say what it received",
      { networkFaults: undefined },
      3,
      /INCONCLUSIVE: a replica did not say whether/,
    ],
    [
      "a rejected trace",
      {
        replay: {
          verdict: { _tag: "Rejected", finding, statistics, misbehaviours: [] },
          elapsedMs: 1,
        },
      },
      4,
      /not a step \[Replay\][^]*REJECTED: the traces are not a run of the model/,
    ],
    [
      "an unreadable trace",
      {
        replay: { verdict: { _tag: "Unreadable", finding }, elapsedMs: 1 },
      },
      4,
      /REJECTED: a trace of this run cannot be read/,
    ],
    [
      "a window that TLC rejects",
      {
        tlc: {
          _tag: "Ran",
          windows: [{ ...window, outcome: "Rejected", objection: "event 7 is no step" }],
          elapsedMs: 1,
        },
      },
      4,
      /event 7 is no step[^]*REJECTED: TLC rejects/,
    ],
    [
      "no window of the sketcher",
      { service: "album", wrongReads: undefined },
      3,
      /INCONCLUSIVE: TLC gave no answer/,
    ],
    [
      "a gap",
      {
        replay: { verdict: { ...conforms, _tag: "Gap", gaps: [] }, elapsedMs: 1 },
      },
      3,
      /INCONCLUSIVE: steps are missing/,
    ],
    [
      "failed requests",
      {
        load: {
          ...(findings().load as NonNullable<Findings["load"]>),
          failures: new Map([["504", 2]]),
        },
      },
      3,
      /failed: 2 x 504[^]*INCONCLUSIVE: requests failed/,
    ],
    [
      "no answers",
      {
        load: { ...(findings().load as NonNullable<Findings["load"]>), latencies: [] },
      },
      3,
      /unknown: nothing was answered[^]*INCONCLUSIVE: no request was answered/,
    ],
    [
      "an interruption",
      { phase: "load", replay: undefined, tlc: undefined },
      3,
      /^PARTIAL REPORT[^]*did not run[^]*interrupted in the phase "load"/,
    ],
  ])("objects to %s", (_, changes, code, text) => {
    expect(exitCodeOf(findings(changes))).toBe(code)
    expect(reportText(findings(changes))).toMatch(text)
    const document = reportDocument(findings(changes))
    expect(document).toMatchObject({ verdict: code === 4 ? "rejected" : "inconclusive" })
  })

  it("says that TLC did not run, and why, without calling that a failure", () => {
    const without = findings({ tlc: { _tag: "Unavailable", reason: "there is no Java" } })
    expect(exitCodeOf(without)).toBe(0)
    expect(reportText(without)).toMatch(
      /did not run: there is no Java[^]*CONFORMS to the model; TLC/,
    )
    expect(reportDocument(without)).toMatchObject({
      tlc: { ran: false, reason: "there is no Java" },
    })
  })
})

describe("quantiles", () => {
  it("are values that were measured, by the nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, k) => 100 - k)
    expect(summarize(hundred)).toEqual({ p50: 50, p99: 99, max: 100 })
    expect(summarize([7])).toEqual({ p50: 7, p99: 7, max: 7 })
  })

  it("of nothing are unknown", () => {
    expect(summarize([])).toBeUndefined()
  })
})
