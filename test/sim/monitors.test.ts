/** Each monitor of the simulator says no to something. */
import { describe, expect, it } from "vitest"
import { batchDigest, bytesDigest, checkpointDigest } from "../../src/net/digests.ts"
import type { Observed } from "../../src/sim/client-node.ts"
import { recordKey } from "../../src/sim/disk.ts"
import { type Execution, Ledger } from "../../src/sim/ledger.ts"
import { invented, notLinear } from "../../src/sim/linear-history.ts"
import { operationBytes } from "../../src/sim/operation.ts"
import { commonTo, missing } from "../../src/sim/liveness.ts"
import type { Standing } from "../../src/sim/protocol.ts"
import { replicaConfig } from "../../src/sim/run-config.ts"
import type { Scenario } from "../../src/sim/scenario.ts"
import { quiet, simulated } from "./runs.ts"

const config = replicaConfig(quiet(), 2, { batchDigest, checkpointDigest, hash: bytesDigest })

const said = (over: {
  readonly digest?: string
  readonly seq?: number
  readonly view?: number
  readonly _tag?: "Prepare" | "Commit"
}) => ({
  config,
  message: { _tag: "Prepare" as const, view: 0, seq: 1, digest: "a", replica: 2, ...over },
  high: 4,
  holds: () => true,
})

describe("the ledger", () => {
  it("wants the record on the disk before the vote leaves", () => {
    const ledger = new Ledger(() => [], true)
    ledger.sent({
      ...said({}),
      holds: (key) => key === recordKey("PrePrepared", { view: 0, seq: 1, content: "a" }),
    })
    expect(ledger.violation).toBeUndefined()
    ledger.sent({ ...said({ seq: 2 }), holds: () => false })
    expect(ledger.violation?.property).toBe("SentIsDurable")
  })

  it("sees a vote above the high watermark", () => {
    const ledger = new Ledger(() => [], true)
    ledger.sent(said({ seq: 4 }))
    expect(ledger.violation).toBeUndefined()
    ledger.sent(said({ seq: 5 }))
    expect(ledger.violation?.property).toBe("Watermarks")
  })

  it("sees two votes of one replica for one number", () => {
    const ledger = new Ledger(() => [], true)
    ledger.sent(said({}))
    ledger.sent(said({}))
    expect(ledger.violation).toBeUndefined()
    ledger.sent(said({ digest: "b" }))
    expect(ledger.violation?.property).toBe("NoEquivocation")
  })

  it("sees what may be committed lost in a later view, in whatever order it is said", () => {
    const commits = [0, 1].map((id) => ({
      ...said({ _tag: "Commit" }),
      config: { ...config, id },
      message: { ...said({ _tag: "Commit" }).message, replica: id },
    }))
    const later = said({ view: 1, digest: "b" })
    for (const all of [
      [...commits, later],
      [later, ...commits],
    ]) {
      const ledger = new Ledger(() => [], true, 2)
      for (const one of all.slice(0, 2)) ledger.sent(one)
      expect(ledger.violation).toBeUndefined()
      for (const one of all.slice(2)) ledger.sent(one)
      expect(ledger.violation?.property).toBe("CarryOver")
    }
    const same = new Ledger(() => [], true, 2)
    for (const one of [...commits, said({ view: 1 })]) same.sent(one)
    expect(same.violation).toBeUndefined()
  })

  it("wants a view entered on the disk, and one VIEW-CHANGE for each", () => {
    const ledger = new Ledger(() => [], true)
    ledger.sent({ ...said({ view: 1 }), holds: (key) => !key.startsWith("ViewEntered v1") })
    expect(ledger.violation?.property).toBe("SentIsDurable")
    const change = {
      _tag: "ViewChange" as const,
      view: 1,
      low: 0,
      checkpoints: [],
      prepared: [],
      prePrepared: [],
      replica: 2,
      signature: "",
    }
    const other = { ...change, prepared: [{ seq: 1, digest: "a", view: 0 }] }
    const twice = new Ledger(() => [], true)
    for (const message of [change, change]) twice.sent({ ...said({}), message })
    expect(twice.violation).toBeUndefined()
    twice.sent({ ...said({}), message: other })
    expect(twice.violation?.property).toBe("NoEquivocation")
    const unwritten = new Ledger(() => [], true)
    unwritten.sent({ ...said({}), message: change, holds: () => false })
    expect(unwritten.violation?.property).toBe("SentIsDurable")
  })

  it("keeps the first of several", () => {
    const ledger = new Ledger(() => [], true)
    ledger.broken("One", "first")
    ledger.broken("Two", "second")
    expect(ledger.violation).toEqual({ property: "One", why: "first" })
  })
})

