import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import type { DurableRecord } from "../../src/core/pbft/state.ts"
import { limitsOf } from "../../src/net/core-config.ts"
import { batchDigest, bytesDigest } from "../../src/net/digests.ts"
import { type LogOwner, readLog } from "../../src/net/log-format.ts"
import { readSnapshot, writeSnapshot } from "../../src/net/snapshot-file.ts"
import { pbftRecords } from "../../src/net/pbft-protocol.ts"
import { systemFiles } from "../../src/net/file-system.ts"
import { openStore, type Recovered, type ReplicaStore } from "../../src/net/store.ts"
import { StoreError } from "../../src/net/store-error.ts"
import { configOf } from "./nodes.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-store-"))
afterAll(() => rmSync(root, { recursive: true }))
let directory = ""
let count = 0
beforeEach(() => {
  directory = join(root, String(count++), "data")
})

const owner = { protocol: "pbft", fingerprint: "f".repeat(16), replica: 2 } as const
const limits = limitsOf(configOf())
const log = (): string => join(directory, "log")

const attempt = (changed: Partial<LogOwner> = {}): Recovered<DurableRecord> | StoreError =>
  openStore({ directory, owner: { ...owner, ...changed }, limits, codec: pbftRecords })
const opened = (): Recovered<DurableRecord> => {
  const recovered = attempt()
  if (recovered instanceof StoreError) throw recovered
  return recovered
}
const refused = (changed: Partial<LogOwner> = {}): StoreError => {
  const recovered = attempt(changed)
  if (recovered instanceof StoreError) return recovered
  recovered.store.close()
  throw new Error("the store opened")
}
const commit = (store: ReplicaStore<DurableRecord>): Promise<void> =>
  new Promise((resolve, reject) =>
    store.commit((error) => (error === null ? resolve() : reject(error))),
  )

const prePrepared = (seq: number, operation = "op"): DurableRecord => {
  const batch = [{ client: 1, timestamp: seq, operation, authenticator: "a".repeat(64) }]
  return { _tag: "PrePrepared", view: 0, seq, digest: batchDigest(batch), batch }
}
const prepared = (seq: number): DurableRecord => {
  const { digest } = prePrepared(seq) as Extract<DurableRecord, { _tag: "PrePrepared" }>
  return { _tag: "Prepared", view: 0, seq, digest }
}
const taken = (seq: number): DurableRecord => ({
  _tag: "CheckpointTaken",
  seq,
  digest: bytesDigest(`state ${seq}`),
  service: bytesDigest(`service ${seq}`),
  table: [{ timestamp: seq, result: "r" }],
})
const stable = (seq: number): DurableRecord => ({ _tag: "CheckpointStable", seq })

/** Writes groups of records, and closes. */
const write = async (...groups: ReadonlyArray<ReadonlyArray<DurableRecord>>): Promise<void> => {
  const { store } = opened()
  for (const group of groups) {
    for (const record of group) store.append(record)
    await commit(store)
  }
  store.close()
}
const recover = (): { records: ReadonlyArray<DurableRecord>; cutOff: number } => {
  const { store, records, cutOff } = opened()
  store.close()
  return { records, cutOff }
}
/** The bytes of the log's whole groups, without the zeros ahead of it. */
const logBytes = (): Buffer => {
  const bytes = readFileSync(log())
  const content = readLog(bytes, owner, { limits, session: pbftRecords.session() })
  if ("reason" in content) throw new Error(content.reason)
  return bytes.subarray(0, content.end)
}

