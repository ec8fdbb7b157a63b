import { describe, expect, it } from "vitest"
import { at, fakeLoop, group, received, request, turns, words, prePrepare, vote } from "./loops.ts"

describe("a replica that lags", () => {
  it("keeps messages above its window until the window moves", async () => {
    const { loops, ask, settle, cut } = group()
    const slow = loops[3]
    if (slow === undefined) throw new Error("there are four")
    cut.add(3)
    for (let t = 1; t <= 11; t++) await ask(t)
    cut.delete(3)
    const all = loops.slice(0, 3).flatMap(({ sent }) => sent)
    expect(slow.loop.state.executed).toBe(0)
    expect(slow.loop.actions.get("Ignore:OutsideWatermarks")).toBe(0)
    for (const s of all) {
      if (s !== "flush" && "to" in s) slow.loop.offer(received(s.message))
    }
    await settle()
    expect(slow.loop.state.executed).toBe(11)
    expect(slow.loop.events.get("Early")).toBeGreaterThan(0)
    expect(slow.loop.events.get("EarlyDropped")).toBe(0)
  })

  it("keeps no more than a peer's share", async () => {
    const { loop } = fakeLoop(1, { earlyBytes: 1_000 })
    for (let seq = 100; seq < 110; seq++) loop.offer(vote("Prepare", seq, 2))
    loop.offer(vote("Prepare", 100, 3))
    await turns()
    expect(loop.events.get("EarlyDropped")).toBe(5)
  })

  it("is sent everything above its stable checkpoint when it connects", async () => {
    const { loops, ask, settle, cut } = group()
    const away = loops[3]
    if (away === undefined) throw new Error("there are four")
    cut.add(3)
    for (let t = 1; t <= 6; t++) await ask(t)
    cut.delete(3)
    for (const { loop } of loops.slice(0, 3)) {
      loop.connected(3)
      loop.progress(3, at(0, 0))
    }
    await settle()
    // The others have dropped 1 to 4: a checkpoint was missed, and 5 and 6 wait for good.
    expect(away.loop.state.executed).toBe(0)
    expect(
      away.loop.state.checkpointVotes.some(
        ({ votes }) => votes.filter((v) => v !== "").length === 3,
      ),
    ).toBe(true)
    for (let k = 0; k < 12; k++) away.loop.tick()
    expect(away.missed).toStrictEqual([4])
    expect(away.loop.missedCheckpoint).toBe(4)
    for (const { missed } of loops.slice(0, 3)) expect(missed).toStrictEqual([])
  })

  /** Connects a replica that was cut off, as its peers and itself see it. */
  const reconnect = (all: ReturnType<typeof group>, replica: number): void => {
    all.cut.delete(replica)
    all.loops.forEach(({ loop }, id) => {
      if (id === replica) return
      loop.connected(replica)
      all.loops[replica]?.loop.connected(id)
    })
  }

  it("is brought up to the others' logs by what they kept, window by window", async () => {
    const all = group({ historyBytes: 1_000_000 })
    all.cut.add(3)
    for (let t = 1; t <= 30; t++) await all.ask(t)
    const away = all.loops[3]?.loop
    expect(all.loops[0]?.loop.state.log.low).toBe(28)
    reconnect(all, 3)
    await all.settle()
    expect(away?.state.executed).toBe(30)
    expect(away?.state.log.low).toBe(28)
    expect(all.loops[3]?.store.snapshots).toStrictEqual([4, 8, 12, 16, 20, 24, 28])
    await all.ask(31)
    expect(away?.state.executed).toBe(31)
    expect(away?.events.get("EarlyDropped")).toBe(0)
  })

  it("misses a checkpoint when the others have forgotten the start of what it needs", async () => {
    const all = group({ historyBytes: 8_000 })
    all.cut.add(3)
    for (let t = 1; t <= 30; t++) await all.ask(t)
    reconnect(all, 3)
    await all.settle()
    const away = all.loops[3]
    expect(away?.loop.state.executed).toBe(0)
    for (let k = 0; k < 12; k++) away?.loop.tick()
    expect(away?.missed).toHaveLength(1)
  })

  it("catches up by what is sent again, and then follows", async () => {
    const { loops, ask, settle, cut } = group()
    const away = loops[3]
    if (away === undefined) throw new Error("there are four")
    cut.add(3)
    for (let t = 1; t <= 3; t++) await ask(t)
    cut.delete(3)
    for (const { loop } of loops.slice(0, 3)) {
      loop.connected(3)
      loop.progress(3, at(0, 0))
    }
    await settle()
    expect(away.loop.state.executed).toBe(3)
    for (let t = 4; t <= 6; t++) await ask(t)
    expect(away.loop.state.executed).toBe(6)
    expect(away.loop.state.log.low).toBe(4)
  })

  it("is helped while connected only after it has told the same thing three times", async () => {
    const { loops, ask, cut } = group()
    cut.add(3)
    for (let t = 1; t <= 3; t++) await ask(t)
    const first = loops[0]
    if (first === undefined) throw new Error("there are four")
    const sentTo3 = () => words(first.sent).filter((w) => w.endsWith("to 3"))
    const tell = async (executed: number): Promise<void> => {
      first.loop.progress(3, at(0, executed))
      await turns()
    }
    first.loop.connected(3)
    await tell(0)
    const atFirst = sentTo3().length
    expect(atFirst).toBe(6)
    await tell(1)
    await tell(1)
    expect(sentTo3()).toHaveLength(atFirst)
    await tell(1)
    // Above what it has executed: pre-prepares and commits 2 and 3 of the primary.
    expect(sentTo3().slice(atFirst).sort()).toStrictEqual([
      "Commit 2 to 3",
      "Commit 3 to 3",
      "PrePrepare 2 to 3",
      "PrePrepare 3 to 3",
    ])
    await tell(3)
    await tell(3)
    await tell(3)
    await tell(3)
    expect(sentTo3()).toHaveLength(atFirst + 4)
  })

  it.each([
    ["pre-prepares, and the batches that it asks for", ["PrePrepare", "Batch"]],
    ["prepares", ["Prepare"]],
    ["commits", ["Commit"]],
    ["checkpoints", ["Checkpoint"]],
    ["everything", ["PrePrepare", "Prepare", "Commit", "Checkpoint", "Batch"]],
  ])("is sent lost %s again though no connection broke", async (_, kinds) => {
    const { loops, ask, settle, missing } = group({ historyBytes: 100_000 })
    const late = loops[3]?.loop
    if (late === undefined) throw new Error("there are four")
    for (const kind of kinds) missing.add(kind)
    for (let t = 1; t <= 4; t++) await ask(t)
    expect(late.state.log.low).toBe(0)
    missing.clear()
    for (let k = 0; k < 8; k++) {
      for (const { loop } of loops) loop.tick()
      await settle()
    }
    expect([late.state.executed, late.state.log.low]).toStrictEqual([4, 4])
  })

  it("is sent no more than its connection takes", async () => {
    let queued = 10_000_000
    const first = fakeLoop(0, { queuedBytes: () => queued })
    first.store.automatic()
    for (let client = 0; client < 3; client++) {
      first.loop.offer(received({ _tag: "Request", ...request(client, 1) }))
      await turns()
    }
    first.loop.progress(3, at(0, 0))
    await turns()
    const again = () => words(first.sent).filter((w) => w.endsWith("to 3"))
    expect(again()).toStrictEqual([])
    queued = 0
    first.loop.schedule()
    await turns()
    expect(again()).toStrictEqual(["PrePrepare 1 to 3", "PrePrepare 2 to 3", "PrePrepare 3 to 3"])
  })

  it("says that it missed a checkpoint after a while, and takes it back", async () => {
    const { loop, missed, caughtUp, store } = fakeLoop(3)
    store.automatic()
    for (const r of [0, 1]) loop.progress(r, at(4, 4))
    for (let k = 0; k < 8; k++) loop.tick()
    expect(missed).toStrictEqual([])
    loop.tick()
    expect(missed).toStrictEqual([4])
    for (let k = 0; k < 20; k++) loop.tick()
    expect(missed).toStrictEqual([4])
    loop.offer(received(prePrepare(1)))
    for (const r of [1, 2]) loop.offer(vote("Prepare", 1, r))
    for (const r of [0, 1]) loop.offer(vote("Commit", 1, r))
    await turns()
    expect(loop.state.executed).toBe(1)
    loop.tick()
    expect(caughtUp()).toBe(1)
    expect(loop.missedCheckpoint).toBeUndefined()
  })

  it("does not believe one peer that it missed something", () => {
    const { loop, missed } = fakeLoop(3)
    loop.progress(0, at(400, 400))
    for (let k = 0; k < 20; k++) loop.tick()
    expect(missed).toStrictEqual([])
  })
})