const asked = (
  client: number,
  operation: string,
  times: readonly [number, number],
  result: string,
): Observed => ({
  client,
  timestamp: 1,
  operation,
  submittedAt: times[0],
  completedAt: times[1],
  result,
})

const executions = (
  ...all: ReadonlyArray<readonly [client: number, operation: string, result: string]>
): Map<number, Execution> =>
  new Map(
    all.map(([client, operation, result], k) => [
      k + 1,
      {
        requests: [{ client, timestamp: 1, operation: operationBytes(operation) }],
        results: [result],
      },
    ]),
  )

const ledgerOf = (all: Map<number, Execution>): Ledger => {
  const ledger = new Ledger(() => [], true)
  for (const [seq, execution] of all) ledger.executions.set(seq, execution)
  return ledger
}

describe("the linear history", () => {
  const good = executions([0, "put x 1", "S"], [1, "get x", "V1"], [2, "delete x", "S"])
  const history = [
    asked(0, "put x 1", [0, 10], "S"),
    asked(1, "get x", [5, 20], "V1"),
    asked(2, "delete x", [21, 30], "S"),
  ]
  const wrong = (all: Map<number, Execution>, observed = history): string | undefined =>
    notLinear(ledgerOf(all), observed, false)?.why

  it("accepts what a map would have answered, in an order that keeps to real time", () => {
    expect(wrong(good)).toBeUndefined()
    const swapped = executions([1, "get x", "N"], [0, "put x 1", "S"], [2, "delete x", "S"])
    const concurrent = history.with(1, asked(1, "get x", [5, 20], "N"))
    expect(wrong(swapped, concurrent)).toBeUndefined()
  })

  it.each([
    ["a wrong result of an execution", executions([0, "put x 1", "S"], [1, "get x", "N"]), history],
    ["a result that no execution had", good, history.with(1, asked(1, "get x", [5, 20], "N"))],
    ["an answer without an execution", executions([0, "put x 1", "S"]), history],
    ["an execution of something else", good, history.with(0, asked(0, "put x 2", [0, 10], "S"))],
    [
      "a stale read",
      executions([1, "get x", "N"], [0, "put x 1", "S"]),
      [asked(0, "put x 1", [0, 10], "S"), asked(1, "get x", [11, 20], "N")],
    ],
    ["a hole in the order", new Map([[2, { requests: [], results: [] }]]), []],
  ])("rejects %s", (_, all, observed) => {
    expect(notLinear(ledgerOf(all), observed, false)?.property).toBe("Linearizable")
  })

  describe("with reads that were answered without an order", () => {
    const writes = executions([0, "put x 1", "S"], [1, "put x 2", "S"])
    const [first, second] = [asked(0, "put x 1", [0, 10], "S"), asked(1, "put x 2", [20, 30], "S")]
    const judge = (...reads: ReadonlyArray<Observed>) =>
      notLinear(ledgerOf(writes), [first, second, ...reads], true)?.property

    it.each([
      ["before a write that is under way", [asked(2, "get x", [22, 25], "V1")]],
      ["after it", [asked(2, "get x", [22, 25], "V2")]],
      ["one after the other", [asked(2, "get x", [1, 4], "N"), asked(3, "get x", [5, 8], "V1")]],
      [
        "two at once, either way",
        [asked(2, "get x", [1, 8], "V1"), asked(3, "get x", [5, 9], "N")],
      ],
    ])("accepts a read %s", (_, reads) => {
      expect(judge(...reads)).toBeUndefined()
    })

    it.each([
      ["what was overwritten before", [asked(2, "get x", [31, 35], "V1")]],
      ["what is written later", [asked(2, "get x", [11, 15], "V2")]],
      ["what was never there", [asked(2, "get x", [22, 25], "V3")]],
      [
        "less than an earlier read",
        [asked(2, "get x", [21, 23], "V2"), asked(3, "get x", [24, 26], "V1")],
      ],
    ])("rejects a read of %s", (_, reads) => {
      expect(judge(...reads)).toBe("Linearizable")
    })

    it("rejects a write that was answered and not executed", () => {
      expect(judge(asked(2, "put x 3", [40, 50], "S"))).toBe("Linearizable")
    })
  })

  it("rejects requests that a correct client never made", () => {
    const all = executions([0, "put x 1", "S"], [7, "put x 2", "S"])
    const observed = history.slice(0, 1)
    expect(invented(ledgerOf(all), observed, [0, 1])).toBeUndefined()
    expect(invented(ledgerOf(all), observed, [0, 7])?.property).toBe("Validity")
  })
})

