import * as fc from "fast-check"
import { expect, test } from "vitest"
import { type ClientConfig, type ClientState, initClient } from "../../src/core/pbft/client.ts"
import {
  fromFullClientProjection,
  fromFullProjection,
  fullClientProjection,
  fullProjection,
  type ReplicaData,
} from "../../src/core/pbft/projection.ts"
import type { Config, State } from "../../src/core/pbft/state.ts"
import { ReplicaState } from "../../src/core/pbft/trace-event.ts"
import type { SignedRequest } from "../../src/core/request.ts"
import { misfit } from "../../src/core/trace-event.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import type { StepEvent } from "../../src/trace-check/event.ts"
import { stateMisfit } from "../../src/trace-check/state-data.ts"
import { deepFreeze } from "../support/deep-freeze.ts"
import { digests } from "./support/digests.ts"
import { recordRun } from "./support/recorded-run.ts"
import { sourcesOf } from "./support/sources.ts"

interface Reached {
  readonly replicas: ReadonlyArray<readonly [Config, State]>
  readonly clients: ReadonlyArray<readonly [ClientConfig, ClientState]>
}

const answers = {
  retransmitMs: 1,
  maxRetransmitMs: 1,
  replyQuorum: 2,
  resultDigest: digests.resultDigest,
}

/** States that runs reach, each of them a few times. */
const reached = async (seed: number): Promise<Reached> => {
  const replicas: Array<readonly [Config, State]> = []
  const clients: Array<readonly [ClientConfig, ClientState]> = []
  const before = (
    _index: number,
    event: StepEvent,
    { configs }: { readonly configs: ReadonlyMap<number, Config> },
  ) => {
    if (event._tag === "ReplicaStep") {
      const config = configs.get(event.replica)
      if (config !== undefined) replicas.push([config, deepFreeze(event.step.state)])
      return
    }
    const group = { n: 4, f: 1, quorum: 3 }
    const config = { group, id: event.client, firstTimestamp: 0, ...answers }
    clients.push([config, deepFreeze(event.step.state)])
  }
  const restart = { replica: seed % 4, at: 3, how: "in-process" } as const
  const viewTimeouts = { chance: 0.05, many: 6 }
  const run = { seed, clients: 3, requests: 4, timeouts: 0.1, viewTimeouts, restart }
  const files = recordRun({ ...run, untraced: [] })
  const observer = { before, gap: () => undefined }
  expect(await checkTraces(sourcesOf(files), { digests, observer })).toMatchObject({
    _tag: "Conforms",
  })
  return { replicas, clients }
}

const unsigned = (r: SignedRequest) => ({ ...r, authenticator: "" })

/** The same state without authenticators and signatures, which no projection shows. */
const bare = (state: State): State => ({
  ...state,
  queue: state.queue.map(unsigned),
  log: {
    ...state.log,
    chunks: state.log.chunks.map((chunk) =>
      chunk.map((slot) => ({ ...slot, batch: slot.batch.map(unsigned) })),
    ),
  },
})

test("every state that runs reach comes back from its projection through JSON", async () => {
  const property = fc.asyncProperty(fc.nat(), async (seed) => {
    const { replicas, clients } = await reached(seed)
    for (const [config, state] of replicas) {
      const data = JSON.parse(JSON.stringify(fullProjection(state))) as ReplicaData
      expect(misfit(ReplicaState)(data)).toBeUndefined()
      expect(stateMisfit(config, data)).toBeUndefined()
      expect(fromFullProjection(config, data)).toEqual(bare(state))
    }
    for (const [config, state] of clients) {
      const data = JSON.parse(JSON.stringify(fullClientProjection(state)))
      expect(fromFullClientProjection(config, data)).toEqual(state)
    }
  })
  await fc.assert(property, { numRuns: 4 })
})

test("the states of a view change are among them", async () => {
  const { replicas } = await reached(2)
  const states = replicas.map(([, state]) => state)
  expect(states.some((s) => !s.active && s.pset.length > 0 && s.viewChanges.length > 1)).toBe(true)
  expect(states.some((s) => s.newView !== undefined && s.newView.chosen.length > 0)).toBe(true)
  expect(states.some((s) => s.fetched.length > 0)).toBe(true)
})

test("different states have different projections", async () => {
  const { replicas } = await reached(1)
  const byProjection = new Map<string, string>()
  for (const [, state] of replicas) {
    const projection = JSON.stringify(fullProjection(state))
    const whole = JSON.stringify(bare(state))
    expect(byProjection.get(projection) ?? whole).toBe(whole)
    byProjection.set(projection, whole)
  }
  expect(byProjection.size).toBeGreaterThan(100)
})

