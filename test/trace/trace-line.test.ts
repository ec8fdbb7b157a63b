import { describe, expect, test } from "vitest"
import { initClient, stepClient } from "../../src/core/pbft/client.ts"
import type { Authentic, ReplicaMessage } from "../../src/core/pbft/message.ts"
import { step } from "../../src/core/pbft/replica.ts"
import { type Config, type Input, init, type State } from "../../src/core/pbft/state.ts"
import {
  clientLine,
  clientsDropLine,
  dropLine,
  endLine,
  header,
  replicaLine,
} from "../../src/core/pbft/trace.ts"
import {
  ClientsState,
  ClientTraceInput,
  clientInputOf,
  inputOf,
  ReplicaInput,
  ReplicaState,
} from "../../src/core/pbft/trace-event.ts"
import { DropLine, EndLine, HeaderLine, misfit, StepLine } from "../../src/core/trace-event.ts"

const group = { n: 4, f: 1, quorum: 3 }
const resultDigest = (result: string): string => `digest of ${result}`
const answers = { retransmitMs: 10, maxRetransmitMs: 10, replyQuorum: 2, resultDigest }
const config: Config = {
  group,
  id: 1,
  clients: 3,
  clock: undefined,
  checkpointInterval: 1,
  logSize: 4,
  maxBatch: 2,
  readOnly: true,
  maxTentative: 1,
  fetchDecisions: true,
  resultDigest,
  canFetch: true,
  batchDigest: (batch) => `batch of ${batch.map((r) => r.operation).join(" ")}`,
  checkpointDigest: (seq, service) => `checkpoint ${seq} ${service}`,
}
const everyByte = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("")
const request = { client: 2, timestamp: 5, operation: everyByte, authenticator: "secret" }
const batch = [request]
const digest = config.batchDigest(batch)
const from = <M>(message: M): Authentic<M> => message as Authentic<M>
const receive = (m: Exclude<ReplicaMessage, { readonly _tag: "PrePrepare" }>): Input => ({
  _tag: "Receive",
  message: from(m),
})
const prePrepare: Input = {
  _tag: "ReceivePrePrepare",
  message: from({ _tag: "PrePrepare", view: 0, seq: 1, digest, batch, replica: 0 }),
  verdicts: [true],
}
const vote = (type: "Prepare" | "Commit", replica: number, of = digest): Input =>
  receive({ _tag: type, view: 0, seq: 1, digest: of, replica })

interface Line {
  readonly action: string
  readonly in: unknown
  readonly post: unknown
}

const lineOf = (state: State, input: Input): readonly [State, Line] => {
  const took = step(config, state, input)
  const line = replicaLine(3, state, took, input)
  const data = JSON.parse(line)
  expect(misfit(StepLine)(data)).toBeUndefined()
  expect(misfit(ReplicaInput)(data.in)).toBeUndefined()
  // The line is one line, without authenticators, and the input reads as it was.
  expect(line).not.toMatch(/[\n\r]/)
  expect(line).not.toContain("secret")
  const read = inputOf(data.in as ReplicaInput)
  expect(read).toEqual(JSON.parse(JSON.stringify(input).replaceAll('"secret"', '""')))
  return [took.state, data as Line]
}

/** The changes that the lines of some inputs show. */
const posts = (inputs: ReadonlyArray<Input>): ReadonlyArray<unknown> => {
  let state = init(config)
  return inputs.map((input) => {
    const [next, line] = lineOf(state, input)
    state = next
    return line.post
  })
}

