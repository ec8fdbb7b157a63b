import { describe, expect, it } from "vitest"
import type { PrePrepare } from "../../src/core/pbft/message.ts"
import { durableRecords } from "../../src/core/pbft/restart.ts"
import { replicaCoreConfig } from "../../src/net/core-config.ts"
import { DiskDoubted, StoreError } from "../../src/net/store-error.ts"
import {
  config,
  fakeLoop,
  fakeStore,
  group,
  received,
  request,
  turns,
  words,
  prePrepare,
  vote,
} from "./loops.ts"

describe("a disk that keeps its replica from coming back", () => {
  it("is not gone on from as if there were nothing on it", () => {
    const { loop, store } = fakeLoop(1)
    // It lost its disk before, and was not back yet.
    const durable = [{ _tag: "Rejoined", incarnation: 5 }] as const
    expect(() => loop.restart(durable, 6, true)).toThrow(DiskDoubted)
    expect(store.appended).toStrictEqual([])
  })
})

describe("nothing leaves before what it depends on is durable", () => {
  it("a prepare waits for its record, and leaves in the turn after", async () => {
    const { loop, store, sent } = fakeLoop(1)
    loop.offer(received(prePrepare(1)))
    await turns()
    expect(store.appended.map((r) => r._tag)).toStrictEqual(["PrePrepared"])
    expect(store.isCommitting()).toBe(true)
    expect(words(sent)).toStrictEqual([])
    store.finish()
    expect(words(sent)).toStrictEqual(["Prepare 1 to all"])
    expect(sent.at(-1)).toBe("flush")
  })

  it("all inputs of a turn are one group and one write", async () => {
    const { loop, store, sent } = fakeLoop(1)
    for (const seq of [1, 2, 3]) loop.offer(received(prePrepare(seq)))
    await turns()
    expect(store.appended).toHaveLength(3)
    sent.length = 0
    store.finish()
    expect(words(sent)).toStrictEqual([1, 2, 3].map((seq) => `Prepare ${seq} to all`))
    expect(sent.filter((s) => s === "flush")).toHaveLength(1)
    expect(store.isCommitting()).toBe(false)
  })

  it("records that gather during a commit are the next group", async () => {
    const { loop, store, sent } = fakeLoop(1)
    loop.offer(received(prePrepare(1)))
    await turns()
    loop.offer(received(prePrepare(2)))
    await turns()
    expect(words(sent)).toStrictEqual([])
    store.finish()
    expect(words(sent)).toStrictEqual(["Prepare 1 to all"])
    expect(store.isCommitting()).toBe(true)
    store.finish()
    expect(words(sent)).toStrictEqual(["Prepare 1 to all", "Prepare 2 to all"])
  })

  it("a reply waits for the certificate that it rests on", async () => {
    const { loop, store, sent } = fakeLoop(1)
    loop.offer(received(prePrepare(1)))
    for (const r of [2, 3]) loop.offer(vote("Prepare", 1, r))
    for (const r of [0, 2]) loop.offer(vote("Commit", 1, r))
    await turns()
    // Executed in the same turn, with the own commit not yet on disk.
    expect(loop.state.executed).toBe(1)
    expect(words(sent)).toStrictEqual([])
    store.finish()
    expect(words(sent)).toStrictEqual([
      "Prepare 1 to all",
      "Commit 1 to all",
      "Reply 1 to client 1",
    ])
  })

  it("a reply that writes nothing waits for the group on which it rests", async () => {
    const { loop, store, sent } = fakeLoop(1)
    loop.offer(received(prePrepare(1)))
    for (const r of [2, 3]) loop.offer(vote("Prepare", 1, r))
    await turns()
    expect(store.isCommitting()).toBe(true)
    for (const r of [0, 2]) loop.offer(vote("Commit", 1, r))
    await turns()
    expect(loop.state.executed).toBe(1)
    expect(words(sent)).toStrictEqual([])
    store.finish()
    expect(words(sent).at(-1)).toBe("Reply 1 to client 1")
  })

  it("what depends on no record leaves at once", async () => {
    const { loop, store, sent } = fakeLoop(1)
    store.automatic()
    loop.offer(received(prePrepare(1)))
    for (const r of [2, 3]) loop.offer(vote("Prepare", 1, r))
    for (const r of [0, 2]) loop.offer(vote("Commit", 1, r))
    await turns()
    sent.length = 0
    // The stored reply again: nothing is written for it.
    loop.offer(received({ _tag: "Request", ...request(1, 1) }))
    await turns()
    expect(words(sent)).toStrictEqual(["Reply 1 to client 1"])
  })

  it("a disk that fails stops the replica: nothing is sent, no commit is tried again", async () => {
    const { loop, store, sent, fatal } = fakeLoop(1)
    loop.offer(received(prePrepare(1)))
    await turns()
    const error = new StoreError({ path: "log", offset: undefined, reason: "EIO" })
    store.finish(error)
    expect(fatal).toStrictEqual([error])
    loop.offer(received(prePrepare(2)))
    await turns()
    expect(words(sent)).toStrictEqual([])
    expect(store.appended).toHaveLength(1)
    await loop.stop()
  })

  it("a snapshot that cannot be written stops the replica", async () => {
    const error = new StoreError({ path: "snapshot-4", offset: undefined, reason: "ENOSPC" })
    const { loops, ask } = group()
    const broken = loops[2]
    if (broken === undefined) throw new Error("there are four")
    Object.assign(broken.store, {
      saveSnapshot: () => {
        throw error
      },
    })
    for (let t = 1; t <= 4; t++) await ask(t)
    expect(broken.fatal).toStrictEqual([error])
    expect(words(broken.sent)).not.toContain("Checkpoint 4 to all")
    expect(words(loops[1]?.sent ?? [])).toContain("Checkpoint 4 to all")
  })
})