describe("the log", () => {
  it("gives back every record of every group, in order, over several openings", async () => {
    await write([prePrepared(1), prepared(1)], [prePrepared(2)])
    expect(recover().records).toStrictEqual([prePrepared(1), prepared(1), prePrepared(2)])
    await write([prepared(2)])
    expect(recover()).toStrictEqual({
      records: [prePrepared(1), prepared(1), prePrepared(2), prepared(2)],
      cutOff: 0,
    })
  })

  it("grows beyond the zeros ahead of it, with large groups and small ones", async () => {
    const sizes = [10, 100_000, 300_000, 10, 900_000, 10]
    const groups = sizes.map((size, k) => [
      prePrepared(k + 1, "x".repeat(Math.min(size, 100_000))),
      prepared(k + 1),
    ])
    const wide = groups.map((g) => [...g, ...g, ...g, ...g])
    await write(...wide)
    expect(recover().records).toStrictEqual(wide.flat())
  })

  it("what was not committed is not there", async () => {
    await write([prePrepared(1)])
    const { store } = opened()
    store.append(prePrepared(2))
    expect(store.pending()).toBe(true)
    store.close()
    expect(recover().records).toStrictEqual([prePrepared(1)])
  })

  it("a last group that is cut off at any byte is dropped whole", async () => {
    await write([prePrepared(1)], [prepared(1)])
    const before = logBytes().length
    await write([prePrepared(2), prepared(2)])
    const whole = readFileSync(log())
    const end = logBytes().length
    for (let size = before; size < end; size++) {
      for (const ahead of [0, 100]) {
        writeFileSync(log(), Buffer.concat([whole.subarray(0, size), Buffer.alloc(ahead)]))
        const { records } = recover()
        expect(records).toStrictEqual([prePrepared(1), prepared(1)])
      }
    }
    await write([prePrepared(3)])
    expect(recover().records).toStrictEqual([prePrepared(1), prepared(1), prePrepared(3)])
  })

  it("a last group with any byte changed is dropped, and that is told", async () => {
    await write([prePrepared(1)])
    const before = logBytes().length
    await write([prepared(1)])
    const whole = readFileSync(log())
    const end = logBytes().length
    for (let at = before; at < end; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ 0xff
      writeFileSync(log(), bytes)
      const { records, cutOff } = recover()
      expect(records).toStrictEqual([prePrepared(1)])
      expect(cutOff).toBeGreaterThan(0)
    }
  })

  it("a damaged group before a whole one is an error with its place, never skipped", async () => {
    await write([prePrepared(1)])
    const start = logBytes().length
    await write([prepared(1)])
    const end = logBytes().length
    await write([prePrepared(2)])
    const whole = readFileSync(log())
    for (let at = start; at < end; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ 0xff
      writeFileSync(log(), bytes)
      expect(refused()).toMatchObject({ path: log(), offset: start })
    }
    writeFileSync(log(), whole)
    expect(recover().records).toHaveLength(3)
  })

  it("a whole group that is missing is an error", async () => {
    await write([prePrepared(1)])
    const start = logBytes().length
    await write([prepared(1)])
    const end = logBytes().length
    await write([prePrepared(2)])
    const whole = readFileSync(log())
    writeFileSync(log(), Buffer.concat([whole.subarray(0, start), whole.subarray(end)]))
    expect(refused()).toMatchObject({ offset: start, reason: "group 3 follows group 1" })
  })

  it("an operation that looks like a group does not make a torn tail a damaged log", async () => {
    await write([prePrepared(1)])
    const start = logBytes().length
    const fake = logBytes()
      .subarray(start - 200)
      .toString("latin1")
    await write([prePrepared(2, `GRP1${fake}`)])
    const whole = logBytes()
    writeFileSync(log(), whole.subarray(0, whole.length - 1))
    expect(recover().records).toStrictEqual([prePrepared(1)])
  })

  it.each([
    ["another replica", { replica: 3 }, /log of replica 2/],
    [
      "another protocol",
      { protocol: "zyzzyva" as const },
      /a replica of pbft, .* says zyzzyva: correct/,
    ],
    ["another cluster", { fingerprint: "g".repeat(16) }, /another cluster/],
  ])("of %s is refused", async (_, changed, reason) => {
    await write([prePrepared(1)])
    expect(refused(changed).reason).toMatch(reason)
  })

  it("that is none, or whose header is damaged or cut off, is refused", async () => {
    await write([prePrepared(1)])
    const whole = readFileSync(log())
    for (let at = 0; at < 40; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ 1
      writeFileSync(log(), bytes)
      expect(refused()).toBeInstanceOf(StoreError)
    }
    writeFileSync(log(), whole.subarray(0, 20))
    expect(refused()).toMatchObject({ offset: 20, reason: "the header is cut off" })
    writeFileSync(log(), "")
    expect(refused()).toMatchObject({ offset: 0 })
  })

  it("that cannot be written says so", async () => {
    const { store } = opened()
    store.append(prePrepared(1))
    store.close()
    await expect(commit(store)).rejects.toMatchObject({ _tag: "StoreError", reason: "EBADF" })
  })
})

