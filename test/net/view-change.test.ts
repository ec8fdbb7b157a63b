import { describe, expect, it } from "vitest"
import type { NewView, PeerMessage, ViewChange } from "../../src/core/pbft/message.ts"
import { batchDigest } from "../../src/net/digests.ts"
import type { FakeLoop, Sent } from "./loops.ts"
import { fakeLoop, group, prePrepare, received, request, turns, vote, words } from "./loops.ts"

type All = ReturnType<typeof group>
const loopOf = (all: All, id: number): FakeLoop => all.loops[id] as FakeLoop
const present = (all: All): ReadonlyArray<FakeLoop> => all.loops.filter((_, id) => !all.cut.has(id))

/** A client's request at every replica that is there. */
const askAll = async (all: All, timestamp: number, client = 0): Promise<void> => {
  const message = { _tag: "Request" as const, ...request(client, timestamp) }
  for (const { loop } of present(all)) loop.offer(received(message))
  await all.settle()
}

/** The view-change timers of these replicas fire. */
const timeOut = async (all: All, ids: ReadonlyArray<number>, view: number): Promise<void> => {
  for (const id of ids) loopOf(all, id).loop.offer({ _tag: "Timeout", view })
  await all.settle()
}

/** A second or so: everyone tells a few times how far it is. */
const ticks = async (all: All, count = 6): Promise<void> => {
  for (let k = 0; k < count; k++) {
    for (const { loop } of all.loops) loop.tick()
    await all.settle()
  }
}

const connect = (all: All, replica: number): void => {
  all.cut.delete(replica)
  all.loops.forEach(({ loop }, id) => {
    if (id === replica) return
    loop.connected(replica)
    loopOf(all, replica).loop.connected(id)
  })
}

const where = ({ loop: { state } }: FakeLoop) => [state.view, state.active, state.executed]
const messagesIn = (sent: ReadonlyArray<Sent>): ReadonlyArray<PeerMessage> =>
  sent.flatMap((s) =>
    s !== "flush" && "to" in s && s.message._tag !== "Request" ? [s.message] : [],
  )

describe("a group whose primary is gone", () => {
  it("goes on in the next view; each replica enters it once", async () => {
    const all = group()
    for (let t = 1; t <= 3; t++) await all.ask(t)
    all.cut.add(0)
    await askAll(all, 4)
    await timeOut(all, [1, 2, 3], 0)
    for (const replica of present(all)) {
      expect(where(replica)).toStrictEqual([1, true, 4])
      expect(replica.views).toStrictEqual(["left 1", "entered 1"])
      expect(replica.fatal).toStrictEqual([])
    }
    await askAll(all, 5)
    expect(present(all).map(where)).toStrictEqual([1, 2, 3].map(() => [1, true, 5]))
  })

  it("and comes back: it is told the NEW-VIEW and follows", async () => {
    const all = group({ historyBytes: 1_000_000 })
    for (let t = 1; t <= 3; t++) await all.ask(t)
    all.cut.add(0)
    await askAll(all, 4)
    await timeOut(all, [1, 2, 3], 0)
    connect(all, 0)
    await ticks(all)
    expect(where(loopOf(all, 0))).toStrictEqual([1, true, 4])
    await askAll(all, 5)
    expect(where(loopOf(all, 0))).toStrictEqual([1, true, 5])
    expect(loopOf(all, 0).loop.state.queue).toStrictEqual([])
  })

  it("and the next one too: two views are left", async () => {
    const all = group({ historyBytes: 1_000_000 })
    await all.ask(1)
    all.cut.add(0)
    await askAll(all, 2)
    await timeOut(all, [1, 2, 3], 0)
    connect(all, 0)
    await ticks(all)
    all.cut.add(1)
    await askAll(all, 3)
    await timeOut(all, [0, 2, 3], 1)
    expect(present(all).map(where)).toStrictEqual([0, 2, 3].map(() => [2, true, 3]))
  })

  it("takes f + 1 along, without their timers", async () => {
    const all = group()
    await askAll(all, 1)
    await timeOut(all, [1, 2], 0)
    expect(all.loops.map(where)).toStrictEqual([0, 1, 2, 3].map(() => [1, true, 1]))
    expect(loopOf(all, 3).loop.actions.get("Timeout")).toBe(0)
  })
})

describe("a replica alone", () => {
  it("does not drag the others into another view, however often its timer fires", async () => {
    const all = group({ historyBytes: 1_000_000 })
    await all.ask(1)
    all.cut.add(3)
    await timeOut(all, [3], 0)
    await timeOut(all, [3], 1)
    connect(all, 3)
    await ticks(all)
    for (let t = 2; t <= 3; t++) await all.ask(t)
    for (const id of [0, 1, 2]) expect(where(loopOf(all, id))).toStrictEqual([0, true, 3])
    expect(loopOf(all, 3).loop.state).toMatchObject({ view: 2, active: false })
    // When the others leave their view too, it is one of them again.
    all.cut.add(0)
    await askAll(all, 5)
    await timeOut(all, [1, 2], 0)
    await timeOut(all, [1, 2], 1)
    await ticks(all)
    expect([1, 2, 3].map((id) => loopOf(all, id).loop.state.active)).toStrictEqual([
      true,
      true,
      true,
    ])
  })
})

