import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { init, type State } from "../../src/core/pbft/state.ts"
import { replicaCoreConfig } from "../../src/net/core-config.ts"
import { pbftMachine } from "../../src/net/pbft-protocol.ts"
import type { Progress } from "../../src/net/progress.ts"
import { maySuspect } from "../../src/net/suspicion.ts"
import { ViewClock } from "../../src/net/view-clock.ts"
import { at, config, fakeLoop, prePrepare, received, request, vote } from "./loops.ts"

const core = replicaCoreConfig(config, 2)
const machine = pbftMachine(core)
const idle = init(core)
const waiting = (timestamp: number, more: Partial<State> = {}): State => ({
  ...idle,
  queue: [request(0, timestamp)],
  ...more,
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe("the view-change timer", () => {
  const clock = (mayFire = () => true, isLost: (replica: number) => boolean = () => false) => {
    const fired: Array<number> = []
    const made = new ViewClock({
      machine,
      stands: () => [],
      baseMs: 100,
      mayFire,
      isLost,
      fire: (view) => fired.push(view),
    })
    return { made, fired }
  }

  it("runs while the first request waits, anew for each, and fires once", () => {
    const { made, fired } = clock()
    made.update(idle)
    vi.advanceTimersByTime(1_000)
    made.update(waiting(1))
    vi.advanceTimersByTime(99)
    made.update(waiting(1))
    expect(fired).toStrictEqual([])
    vi.advanceTimersByTime(1)
    expect(fired).toStrictEqual([0])
    made.update(waiting(1))
    vi.advanceTimersByTime(1_000)
    expect(fired).toStrictEqual([0])
    made.update(waiting(2))
    vi.advanceTimersByTime(60)
    made.update(waiting(3))
    vi.advanceTimersByTime(60)
    made.update(idle)
    vi.advanceTimersByTime(1_000)
    expect(fired).toStrictEqual([0])
  })

  it("is not short again when a view takes back what was executed, and executes it again", () => {
    const { made, fired } = clock()
    made.update(waiting(1, { executed: 5 }))
    made.update(waiting(1, { executed: 3, view: 3 }))
    made.update(waiting(1, { executed: 5, view: 3 }))
    vi.advanceTimersByTime(799)
    expect(fired).toStrictEqual([])
    vi.advanceTimersByTime(1)
    expect(fired).toStrictEqual([3])
  })

  it("takes a quarter of the time while the connection to the primary is broken", () => {
    const lost = new Set<number>([1, 3])
    const { made, fired } = clock(undefined, (replica) => lost.has(replica))
    made.update(waiting(1))
    vi.advanceTimersByTime(50)
    lost.add(0)
    made.update(waiting(1))
    vi.advanceTimersByTime(24)
    expect(fired).toStrictEqual([])
    vi.advanceTimersByTime(1)
    expect(fired).toStrictEqual([0])
    made.update(waiting(2))
    vi.advanceTimersByTime(25)
    expect(fired).toStrictEqual([0, 0])
  })

  it("is not put off by a connection that breaks again and again, nor by its return", () => {
    let lost = false
    const { made, fired } = clock(undefined, (replica) => replica === 0 && lost)
    made.update(waiting(1))
    for (let ms = 0; ms < 90; ms += 10) {
      vi.advanceTimersByTime(10)
      lost = ms === 80
      made.update(waiting(1))
    }
    expect(fired).toStrictEqual([])
    vi.advanceTimersByTime(10)
    expect(fired).toStrictEqual([0])
    made.update(waiting(2))
    lost = false
    made.update(waiting(2))
    vi.advanceTimersByTime(25)
    expect(fired).toStrictEqual([0, 0])
  })

  it("takes twice as long after each view without an execution, 64 times at most", () => {
    const { made, fired } = clock()
    made.update(waiting(1))
    for (const [view, ms] of [
      [1, 200],
      [2, 400],
      [6, 6_400],
      [40, 6_400],
    ] as const) {
      fired.length = 0
      made.update(waiting(1, { view, seqno: 0 }))
      // In view 2, 6 and 42 this replica is the primary, which suspects nobody.
      if (view % 4 === 2) {
        vi.advanceTimersByTime(10_000)
        expect(fired).toStrictEqual([])
        continue
      }
      vi.advanceTimersByTime(ms - 1)
      expect(fired).toStrictEqual([])
      vi.advanceTimersByTime(1)
      expect(fired).toStrictEqual([view])
    }
    fired.length = 0
    made.update(waiting(2, { view: 40, executed: 1 }))
    vi.advanceTimersByTime(100)
    expect(fired).toStrictEqual([40])
  })

  it("starts anew while the view may not be given up", () => {
    let may = false
    const { made, fired } = clock(() => may)
    made.update(waiting(1))
    vi.advanceTimersByTime(1_000)
    expect(fired).toStrictEqual([])
    may = true
    vi.advanceTimersByTime(100)
    expect(fired).toStrictEqual([0])
  })

  it("does not fire once it is stopped", () => {
    const { made, fired } = clock()
    made.update(waiting(1))
    made.stop()
    vi.advanceTimersByTime(1_000)
    expect(fired).toStrictEqual([])
  })
})

describe("a replica gives up its view", () => {
  const told = (executed: number, more: Partial<Progress> = {}): Progress => ({
    ...at(0, executed),
    ...more,
  })
  const here = { ...idle, executed: 5 }
  it.each<[string, boolean, State, ReadonlyArray<Progress>]>([
    ["with everybody connected", true, here, [told(5), told(5), told(5)]],
    ["with one gone", true, here, [told(5), told(5)]],
    ["not when no quorum hears it", false, here, [told(5)]],
    ["not alone", false, here, []],
    ["with f + 1 ahead: they may lie", true, here, [told(9), told(9), told(5)]],
    ["not when 2f + 1 are ahead", false, here, [told(9), told(6), told(9)]],
    [
      "not when 2f + 1 are in the view that it has not entered",
      false,
      { ...here, view: 1, active: false },
      [told(5, { view: 1 }), told(5, { view: 1 }), told(5, { view: 2 })],
    ],
    [
      "when fewer are",
      true,
      { ...here, view: 1, active: false },
      [told(5, { view: 1 }), told(5, { view: 1, active: false }), told(5)],
    ],
  ])("%s: %s", (_, expected, state, heard) => {
    expect(maySuspect(machine, state, heard)).toBe(expected)
  })
})

describe("a loop", () => {
  // The loop takes its turns by setImmediate, which is not faked here.
  beforeEach(() => {
    vi.useRealTimers()
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  })
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const pass = async (ms: number): Promise<void> => {
    vi.advanceTimersByTime(ms)
    await turn()
  }

  it.each([
    ["leaves its view when others hear it", () => true, 1],
    ["stays in it when nobody does", () => false, 0],
  ])("whose primary is silent %s", async (_, isConnected, view) => {
    const { loop, store, views } = fakeLoop(2, { viewChangeMs: 50, isConnected })
    store.automatic()
    for (const r of [0, 1, 3]) loop.progress(r, at(0, 0))
    loop.offer(received({ _tag: "Request", ...request(0, 1) }))
    await turn()
    await pass(49)
    expect(loop.state.view).toBe(0)
    await pass(1)
    expect(loop.state.view).toBe(view)
    expect(views).toStrictEqual(view === 1 ? ["left 1"] : [])
    await loop.stop()
  })

  /** Replica 2, which alone has executed the first batch. */
  const ahead = async (isConnected: (replica: number) => boolean = () => true) => {
    const { loop, store } = fakeLoop(2, { viewChangeMs: 50, isConnected })
    store.automatic()
    loop.offer(received(prePrepare(1)))
    loop.offer(vote("Prepare", 1, 3))
    for (const r of [0, 3]) loop.offer(vote("Commit", 1, r))
    await turn()
    expect(loop.state.executed).toBe(1)
    return loop
  }

  it("leaves its view when f + 1 others stand still below what it has executed", async () => {
    const loop = await ahead()
    for (let report = 0; report < 4; report++) {
      await pass(1_000)
      expect(loop.state.view).toBe(0)
      for (const r of [0, 1]) loop.progress(r, at(0, 0))
    }
    await turn()
    await pass(49)
    expect(loop.state.view).toBe(0)
    await pass(1)
    expect(loop.state.view).toBe(1)
    await loop.stop()
  })

  it.each<[string, (replica: number) => boolean, (report: number) => ReadonlyArray<number>]>([
    ["one does", () => true, () => [0, 1, 1]],
    ["one of two is gone", (replica) => replica !== 1, () => [0, 0, 1]],
    ["one of two comes and goes on", () => true, (report) => [0, report % 2, 1]],
  ])("stays in it when %s", async (_, isConnected, executed) => {
    const loop = await ahead(isConnected)
    for (let report = 0; report < 9; report++) {
      for (const [k, seq] of executed(report).entries())
        loop.progress([0, 1, 3][k] ?? 0, at(0, seq))
      await pass(100)
    }
    expect(loop.state.view).toBe(0)
    await loop.stop()
  })
})