describe("snapshots and compaction", () => {
  /** Records up to checkpoint 4, its snapshot, and one slot above it. */
  const checkpointed = async (): Promise<ReplicaStore<DurableRecord>> => {
    await write([prePrepared(3), prepared(3)])
    const { store } = opened()
    store.saveSnapshot(4, "state \u00ff 4")
    for (const record of [taken(4), prePrepared(5)]) store.append(record)
    await commit(store)
    return store
  }
  const compacted = [taken(4), stable(4), prePrepared(5)]

  it("the snapshot of the last checkpoint comes back", async () => {
    const store = await checkpointed()
    store.close()
    const recovered = opened()
    recovered.store.close()
    expect(recovered.snapshot).toBe("state \u00ff 4")
  })

  it("compaction keeps exactly the given records, and the snapshots that still count", async () => {
    const store = await checkpointed()
    store.saveSnapshot(8, "state 8")
    store.append(stable(4))
    store.compact(compacted, 4)
    expect(store.pending()).toBe(false)
    expect(readdirSync(directory).sort()).toStrictEqual(["log", "snapshot-4", "snapshot-8"])
    store.append(prepared(5))
    await commit(store)
    store.compact([taken(8), stable(8)], 8)
    expect(readdirSync(directory).sort()).toStrictEqual(["log", "snapshot-8"])
    store.append(prePrepared(9))
    await commit(store)
    store.close()
    expect(recover().records).toStrictEqual([taken(8), stable(8), prePrepared(9)])
  })

  it("a crash before the new log has its name leaves the old one", async () => {
    const store = await checkpointed()
    store.close()
    const before = recover().records
    writeFileSync(`${log()}.new`, readFileSync(log()).subarray(0, 50))
    writeFileSync(join(directory, "snapshot-8.new"), "half")
    expect(recover().records).toStrictEqual(before)
    expect(readdirSync(directory).sort()).toStrictEqual(["log", "snapshot-4"])
  })

  it("a crash before old snapshots are removed is no harm", async () => {
    const store = await checkpointed()
    store.compact(compacted, 4)
    store.close()
    writeFileSync(join(directory, "snapshot-0"), "old")
    expect(recover().records).toStrictEqual(compacted)
  })

  it("a snapshot without its record is ignored; the reverse is an error", async () => {
    const store = await checkpointed()
    store.saveSnapshot(8, "state 8")
    store.close()
    const recovered = opened()
    recovered.store.close()
    expect(recovered.snapshot).toBe("state \u00ff 4")
    rmSync(join(directory, "snapshot-4"))
    expect(refused().message).toMatch(/snapshot-4: the snapshot of checkpoint 4 is missing/)
  })

  it("a damaged, cut off or foreign snapshot is an error at every byte", async () => {
    const store = await checkpointed()
    store.saveSnapshot(8, "state 8")
    store.close()
    const path = join(directory, "snapshot-4")
    const whole = readFileSync(path)
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole)
      bytes[at] = (bytes[at] as number) ^ 1
      writeFileSync(path, bytes)
      expect(refused().path).toBe(path)
      writeFileSync(path, whole.subarray(0, at))
      expect(refused().path).toBe(path)
    }
    writeFileSync(path, readFileSync(join(directory, "snapshot-8")))
    expect(refused()).toMatchObject({ offset: 8, reason: "the snapshot of another checkpoint" })
  })

  it("the snapshot of another protocol is an error that says so", async () => {
    const store = await checkpointed()
    store.close()
    const folder = { directory, protocol: "zyzzyva" } as const
    writeSnapshot(systemFiles, folder, 4, "state \u00ff 4")
    const reason = "a snapshot of a replica of zyzzyva, beside a log of pbft"
    expect(refused()).toMatchObject({ path: join(directory, "snapshot-4"), offset: 0, reason })
    expect(readSnapshot(systemFiles, folder, 4)).toBe("state \u00ff 4")
  })
})