test("a client that never asked anything", () => {
  const group = { n: 4, f: 1, quorum: 3 }
  const config = { group, id: 0, firstTimestamp: 7, ...answers }
  expect(fullClientProjection(initClient(config))).toEqual({
    views: [0, 0, 0, 0],
    timestamp: 7,
    readOnly: false,
    operation: null,
    toAll: false,
    replies: [],
    result: null,
  })
})

test.each([
  ["low", { low: 1 }],
  ["seqno", { seqno: 999 }],
  ["executed", { executed: 999 }],
  ["queue[0].client", { queue: [{ client: 9, timestamp: 1, operation: "" }] }],
  ["table[0].client", { table: [{ client: 9, timestamp: 1, result: "" }] }],
  ["slot[0].seq", { slot: [{ ...slot(), seq: 99 }] }],
  ["slot[0]", { slot: [{ ...slot(), phase: "committed" }] }],
  ["slot[0].digest", { slot: [{ ...slot(), digest: "beef" }] }],
  ["slot[0].prepares[0].replica", { slot: [{ ...slot(), prepares: [vote(4)] }] }],
  ["slot[0].commits[0].replica", { slot: [{ ...slot(), commits: [vote(9)] }] }],
  ["checkpoints", { checkpoints: [] }],
  ["checkpoints[1].seq", { checkpoints: [{ seq: 0, digest: "d", table: [] }, third()] }],
  ["checkpointVotes[0].seq", { checkpointVotes: [{ seq: 3, votes: [] }] }],
  ["checkpointVotes[0].votes[0].replica", { checkpointVotes: [{ seq: 2, votes: [vote(4)] }] }],
  ["active", { active: false }],
  ["slot[0]", { view: 1, active: false, slot: [{ ...slot(), phase: "prepared", digest: "d" }] }],
  ["pset[0].seq", { pset: [{ seq: 0, digest: "d", view: 0 }] }],
  ["pset[0].view", { pset: [{ seq: 1, digest: "d", view: 1 }] }],
  ["pset[1]", { pset: [entry("a"), entry("b")] }],
  ["qset[1]", { qset: [held("b"), held("a")] }],
  ["qset[0].digest", { qset: [held("b")] }],
  ["qset[0].batch[0].client", { qset: [{ ...foreign(), seq: 1, view: 0 }] }],
  ["viewChanges[0].replica", { viewChanges: [viewChange(4)] }],
  ["viewChanges[1]", { viewChanges: [viewChange(2), viewChange(2)] }],
  ["newView", { view: 1 }],
  ["newView.view", { newView: newView(1) }],
  ["newView.changes[0].replica", { view: 1, newView: newView(1, 4) }],
  ["fetched[0]", { fetched: [foreign()] }],
  ["fetched[0].digest", { view: 1, active: false, newView: newView(1), fetched: [none()] }],
] as const)("a state that no replica has is refused at %s", async (path, change) => {
  const { replicas } = await reached(2)
  const [config, state] = replicas[0] ?? []
  if (config === undefined || state === undefined) throw new Error("the run has a step")
  const data = {
    ...fullProjection({ ...state, queue: [] }),
    slot: [],
    checkpointVotes: [],
    view: 0,
    active: true,
    pset: [],
    qset: [],
    viewChanges: [],
    newView: null,
    fetched: [],
  }
  expect(stateMisfit(config, data)).toBeUndefined()
  const bad = { ...data, ...change } as ReplicaData
  expect(stateMisfit(config, bad)?.path).toBe(path)
})

function slot() {
  return { seq: 1, phase: "empty", digest: "", batch: [], prepares: [], commits: [] }
}
function vote(replica: number) {
  return { replica, digest: "d" }
}
function entry(digest: string) {
  return { seq: 1, digest, view: 0 }
}
function held(digest: string) {
  return { ...entry(digest), batch: [] }
}
function foreign() {
  const batch = [{ client: 9, timestamp: 1, operation: "" }]
  return { batch, digest: digests.batchDigest(batch) }
}
function none() {
  return { digest: "d", batch: [] }
}
function viewChange(replica: number) {
  return { view: 1, low: 0, checkpoints: [], prepared: [], prePrepared: [], replica }
}
function newView(view: number, replica = 1) {
  const start = { seq: 0, digest: "d" }
  return { view, changes: [viewChange(replica)], start, chosen: [], replica: 1 }
}
function third() {
  return { seq: 3, digest: "d", table: [] }
}