describe("liveness", () => {
  const cut = (calmAtMs: number): Scenario =>
    quiet({
      faults: [
        {
          _tag: "Cut",
          from: ["r0", "r1"],
          to: ["r2", "r3"],
          messages: [],
          startMs: 0,
          endMs: 1e9,
        },
      ],
      calmAtMs,
    })

  it("is demanded once the faults end", async () => {
    const late = await simulated(cut(30_499.9))
    expect(late.failure?.kind).toBe("liveness")
    expect((await simulated(cut(5_000))).failure).toBeNull()
  })

  it("is demanded with a mute primary", async () => {
    const mute = (replica: number): Scenario => ({
      ...quiet(),
      byzantine: [{ replica, behaviours: [{ _tag: "Mute", messages: [], to: [] }] }],
    })
    for (const replica of [0, 3]) {
      const { outcome, failure } = await simulated(mute(replica))
      expect([outcome.completed, outcome.excused, failure]).toEqual([3, null, null])
    }
  })

  it("asks for every request, and of every correct replica that it catches up", () => {
    const at = (executed: number, over: Partial<Standing> = {}): Standing => ({
      id: 0,
      up: true,
      active: true,
      low: 0,
      executed,
      view: 1,
      returning: false,
      ...over,
    })
    const demand = (states: ReadonlyArray<Standing>, left: number, mustReturn = true) =>
      missing(
        {
          running: states.map((standing, id) => ({ ...standing, id })),
          executed: Math.max(...states.map(({ executed }) => executed)),
          mustReturn,
        },
        left,
      )
    const away = at(2, { view: 2, active: false })
    expect(demand([at(4), at(4), at(4)], 0)).toBeNull()
    expect(demand([at(4), at(4), at(4)], 1)).toMatch(/1 requests/)
    expect(demand([at(4), at(4), at(4), at(2)], 0)).toMatch(/replica 3 stays at 2 of 4 in view 1/)
    expect(demand([at(4), at(4), at(4), away], 0)).toMatch(/stays at 2 of 4 on its way to view 2/)
    const ahead = [at(4), at(2), at(2), at(1)]
    expect([0, 1, 3].map((alone) => commonTo(ahead, alone))).toEqual([4, 2, 1])
    expect(missing({ running: ahead, executed: 2, mustReturn: true }, 0)).toMatch(/stays at 1 of 2/)
    const returning = at(4, { returning: true })
    expect(demand([at(4), returning], 0)).toMatch(/replica 1 does not count as correct again/)
    expect(demand([at(4), returning], 0, false)).toBeNull()
  })
})
