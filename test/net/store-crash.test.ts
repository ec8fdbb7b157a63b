/** The store over a disk that forgets what was not synced, at a crash in the middle of anything. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import type { DurableRecord } from "../../src/core/pbft/state.ts"
import { limitsOf } from "../../src/net/core-config.ts"
import { batchDigest, bytesDigest } from "../../src/net/digests.ts"
import type { FileSystem } from "../../src/net/file-system.ts"
import { pbftRecords } from "../../src/net/pbft-protocol.ts"
import { openStore, type ReplicaStore } from "../../src/net/store.ts"
import { StoreError } from "../../src/net/store-error.ts"
import { Random } from "../../src/sim/random.ts"
import { ForgetfulFiles, losePower } from "../crash/forgetful-files.ts"
import { runsTimes } from "../support/runs.ts"
import { configOf } from "./nodes.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-crash-"))
afterAll(() => rmSync(root, { recursive: true }))

const owner = { protocol: "pbft", fingerprint: "f".repeat(16), replica: 2 } as const
const limits = limitsOf(configOf())

type Records = ReadonlyArray<DurableRecord>

/** What the store does, in turn: a group becomes durable, or the log is replaced. */
type Action =
  | { readonly _tag: "Group"; readonly records: Records }
  | { readonly _tag: "Compact"; readonly records: Records; readonly low: number }

const prePrepared = (seq: number, size: number): DurableRecord => {
  const batch = [
    { client: 1, timestamp: seq, operation: "x".repeat(size), authenticator: "a".repeat(64) },
  ]
  return { _tag: "PrePrepared", view: 0, seq, digest: batchDigest(batch), batch }
}
const taken = (seq: number): DurableRecord => ({
  _tag: "CheckpointTaken",
  seq,
  digest: bytesDigest(`state ${seq}`),
  service: bytesDigest(`service ${seq}`),
  table: [{ timestamp: seq, result: "r" }],
})

/** Groups of sizes from a few bytes to several sectors, checkpoints, and compactions after them. */
const scriptOf = (random: Random): ReadonlyArray<Action> => {
  const actions: Array<Action> = []
  let seq = 0
  for (let k = random.between(3, 8); k > 0; k--) {
    seq++
    const size = random.one([1, 200, 700, 3000])
    if (random.chance(0.6)) {
      actions.push({ _tag: "Group", records: [prePrepared(seq, size)] })
      continue
    }
    actions.push({ _tag: "Group", records: [prePrepared(seq, size), taken(seq)] })
    if (random.chance(0.3)) continue
    const stable: DurableRecord = { _tag: "CheckpointStable", seq }
    actions.push({ _tag: "Compact", records: [taken(seq), stable], low: seq })
  }
  return actions
}

/** The process dies at its call number `last` that changes something, and does nothing after it. */
const mortal = (files: FileSystem, last: number): FileSystem => {
  let calls = 0
  const wrap =
    <A extends ReadonlyArray<unknown>, B>(call: (...args: A) => B) =>
    (...args: A): B => {
      if (calls++ >= last) throw new Error("the process is dead")
      return call(...args)
    }
  return {
    ...files,
    open: wrap(files.open),
    write: wrap(files.write),
    truncate: wrap(files.truncate),
    sync: wrap(files.sync),
    syncLater: wrap(files.syncLater),
    rename: wrap(files.rename),
    remove: wrap(files.remove),
    makeDirectory: wrap(files.makeDirectory),
    syncDirectory: wrap(files.syncDirectory),
  }
}

const commit = (store: ReplicaStore<DurableRecord>): Promise<void> =>
  new Promise((resolve, reject) => {
    store.commit((error) => (error === null ? resolve() : reject(error)))
  })

const perform = async (store: ReplicaStore<DurableRecord>, action: Action): Promise<void> => {
  if (action._tag === "Compact") return store.compact(action.records, action.low)
  for (const record of action.records) {
    if (record._tag === "CheckpointTaken") store.saveSnapshot(record.seq, `state ${record.seq}`)
    store.append(record)
  }
  await commit(store)
}

const after = (records: Records, action: Action | undefined): Records => {
  if (action === undefined) return records
  return action._tag === "Compact" ? action.records : [...records, ...action.records]
}

interface Life {
  /** What the store has promised to keep. */
  readonly promised: Records
  /** What it was about to promise. */
  readonly under: Action | undefined
  readonly died: boolean
}

const live = async (
  folder: string,
  script: ReadonlyArray<Action>,
  calls: number,
): Promise<Life> => {
  const files = new ForgetfulFiles({ folder, syncMs: () => 0 })
  const opened = openStore({
    directory: folder,
    owner,
    limits,
    codec: pbftRecords,
    files: mortal(files, calls),
  })
  let promised: Records = []
  let under: Action | undefined
  try {
    if (opened instanceof StoreError) return { promised, under, died: true }
    for (const action of script) {
      under = action
      await perform(opened.store, action)
      promised = after(promised, action)
      under = undefined
    }
    return { promised, under, died: false }
  } catch {
    return { promised, under, died: true }
  } finally {
    files.leave()
  }
}

/** Starts again: what is there must be what was promised, or one action more. */
const opensWith = (folder: string, { promised, under }: Life): Records => {
  const files = new ForgetfulFiles({ folder, syncMs: () => 0 })
  const opened = openStore({ directory: folder, owner, limits, codec: pbftRecords, files })
  files.leave()
  if (opened instanceof StoreError) throw opened
  const { records, checkpoint, snapshot } = opened
  expect([promised, after(promised, under)]).toContainEqual(records)
  expect(snapshot).toBe(checkpoint === undefined ? undefined : `state ${checkpoint.seq}`)
  return records
}

interface Crash {
  readonly seed: number
  /** How many calls the process gets to make. */
  readonly calls: number
  /** Whether the first crash is that of the process alone: the next start finds all it wrote. */
  readonly killed: boolean
}

const crash = async ({ seed, calls, killed }: Crash): Promise<Life> => {
  const above = mkdtempSync(join(root, "s-"))
  const folder = join(above, "data", "replica-2")
  const life = await live(folder, scriptOf(new Random(seed, "script")), calls)
  const random = new Random(seed, `power ${calls} ${killed}`)
  if (!killed) losePower(folder, random)
  const promised = opensWith(folder, life)
  // What came back is promised: it is there after the next crash as well.
  losePower(folder, random)
  opensWith(folder, { promised, under: undefined, died: true })
  rmSync(above, { recursive: true })
  return life
}

const atEveryCall = async (seed: number, killed: boolean): Promise<number> => {
  for (let calls = 0; ; calls++) {
    try {
      if (!(await crash({ seed, calls, killed })).died) return calls
    } catch (cause) {
      throw new Error(`seed ${seed}, call ${calls}: ${String(cause)}`, { cause })
    }
  }
}

describe("a store whose process dies at any of its calls", () => {
  it.each([
    ["loses power with it: it keeps what it promised", false],
    ["loses power after its next start: what that start found is kept", true],
  ])(
    "%s",
    async (_, killed) => {
      let calls = 0
      for (let seed = 1; seed <= 2 * runsTimes; seed++) calls += await atEveryCall(seed, killed)
      expect(calls).toBeGreaterThan(50)
    },
    600_000,
  )
})