describe("backpressure", () => {
  it("nothing is read while too much waits for the disk, and again when half is gone", async () => {
    const { loop, store, paused } = fakeLoop(1, { receiveQueue: 4 })
    for (let seq = 1; seq <= 3; seq++) loop.offer(received(prePrepare(seq)))
    await turns()
    expect(paused()).toStrictEqual([])
    for (let seq = 4; seq <= 6; seq++) loop.offer(received(prePrepare(seq)))
    await turns()
    expect(paused()).toStrictEqual(["pause"])
    store.finish()
    expect(paused()).toStrictEqual(["pause"])
    store.finish()
    expect(paused()).toStrictEqual(["pause", "resume"])
  })
})

describe("the log is compacted", () => {
  it("at a stable checkpoint, to what is durable in the state", async () => {
    const { loops, ask } = group({ compactBytes: 1_000_000 })
    for (let t = 1; t <= 5; t++) await ask(t)
    for (const { loop, store, sent } of loops) {
      expect(loop.state.log.low).toBe(4)
      expect(store.compacted).toHaveLength(1)
      expect(store.compacted[0]?.map((r) => r._tag).slice(0, 2)).toStrictEqual([
        "CheckpointTaken",
        "CheckpointStable",
      ])
      expect(store.snapshots).toStrictEqual([4])
      expect(words(sent)).toContain("Commit 5 to all")
    }
    for (let t = 6; t <= 9; t++) await ask(t)
    for (const { store } of loops) expect(store.compacted).toHaveLength(2)
  })

  it("not while it is short", async () => {
    const { loops, ask } = group({ compactBytes: 3_000_000 })
    for (let t = 1; t <= 5; t++) await ask(t)
    for (const { store } of loops) expect(store.compacted).toStrictEqual([])
  })

  it("a replica restarted from the compacted records has the same durable state", async () => {
    const { loops, ask } = group()
    for (let t = 1; t <= 6; t++) await ask(t)
    const before = loops[1]?.loop.state
    if (before === undefined) throw new Error("there are four")
    const again = fakeLoop(1)
    const core = replicaCoreConfig(config, 1)
    again.loop.restart(durableRecords(core, before))
    expect(durableRecords(core, again.loop.state)).toStrictEqual(durableRecords(core, before))
    expect(again.loop.actions.get("Restart")).toBe(1)
  })
})

describe("the primary", () => {
  it("has at most W batches under way, and then takes all that waits", async () => {
    const { loop, sent, store } = fakeLoop(0)
    store.automatic()
    for (let client = 0; client < 8; client++) {
      loop.offer(received({ _tag: "Request", ...request(client, 1) }))
      await turns()
    }
    const batches = sent.flatMap((s) =>
      s !== "flush" && "to" in s && s.message._tag === "PrePrepare" ? [s.message.batch.length] : [],
    )
    expect(batches).toStrictEqual([1, 1, 1, 1])
    expect(loop.state.queue).toHaveLength(4)
    for (const r of [1, 2]) {
      for (const _tag of ["Prepare", "Commit"] as const) {
        const { digest } = (
          sent.find(
            (s) => s !== "flush" && "to" in s && "seq" in s.message && s.message.seq === 1,
          ) as {
            message: PrePrepare
          }
        ).message
        if (_tag === "Commit" || r > 0)
          loop.offer(received({ _tag, view: 0, seq: 1, digest, replica: r }))
      }
    }
    await turns()
    expect(loop.state.executed).toBe(1)
    expect(loop.state.queue).toHaveLength(0)
    expect(loop.state.seqno).toBe(5)
  })

  it("stops after what is under way is durable and sent", async () => {
    const { loop, store, sent } = fakeLoop(0)
    loop.offer(received({ _tag: "Request", ...request(0, 1) }))
    await turns()
    expect(store.isCommitting()).toBe(true)
    const stopped = loop.stop()
    await turns()
    expect(words(sent)).toStrictEqual([])
    store.finish()
    await stopped
    expect(words(sent)).toStrictEqual(["PrePrepare 1 to all"])
    loop.offer(received({ _tag: "Request", ...request(1, 1) }))
    await turns()
    expect(loop.actions.get("RecvRequest")).toBe(1)
  })

  it("a fake store that never commits keeps everything back", async () => {
    const { loop, sent } = fakeLoop(0, { store: fakeStore() })
    for (let t = 1; t < 5; t++) loop.offer(received({ _tag: "Request", ...request(t, t) }))
    await turns(10)
    expect(words(sent)).toStrictEqual([])
  })
})