describe("a replica's line holds the whole input and what changed", () => {
  test("a request that is queued", () => {
    const [, line] = lineOf(init(config), receive({ _tag: "Request", ...request }))
    const { authenticator: _, ...plain } = request
    expect(line).toMatchObject({ action: "RecvRequest", in: { type: "Request", ...plain } })
    expect(line.post).toEqual({ queue: 1 })
  })

  test("votes for the slot's own batch as numbers, others with their digest", () => {
    const slot = (phase: string, prepares: Array<unknown>, commits: Array<unknown>) => ({
      slot: [
        { seq: 1, phase, digest: phase === "empty" ? "" : digest, size: 1, prepares, commits },
      ],
    })
    const other = { replica: 3, digest: "another" }
    const first = slot("empty", [], [other]).slot[0]
    const inputs = [vote("Commit", 3, "another"), prePrepare, vote("Prepare", 2), vote("Commit", 0)]
    expect(posts(inputs)).toEqual([
      { slot: [{ ...first, size: 0 }] },
      slot("prePrepared", [1], [other]),
      slot("prepared", [1, 2], [1, other]),
      slot("prepared", [1, 2], [0, 1, other]),
    ])
  })

  test("an execution with its checkpoint, and how it becomes stable", () => {
    const executed: Input = { _tag: "Executed", seq: 1, results: [everyByte], service: "s" }
    const checkpoint = (replica: number, of = "checkpoint 1 s") =>
      receive({ _tag: "Checkpoint", seq: 1, digest: of, replica })
    const inputs = [
      prePrepare,
      vote("Prepare", 2),
      vote("Commit", 0),
      vote("Commit", 3),
      executed,
      checkpoint(2),
      checkpoint(3),
    ]
    const votes = (replicas: ReadonlyArray<number>) =>
      replicas.map((replica) => ({ replica, digest: "checkpoint 1 s" }))
    expect(posts(inputs).slice(4)).toEqual([
      {
        executed: 1,
        table: [{ client: 2, timestamp: 5, result: everyByte }],
        checkpoints: [
          { seq: 0, digest: "checkpoint 0 genesis" },
          { seq: 1, digest: "checkpoint 1 s" },
        ],
        checkpointVotes: [{ seq: 1, votes: votes([1]) }],
      },
      { checkpointVotes: [{ seq: 1, votes: votes([1, 2]) }] },
      { low: 1, checkpoints: [{ seq: 1, digest: "checkpoint 1 s" }], checkpointVotes: [] },
    ])
  })

  test("a proposal: only its count, the batch is the queue's", () => {
    const primary = { ...config, id: 0 }
    const state = { ...init(primary), queue: batch }
    const took = step(primary, state, { _tag: "Propose", count: 1 })
    const line = JSON.parse(replicaLine(1, state, took, { _tag: "Propose", count: 1 }))
    expect(line).toMatchObject({ action: "SendPrePrepare", in: { type: "Propose", count: 1 } })
    expect(line.post).toMatchObject({ seqno: 1, queue: 0, slot: [{ seq: 1, size: 1 }] })
  })

  test("the places of the requests whose authenticator failed", () => {
    const [, line] = lineOf(init(config), { ...prePrepare, verdicts: [false] } as Input)
    expect(line.in).toMatchObject({ failed: [0] })
    expect(line.post).toMatchObject({ slot: [{ phase: "held", prepares: [] }] })
  })

  test("an ignored input, without changes", () => {
    const [, line] = lineOf(init(config), vote("Commit", 1))
    expect(line).toMatchObject({ action: "Ignore:FromSelf", post: {} })
  })

  test("a restart with its durable records and all of the state", () => {
    const durable = [
      { _tag: "PrePrepared", view: 0, seq: 1, digest, batch },
      { _tag: "Prepared", view: 0, seq: 1, digest },
      {
        _tag: "CheckpointTaken",
        seq: 1,
        digest: "c",
        service: "s",
        table: [{ timestamp: 5, result: "r" }],
      },
      { _tag: "CheckpointStable", seq: 0 },
    ] as const
    const [, line] = lineOf(init(config), { _tag: "Restart", durable })
    expect(misfit(ReplicaState)(line.post)).toBeUndefined()
    expect(line.post).toMatchObject({ executed: 1, slot: [{ seq: 1, phase: "prepared" }] })
  })
})