describe("what comes before its view", () => {
  const batch = [request(5, 1)]
  const later = { _tag: "PrePrepare", view: 1, seq: 1, digest: batchDigest(batch), batch } as const

  it("waits until the view is entered", async () => {
    const all = group()
    all.cut.add(0)
    // Replica 2 enters view 1 last: what the others say there waits.
    const slow = loopOf(all, 2)
    slow.loop.offer(received({ ...later, replica: 1 }))
    slow.loop.offer(
      received({ _tag: "Prepare", view: 1, seq: 1, digest: later.digest, replica: 3 }),
    )
    await turns()
    expect(slow.loop.actions.toJSON()).toStrictEqual({})
    await timeOut(all, [1, 2, 3], 0)
    expect(slow.loop.events.get("Early")).toBe(2)
    expect(slow.loop.actions.get("RecvPrePrepare")).toBe(1)
    expect(slow.loop.state.log.low).toBe(0)
  })

  it("is forgotten when the view is left before it was entered", async () => {
    const { loop, store } = fakeLoop(2)
    store.automatic()
    loop.offer(received({ ...later, replica: 1 }))
    for (const view of [0, 1]) loop.offer({ _tag: "Timeout", view })
    await turns()
    expect(loop.state.view).toBe(2)
    expect(loop.events.get("Early")).toBe(0)
    expect(loop.actions.get("RecvPrePrepare")).toBe(0)
  })

  it("is kept up to a peer's share", async () => {
    const { loop } = fakeLoop(2, { earlyBytes: 1_000 })
    for (let seq = 1; seq <= 8; seq++) {
      loop.offer(received({ _tag: "Commit", view: 9, seq, digest: later.digest, replica: 1 }))
    }
    await turns()
    expect(loop.events.get("EarlyDropped")).toBe(3)
  })
})

describe("nothing of a change leaves before it is durable", () => {
  it("not the VIEW-CHANGE, nor the same sent again to who connects", async () => {
    const { loop, store, sent } = fakeLoop(2)
    loop.offer({ _tag: "Timeout", view: 0 })
    await turns()
    expect(store.appended.map((r) => r._tag)).toStrictEqual(["ViewLeft"])
    loop.connected(3)
    await turns()
    expect(words(sent)).toStrictEqual([])
    store.finish()
    expect(words(sent)).toStrictEqual(["ViewChange 1 to all", "ViewChange 1 to 3"])
  })

  it("nor what a peer is sent again of the log", async () => {
    const { loop, store, sent } = fakeLoop(1)
    loop.offer(received(prePrepare(1)))
    await turns()
    loop.progress(3, { view: 0, active: true, newView: true, low: 0, executed: 0 })
    await turns()
    expect(words(sent)).toStrictEqual([])
    store.finish()
    await turns()
    expect(words(sent)).toStrictEqual(["Prepare 1 to all", "Prepare 1 to 3"])
  })
})

