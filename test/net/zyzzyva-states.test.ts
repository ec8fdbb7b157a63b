/** States of Zyzzyva that are given and fetched: with their proofs, in parts, from liars too. */
import { describe, expect, it } from "vitest"
import { encodeOperation } from "../../src/core/service/key-value-operation.ts"
import { keyValueService } from "../../src/core/service/key-value.ts"
import type { Stable, State as StateMessage } from "../../src/core/zyzzyva/message.ts"
import { type Entry, init, type Input } from "../../src/core/zyzzyva/state.ts"
import { Counts } from "../../src/net/counts.ts"
import { bytesDigest } from "../../src/net/digests.ts"
import { makeExecutor } from "../../src/net/executor.ts"
import { fetchedInMemory } from "../../src/net/fetched-nodes.ts"
import { Reader } from "../../src/net/reader.ts"
import { readStateChunk, type StateChunk, writeStateChunk } from "../../src/net/state-wire.ts"
import { Writer } from "../../src/net/writer.ts"
import { zyzzyvaCheckpointDigest } from "../../src/net/zyzzyva-digests.ts"
import { ZyzzyvaStates } from "../../src/net/zyzzyva-states.ts"
import { configOf } from "../trace/support/zyzzyva-run.ts"

const limits = { operation: 1e6, result: 1e6, batch: 10, clients: 2, replicas: 4, logSize: 4 }
const good = [0, 1, 2].map((replica) => ({ replica, signature: "s".repeat(64) }))
const entry: Entry = { timestamp: 1, result: "did", seq: 4, history: "a".repeat(64) }
const table = [entry, { timestamp: 0, result: "", seq: 0, history: "" }]
const history = "b".repeat(64)

/** One replica's keeper, and what it sends and has its loop take. */
const keeper = (id: number, low: number) => {
  const executor = makeExecutor(keyValueService(bytesDigest))
  const sent: Array<readonly [replica: number, chunk: StateChunk]> = []
  const inputs: Array<Input> = []
  const counts = new Counts()
  const states = new ZyzzyvaStates({
    config: configOf(id),
    limits: limits as never,
    executor,
    fetched: fetchedInMemory(),
    verifier: { isSigned: ({ signature }) => signature === good[0]?.signature },
    counts,
    later: new Map(),
    sendChunk: (replica, chunk) => void sent.push([replica, overWire(chunk)]),
    queuedBytes: () => 0,
    told: () => ({ view: 0, active: true, newView: true, low, executed: low }),
    offer: (input) => void inputs.push(input),
  })
  states.started(init(configOf(id)))
  return { executor, sent, inputs, counts, states }
}

const overWire = (chunk: StateChunk): StateChunk => {
  const writer = new Writer(16)
  writeStateChunk(writer, chunk)
  const reader = new Reader(Buffer.from(writer.written()))
  const read = readStateChunk(reader)
  expect([reader.failed, reader.left]).toEqual([false, 0])
  return read
}

/** A replica that has taken the checkpoint of number 4, and vouches for it as others do. */
const giver = (signers = good, view = 0) => {
  const one = keeper(0, 0)
  for (let k = 0; k < 3; k++) {
    const operation = encodeOperation({ _tag: "Put", key: `k${k}`, value: "v".repeat(20_000) })
    const requests = [{ client: 0, timestamp: k + 1, operation }]
    one.executor.execute({
      _tag: "Execute",
      seq: 2 + k,
      requests,
      checkpoint: k === 2,
      undoable: false,
    })
  }
  const service = one.executor.tree().digest
  const digest = zyzzyvaCheckpointDigest(history, service, table)
  const record = { _tag: "CheckpointTaken" as const, seq: 4, history, digest, service, table }
  one.states.taken(4, one.executor.takeSnapshot(4), record)
  const stable: Stable = { view, seq: 4, digest, signers }
  const state: StateMessage = { _tag: "State", stable, history, service, table }
  const offer = (): StateChunk => {
    one.sent.length = 0
    expect(one.states.give(3, state)).toBe(true)
    return (one.sent[0] as (typeof one.sent)[number])[1]
  }
  return { ...one, state, offer }
}