describe("a replica's line of a view change", () => {
  const start = { seq: 0, digest: "checkpoint 0 genesis" }
  const entry = { seq: 1, digest, view: 0 }
  const change = (replica: number, prepared = [entry]) => ({
    _tag: "ViewChange" as const,
    view: 1,
    low: 0,
    checkpoints: [start],
    prepared,
    prePrepared: [entry],
    replica,
    signature: "secret",
  })
  const newView = {
    _tag: "NewView" as const,
    view: 2,
    changes: [0, 2, 3].map((replica) => ({ ...change(replica), view: 2 })),
    start,
    chosen: [{ seq: 1, digest }],
    replica: 2,
    signature: "",
  }
  const shown = [
    { replica: 1, view: 1 },
    { replica: 2, view: 1 },
  ]

  test("of the one that was left, and of the new one's primary", () => {
    const chosen = [{ seq: 1, digest }]
    const inputs: ReadonlyArray<Input> = [
      prePrepare,
      vote("Prepare", 2),
      { _tag: "Timeout", view: 0 },
      receive(change(2)),
      receive(change(3)),
      { _tag: "Decide", decision: { start, chosen } },
      { _tag: "Enter" },
      receive({ _tag: "FetchBatch", digest, replica: 3 }),
    ]
    const empty = { seq: 1, phase: "empty", digest: "", size: 0, prepares: [], commits: [] }
    expect(posts(inputs).slice(2)).toEqual([
      {
        view: 1,
        active: false,
        slot: [empty],
        pset: [entry],
        qset: [entry],
        viewChanges: shown.slice(0, 1),
      },
      { viewChanges: shown },
      { viewChanges: [...shown, { replica: 3, view: 1 }] },
      { newView: 1 },
      {
        active: true,
        seqno: 1,
        queue: 0,
        slot: [{ ...empty, phase: "prePrepared", digest, size: 1 }],
        viewChanges: [],
      },
      {},
    ])
  })

  test("of a NEW-VIEW with a batch to fetch", () => {
    const inputs = [receive(newView), receive({ _tag: "Batch", batch }), { _tag: "Enter" } as const]
    const slot = { seq: 1, phase: "prePrepared", digest, size: 1, prepares: [1], commits: [] }
    expect(posts(inputs)).toEqual([
      { view: 2, active: false, newView: 2 },
      { fetched: [digest] },
      { active: true, slot: [slot], fetched: [] },
    ])
  })

  test("with the whole message and no signature", () => {
    const { _tag, signature, ...plain } = change(2)
    const [, line] = lineOf(init(config), receive(change(2)))
    expect(line.in).toEqual({ type: _tag, ...plain })
    expect(JSON.stringify(line)).not.toContain(signature)
    const [, other] = lineOf(init(config), receive(newView))
    expect(other.in).toMatchObject({ type: "NewView", changes: [{ replica: 0 }, {}, {}] })
  })

  test("a restart in the middle of it", () => {
    const durable = [
      { _tag: "PrePrepared", view: 0, seq: 1, digest, batch },
      { _tag: "Prepared", view: 0, seq: 1, digest },
      { _tag: "ViewLeft", viewChange: { ...change(1), view: 2 } },
      { _tag: "NewViewTaken", newView },
      { _tag: "PrePrepared", view: 2, seq: 1, digest, batch },
    ] as const
    const [, line] = lineOf(init(config), { _tag: "Restart", durable })
    expect(misfit(ReplicaState)(line.post)).toBeUndefined()
    const { authenticator: _, ...plain } = request
    expect(line.post).toMatchObject({
      view: 2,
      active: false,
      slot: [],
      pset: [entry],
      qset: [{ ...entry, batch: [plain] }],
      viewChanges: [{ view: 2, replica: 1 }],
      newView: { view: 2, chosen: [{ seq: 1, digest }] },
      fetched: [],
    })
    const entered = [...durable, { _tag: "ViewEntered", view: 2 }] as const
    const [, after] = lineOf(init(config), { _tag: "Restart", durable: entered })
    expect(after.post).toMatchObject({ active: true, slot: [{ seq: 1 }], viewChanges: [] })
  })
})