describe("what is said again", () => {
  it("the VIEW-CHANGE now and then, to whom it can help, until the view is entered", async () => {
    const { loop, store, sent } = fakeLoop(2)
    store.automatic()
    const told = { active: true, newView: true, low: 0, executed: 0 }
    loop.progress(0, { ...told, view: 0 })
    loop.progress(1, { ...told, view: 1, active: false })
    loop.progress(3, { ...told, view: 1 })
    loop.offer({ _tag: "Timeout", view: 0 })
    await turns()
    loop.tick()
    await turns()
    sent.length = 0
    loop.tick()
    await turns()
    expect(words(sent)).toStrictEqual(["ViewChange 1 to 0", "ViewChange 1 to 1"])
  })

  it("the NEW-VIEW by its primary, until a peer has it", async () => {
    const all = group()
    await all.ask(1)
    all.cut.add(0)
    await timeOut(all, [1, 2, 3], 0)
    const { loop, sent } = loopOf(all, 1)
    sent.length = 0
    const here = { low: 0, executed: 1 }
    const tell = async (told: object): Promise<ReadonlyArray<string>> => {
      sent.length = 0
      loop.progress(0, { view: 0, active: true, newView: true, ...here, ...told })
      await turns()
      return words(sent).filter((w) => w.startsWith("NewView"))
    }
    loop.connected(0)
    expect(await tell({})).toStrictEqual(["NewView 1 to 0"])
    expect(await tell({})).toStrictEqual(["NewView 1 to 0"])
    expect(await tell({ view: 1, active: false, newView: false })).toStrictEqual([])
    expect(await tell({ view: 1, active: false, newView: false })).toHaveLength(1)
    expect(await tell({ view: 1, active: false })).toStrictEqual([])
    expect(await tell({ view: 1 })).toStrictEqual([])
    const backup = loopOf(all, 3)
    backup.sent.length = 0
    backup.loop.progress(0, { view: 0, active: true, newView: true, ...here })
    await turns()
    expect(words(backup.sent)).not.toContain("NewView 1 to 0")
  })

  it("a peer in an older view first gets what it lacks there, then the NEW-VIEW", async () => {
    const all = group({ historyBytes: 1_000_000 })
    all.cut.add(3)
    for (let t = 1; t <= 6; t++) await all.ask(t)
    await timeOut(all, [0, 1, 2], 0)
    await all.ask(7)
    await askAll(all, 7)
    for (const id of [0, 1, 2]) expect(where(loopOf(all, id))).toStrictEqual([1, true, 7])
    const newView = messagesIn(loopOf(all, 1).sent).find((m) => m._tag === "NewView") as NewView
    expect(newView.start.seq).toBe(4)
    connect(all, 3)
    await ticks(all)
    const late = loopOf(all, 3)
    expect(where(late)).toStrictEqual([1, true, 7])
    expect(late.store.snapshots).toContain(4)
    expect(late.missed).toStrictEqual([])
    const records = late.store.appended.map((r) => r._tag)
    expect(records.indexOf("CheckpointTaken")).toBeLessThan(records.indexOf("NewViewTaken"))
    // What the old view's primary still knew made fetching needless, but for a batch that others
    // said they had executed before it came.
    expect(late.loop.actions.get("RecvBatch")).toBeLessThanOrEqual(1)
  })

  it("a peer that lacks what the new view starts with fetches it", async () => {
    const all = group()
    for (let t = 1; t <= 4; t++) await all.ask(t)
    all.cut.add(3)
    for (let t = 5; t <= 6; t++) await all.ask(t)
    await timeOut(all, [0, 1, 2], 0)
    connect(all, 3)
    await ticks(all)
    const late = loopOf(all, 3)
    expect(where(late)).toStrictEqual([1, true, 6])
    expect(late.loop.actions.get("RecvBatch")).toBe(2)
    const [one] = all.loops.map(({ sent }) => messagesIn(sent).filter((m) => m._tag === "Batch"))
    expect(one).toHaveLength(2)
  })
})

describe("a restart", () => {
  it("in the middle of a change goes on with it", async () => {
    const all = group({ historyBytes: 1_000_000 })
    await all.ask(1)
    all.cut.add(0)
    await askAll(all, 2)
    for (const id of [1, 2, 3]) loopOf(all, id).loop.offer({ _tag: "Timeout", view: 0 })
    await turns()
    // Everyone has left view 0, and nobody has heard of it.
    const again = all.loops.map(({ store }, id) => {
      const fresh = fakeLoop(id, { historyBytes: 1_000_000 })
      fresh.store.automatic()
      fresh.loop.restart(store.appended)
      return fresh
    })
    expect(again.map(({ loop: { state } }) => [state.view, state.active])).toStrictEqual([
      [0, true],
      [1, false],
      [1, false],
      [1, false],
    ])
    const own = again[1]?.loop.state.viewChanges as ReadonlyArray<ViewChange>
    expect(own.map((m) => m.replica)).toStrictEqual([1])
  })

  it("of the whole group ends the change and answers", async () => {
    const all = group({ historyBytes: 1_000_000 })
    await all.ask(1)
    all.cut.add(0)
    await askAll(all, 2)
    for (const id of [1, 2, 3]) loopOf(all, id).loop.offer({ _tag: "Timeout", view: 0 })
    await turns()
    const again = group({ historyBytes: 1_000_000 })
    again.loops.forEach(({ loop }, id) => loop.restart(loopOf(all, id).store.appended))
    again.loops.forEach(({ loop }, id) => {
      for (const other of [0, 1, 2, 3]) if (other !== id) loop.connected(other)
    })
    await ticks(again)
    await askAll(again, 2)
    await ticks(again)
    expect(again.loops.map(where)).toStrictEqual([0, 1, 2, 3].map(() => [1, true, 2]))
  })

  it("in a view that was entered stays in it, from a compacted log too", async () => {
    const all = group({ compactBytes: 1_000_000, historyBytes: 1_000_000 })
    await timeOut(all, [0, 1, 2, 3], 0)
    for (let t = 1; t <= 5; t++) await askAll(all, t)
    const { loop, store } = loopOf(all, 2)
    expect(store.compacted.length).toBeGreaterThan(0)
    const again = fakeLoop(2)
    again.loop.restart(store.compacted.at(-1) ?? [])
    expect(again.loop.state).toMatchObject({ view: 1, active: true, executed: loop.state.log.low })
  })
})

it("votes of a view that is over are of no use in the next", async () => {
  const { loop, store } = fakeLoop(1)
  store.automatic()
  loop.offer({ _tag: "Timeout", view: 0 })
  loop.offer(vote("Prepare", 1, 2))
  await turns()
  expect(loop.actions.get("Ignore:WrongView")).toBe(1)
})