/** One that has stood still for long while others went on. */
const taker = () => {
  const one = keeper(3, 4)
  const tick = (times: number): void => {
    for (let k = 0; k < times; k++) one.states.tick(init(configOf(3)))
  }
  tick(9)
  return { ...one, tick }
}

const answer = (from: ReturnType<typeof giver>, to: ReturnType<typeof taker>): void => {
  for (let next = to.sent.shift(); next !== undefined; next = to.sent.shift()) {
    from.sent.length = 0
    from.states.receive(3, next[1])
    for (const [, chunk] of from.sent) to.states.receive(0, chunk)
  }
}

describe("a replica of Zyzzyva that has missed a checkpoint", () => {
  it("asks for it, fetches its parts, and has the machine take it", () => {
    const one = giver()
    const late = taker()
    expect(late.inputs).toEqual([{ _tag: "Fetch" }])
    late.states.receive(0, one.offer())
    expect(late.states.wanted()).toBe(4)
    answer(one, late)
    expect(late.inputs.at(-1)).toEqual({ _tag: "Receive", message: one.state })
    expect(late.counts.get("StateFetched")).toBe(1)
    // What was offered to its service is the giver's state.
    late.executor.restore(4)
    expect(late.executor.tree().digest).toBe(one.state.service)
  })

  it("is fetching while parts come: not before the first, nor when it has all", () => {
    const one = giver()
    const late = taker()
    late.states.receive(0, one.offer())
    expect(late.states.isFetching()).toBe(false)
    const [asked] = late.sent.splice(0, 1)
    one.sent.length = 0
    one.states.receive(3, (asked as (typeof late.sent)[number])[1])
    for (const [, chunk] of one.sent.slice(0, 1)) late.states.receive(0, chunk)
    expect(late.states.isFetching()).toBe(true)
    late.tick(8)
    expect(late.states.isFetching()).toBe(false)
    // Everybody is asked anew.
    late.sent.length = 0
    late.states.receive(0, one.offer())
    answer(one, late)
    expect(late.counts.get("StateFetched")).toBe(1)
    expect(late.states.isFetching()).toBe(false)
  })

  it("asks nobody as long as nobody has a later one", () => {
    const one = keeper(3, 0)
    for (let k = 0; k < 30; k++) one.states.tick(init(configOf(3)))
    expect(one.inputs).toEqual([])
  })

  const bad: ReadonlyArray<readonly [string, () => StateChunk]> = [
    ["signed by too few", () => giver(good.slice(1)).offer()],
    [
      "with a signature that is none",
      () => giver(good.map((s, k) => (k === 1 ? { ...s, signature: "x".repeat(64) } : s))).offer(),
    ],
    [
      "of another state than the one that is vouched for",
      () => {
        const offer = giver().offer() as Extract<StateChunk, { readonly _tag: "ProvenOffer" }>
        return { ...offer, root: offer.root.replace("b", "c") }
      },
    ],
  ]
  it.each(bad)("takes no offer %s", (_, offer) => {
    const late = taker()
    late.states.receive(0, offer())
    expect(late.sent).toEqual([])
    expect([late.states.wanted(), late.counts.get("FalseOffer")]).toEqual([undefined, 1])
  })

  it("takes none of a later view: it must come to that view first", () => {
    const late = taker()
    late.states.receive(0, giver(good, 1).offer())
    expect([late.sent, late.states.wanted()]).toEqual([[], undefined])
  })

  it("asks another one after a node that it did not ask for", () => {
    const one = giver()
    const late = taker()
    late.states.receive(1, one.offer())
    expect(late.sent.map(([replica]) => replica)).toContain(1)
    late.states.receive(1, { _tag: "Nodes", nodes: ["Lfalse"] })
    expect(late.counts.get("FalseNode")).toBe(1)
    late.sent.length = 0
    late.states.receive(0, one.offer())
    answer(one, late)
    expect(late.inputs.at(-1)).toEqual({ _tag: "Receive", message: one.state })
  })

  it("asks again when nothing has come for a while", () => {
    const late = taker()
    late.states.receive(0, giver().offer())
    late.tick(16)
    expect(late.inputs.filter(({ _tag }) => _tag === "Fetch").length).toBeGreaterThan(1)
  })
})