describe("a client's line", () => {
  const clientConfig = { group, id: 2, firstTimestamp: 4, ...answers }
  const reply = (replica: number, result: string, view = 0) => ({
    _tag: "Receive" as const,
    message: from({ _tag: "Reply" as const, view, client: 2, timestamp: 5, replica, result }),
  })

  test("from the request to its result", () => {
    let state = initClient(clientConfig)
    const inputs = [
      { _tag: "Submit" as const, operation: everyByte },
      { _tag: "Timeout" as const, waitedMs: 0 },
      reply(0, "a"),
      reply(1, everyByte, 3),
      reply(2, everyByte),
    ]
    const found = inputs.map((input) => {
      const took = stepClient(clientConfig, state, input)
      const line = JSON.parse(clientLine({ n: 1, client: 2 }, state, took, input))
      state = took.state
      expect(misfit(StepLine)(line)).toBeUndefined()
      expect(misfit(ClientTraceInput)(line.in)).toBeUndefined()
      expect(clientInputOf(line.in)).toEqual(input)
      return line.post
    })
    expect(found).toEqual([
      { timestamp: 5, waits: true, replies: [] },
      { toAll: true },
      { replies: [0] },
      { views: [0, 3, 0, 0], replies: [0, 1] },
      { waits: false, toAll: false, replies: [], result: everyByte },
    ])
  })
})

test("the lines that are no steps", () => {
  const drop = JSON.parse(dropLine(9, 4, init(config)))
  expect(misfit(DropLine)(drop)).toBeUndefined()
  expect(misfit(ReplicaState)(drop.state)).toBeUndefined()
  expect(drop).toMatchObject({ n: 9, dropped: 4 })
  const state = initClient({ group, id: 2, firstTimestamp: 4, ...answers })
  const clients = JSON.parse(clientsDropLine(9, 4, new Map([[2, state]])))
  expect(misfit(ClientsState)(clients.state)).toBeUndefined()
  expect(clients.state).toMatchObject([{ client: 2, timestamp: 4 }])
  expect(misfit(EndLine)(JSON.parse(endLine(9, 2)))).toBeUndefined()
  expect(JSON.parse(endLine(9, 2))).toEqual({ end: 9, dropped: 2 })
  const head = {
    run: "r",
    protocol: "pbft" as const,
    node: { kind: "replica" as const, id: 1 },
    incarnation: 0,
    ...group,
    checkpointInterval: 1,
    logSize: 4,
    maxBatch: 2,
    replyQuorum: 3,
    readOnly: true,
    maxTentative: 1,
    fetchDecisions: true,
    clients: 3,
    spec: "0".repeat(64),
    startedAt: "2026-01-01T00:00:00.000Z",
  }
  expect(misfit(HeaderLine)(JSON.parse(header(head)))).toBeUndefined()
  expect(JSON.parse(header(head))).toEqual({ schema: "prophecy-trace/3", ...head })
})

test("a misfit is told with its place and what was expected there", () => {
  const bad = misfit(ReplicaInput)
  expect(bad({ type: "Prepare", view: 0, seq: -1, digest: "d", replica: 0 })?.path).toBe("seq")
  expect(bad({ type: "Prepare", view: 0, seq: 1, digest: "", replica: 0 })?.path).toBe("digest")
  const request = { client: 0, timestamp: 1, operation: "\u0100" }
  expect(bad({ type: "Request", ...request })?.path).toBe("operation")
  const inBatch = { type: "PrePrepare", view: 0, seq: 1, digest: "d", replica: 0, failed: [] }
  expect(bad({ ...inBatch, batch: [{ ...request, operation: 7 }] })).toMatchObject({
    path: "batch[0].operation",
    problem: expect.stringContaining("string"),
  })
  expect(bad({ type: "Nothing" })?.path).toBe("")
  expect(bad(7)?.problem).toContain("Prepare")
})
