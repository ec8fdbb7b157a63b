import { afterEach, describe, expect, it, vi } from "vitest"
import type { Digest } from "../../src/core/ids.ts"
import { encodeOperation } from "../../src/core/service/key-value-operation.ts"
import { bytesDigest } from "../../src/net/digests.ts"
import { fetchedInMemory } from "../../src/net/fetched-nodes.ts"
import type { StateChunk } from "../../src/net/state-wire.ts"
import { type FakeOptions, group, received, request, type Sent } from "./loops.ts"

const value = "v".repeat(40_000)
const put = (key: string): string => encodeOperation({ _tag: "Put", key, value })

/** Four replicas with a key-value service; replica 3 was away while the others ran `count`. */
const awayWhile = async (count: number, options: FakeOptions = {}) => {
  const all = group({ service: "key-value", ...options })
  const ask = async (timestamp: number): Promise<void> => {
    const r = request(0, timestamp, put(`key ${timestamp}`))
    all.loops[0]?.loop.offer(received({ _tag: "Request", ...r }))
    await all.settle()
  }
  all.cut.add(3)
  for (let t = 1; t <= count; t++) await ask(t)
  all.cut.delete(3)
  const away = all.loops[3]
  if (away === undefined) throw new Error("there are four")
  /** Tells each other how far they are, and lets the clock run. */
  const tick = async (times: number): Promise<void> => {
    for (let k = 0; k < times; k++) {
      for (const { loop } of all.loops) loop.tick()
      await all.settle()
    }
  }
  const reconnect = (): void =>
    all.loops.forEach(({ loop }, id) => {
      if (id === 3) return
      loop.connected(3)
      away.loop.connected(id)
    })
  return { ...all, away, ask, tick, reconnect }
}

const nodesIn = (sent: ReadonlyArray<Sent>): number =>
  sent.reduce((sum, s) => {
    const given = s !== "flush" && "chunk" in s && s.chunk._tag === "Nodes"
    return given ? sum + s.chunk.nodes.length : sum
  }, 0)

describe("a replica that waits for its primary while it fetches a state", () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it("stays in its view as long as parts of the state come, and no longer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    // With one gone, fewer than 2f + 1 are heard to be ahead of it.
    const isConnected = (replica: number): boolean => replica !== 1
    const { away, loops, tick, reconnect, settle } = await awayWhile(30, {
      isConnected,
      viewChangeMs: 1_000,
    })
    const kept: Array<() => void> = []
    for (const [from, { sent }] of loops.slice(0, 3).entries()) {
      const { push } = sent
      sent.push = (...items: Array<Sent>) => {
        for (const s of items) {
          if (s === "flush" || !("chunk" in s) || s.chunk._tag !== "Nodes") push.call(sent, s)
          else kept.push(() => away.loop.chunk(from, s.chunk))
        }
        return sent.length
      }
    }
    reconnect()
    away.loop.offer(received({ _tag: "Request", ...request(1, 1, put("other")) }))
    await tick(4)
    expect(away.loop.events.get("StateAsked")).toBe(1)
    for (let part = 0; part < 3; part++) {
      kept.shift()?.()
      await settle()
      vi.advanceTimersByTime(1_000)
      await tick(1)
    }
    expect(away.loop.events.get("StateNode")).toBeGreaterThan(0)
    expect(away.loop.state).toMatchObject({ view: 0, executed: 0 })
    await tick(8)
    vi.advanceTimersByTime(1_000)
    await tick(1)
    expect(away.loop.state.view).toBe(1)
  })
})

describe("a replica that was away beyond the others' logs", () => {
  it("fetches the state of their last checkpoint from all of them, and goes on", async () => {
    const { away, loops, tick, reconnect, ask } = await awayWhile(30)
    reconnect()
    await tick(8)
    expect(away.loop.state.executed).toBe(30)
    expect(away.loop.actions.get("RecvState")).toBe(1)
    expect(loops.slice(0, 3).filter(({ sent }) => nodesIn(sent) > 0)).toHaveLength(3)
    expect(away.store.snapshots).toStrictEqual([28])
    await ask(31)
    await ask(32)
    expect(away.loop.state.executed).toBe(32)
    expect(away.loop.state.checkpoints.at(-1)?.digest).toBe(
      loops[0]?.loop.state.checkpoints.at(-1)?.digest,
    )
  })

  it("answers a request that was executed while it was away", async () => {
    const { away, tick, reconnect, settle } = await awayWhile(30)
    reconnect()
    await tick(8)
    away.sent.length = 0
    away.loop.offer(received({ _tag: "Request", ...request(0, 30, put("key 30")) }))
    await settle()
    expect(away.sent.some((s) => s !== "flush" && "client" in s)).toBe(true)
  })

  it("takes nothing false from a liar, and asks the others", async () => {
    const all = await awayWhile(30)
    const liar = all.loops[1]
    if (liar === undefined) throw new Error("there are four")
    const { push } = liar.sent
    liar.sent.push = (...items: Array<Sent>) =>
      push.apply(
        liar.sent,
        items.map((s) => {
          if (s === "flush" || !("chunk" in s) || s.chunk._tag !== "Nodes") return s
          const chunk: StateChunk = { _tag: "Nodes", nodes: s.chunk.nodes.map(() => "Lfalse") }
          return { ...s, chunk }
        }),
      )
    all.reconnect()
    await all.tick(12)
    expect(all.away.loop.events.get("FalseNode")).toBe(1)
    expect(all.away.loop.state.executed).toBe(30)
  })

  it("fetches nothing that an earlier start of it has fetched", async () => {
    const kept = new Map<Digest, string>()
    const fetched = { ...fetchedInMemory(), get: (d: Digest) => kept.get(d) }
    const first = await awayWhile(30)
    for (const { sent } of first.loops) {
      const { push } = sent
      sent.push = (...items: Array<Sent>) => {
        for (const s of items) {
          if (s === "flush" || !("chunk" in s) || s.chunk._tag !== "Nodes") continue
          for (const node of s.chunk.nodes) kept.set(bytesDigest(node), node)
        }
        return push.apply(sent, items)
      }
    }
    first.reconnect()
    await first.tick(8)
    expect(kept.size).toBeGreaterThan(20)
    const again = await awayWhile(30, { fetched })
    again.reconnect()
    await again.tick(8)
    expect(again.away.loop.state.executed).toBe(30)
    expect(again.away.loop.events.get("StateNode")).toBe(0)
  })

  it("fetches only what differs from the state that it has", async () => {
    const { away, loops, tick, reconnect, ask, cut } = await awayWhile(30)
    reconnect()
    await tick(8)
    const whole = away.loop.events.get("StateNode")
    cut.add(3)
    for (let t = 31; t <= 50; t++) await ask(t % 2 === 0 ? t : t)
    cut.delete(3)
    reconnect()
    await tick(12)
    expect(away.loop.state.executed).toBe(50)
    expect(away.loop.state.log.low).toBe(loops[0]?.loop.state.log.low)
    const later = away.loop.events.get("StateNode") - whole
    expect(later).toBeGreaterThan(0)
    expect(later).toBeLessThan(whole)
  })

  it("goes on with others when one that it asked is gone", async () => {
    const { away, tick, reconnect, cut } = await awayWhile(30)
    reconnect()
    away.loop.tick()
    cut.add(1)
    await tick(12)
    expect(away.loop.state.executed).toBe(30)
  })
})
