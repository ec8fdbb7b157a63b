/** Replicas that are recovered while they have their disks (TOCS section 5), as processes. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { describe, expect } from "vitest"
import { type ClientEntry, entries, fromEntries } from "../../src/core/client-table.ts"
import { decodeResult } from "../../src/core/service/key-value-operation.ts"
import { keyValueService } from "../../src/core/service/key-value.ts"
import { clockOf, limitsOf } from "../../src/net/core-config.ts"
import { bytesDigest, checkpointDigest } from "../../src/net/digests.ts"
import { systemFiles } from "../../src/net/file-system.ts"
import { logOwner } from "../../src/net/handshake.ts"
import { pbftRecords } from "../../src/net/pbft-protocol.ts"
import { openStore } from "../../src/net/store.ts"
import { StoreError } from "../../src/net/store-error.ts"
import { allConnected, type Cluster, eventually, get, put, says, started } from "./processes.ts"

const small = { checkpointInterval: 4, logSize: 8, maxBatch: 4, pipeline: 2 } as const

const folderOf = ({ config }: Cluster, replica: number): string =>
  join(config.dataDirectory, `replica-${replica}`)

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, k) => k)

/** Puts `name 0`, `name 1`, ... by all clients at once; each must be acknowledged. */
const load = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    numbers(count),
    (k) =>
      Effect.map(pool.submit(put(`${name} ${k}`, `${name} ${k}`.repeat(100))), (result) =>
        expect(decodeResult(result)).toStrictEqual({ _tag: "Done" }),
      ),
    { concurrency: 8, discard: true },
  )

/** Nothing that was acknowledged is lost. */
const areThere = ({ pool }: Cluster, name: string, count: number) =>
  Effect.forEach(
    numbers(count),
    (k) =>
      Effect.map(pool.submit(get(`${name} ${k}`)), (result) =>
        expect(decodeResult(result)).toStrictEqual({
          _tag: "Value",
          value: `${name} ${k}`.repeat(100),
        }),
      ),
    { concurrency: 8, discard: true },
  )

const isRecovered = (c: Cluster, replica: number) =>
  eventually(
    `replica ${replica} is recovered`,
    says(c, replica, (s) => s.recovery?.recovered === true),
  )

/** Changes one value in the last snapshot; its checksum fails then. */
const corrupt = (c: Cluster, replica: number): void => {
  const folder = folderOf(c, replica)
  const seqs = readdirSync(folder).flatMap((n) => /^snapshot-(\d+)$/.exec(n)?.[1] ?? [])
  const path = join(folder, `snapshot-${Math.max(...seqs.map(Number))}`)
  const bytes = readFileSync(path)
  const at = bytes.indexOf("before 3before 3")
  expect(at).toBeGreaterThan(0)
  bytes.write("BEFORE", at)
  writeFileSync(path, bytes)
}

type Table = ReadonlyArray<ClientEntry>

/** Gives the disk another state that is in order by itself: snapshot, digest and checksums fit. */
const forge = (c: Cluster, replica: number, forgeTable = (table: Table): Table => table): void => {
  const directory = folderOf(c, replica)
  const { config } = c
  const owner = logOwner(config, replica)
  const options = { directory, owner, limits: limitsOf(config), codec: pbftRecords }
  const disk = openStore({ ...options, files: systemFiles })
  if (disk instanceof StoreError) throw disk
  const last = disk.checkpoint?.seq ?? 0
  const service = keyValueService(bytesDigest, 0)
  expect(service.restore(disk.snapshot ?? "")).toBe(true)
  service.execute(put("before 3", "forged"))
  let low = 0
  const records = disk.records.map((r) => {
    if (r._tag === "CheckpointStable") low = r.seq
    if (r._tag !== "CheckpointTaken" || r.seq !== last) return r
    const table = forgeTable(r.table)
    const digest = checkpointDigest(last, service.digest(), entries(fromEntries(table)))
    return { ...r, service: service.digest(), digest, table }
  })
  disk.store.saveSnapshot(last, service.snapshot())
  disk.store.compact(records, low)
  disk.store.close()
}

describe("a replica that is recovered with its disk", () => {
  it.live("takes part meanwhile, and costs no acknowledged operation", () =>
    Effect.gen(function* () {
      const c = yield* started("recovered", { ...small, retransmitMs: 300 })
      yield* allConnected(c)
      yield* load(c, "before", 30)
      const loading = yield* Effect.forkChild(load(c, "during", 200))
      yield* c.cluster.stop(2)
      yield* c.cluster.recover(2)
      // It is not one of those that may be missing.
      yield* eventually(
        "it takes part",
        says(c, 2, (s) => s.recovery?.votes === true),
      )
      yield* c.cluster.kill(3)
      yield* Fiber.join(loading)
      yield* load(c, "after", 20)
      yield* isRecovered(c, 2)
      const { recovery, actions } = yield* c.cluster.status(2)
      expect(actions).toMatchObject({ Recover: 1 })
      expect(actions["RecvReplyStable"]).toBeGreaterThan(0)
      expect(actions["Rejoin"]).toBeUndefined()
      expect(recovery?.votesFrom).toBeGreaterThanOrEqual(recovery?.bound ?? 0)
      yield* areThere(c, "before", 30)
      yield* areThere(c, "during", 200)
    }).pipe(Effect.scoped),
  )

  it.live("whose state was corrupted fetches what differs, where nobody asks for anything", () =>
    Effect.gen(function* () {
      const c = yield* started("corrupted", { ...small, retransmitMs: 300 })
      yield* allConnected(c)
      yield* load(c, "before", 200)
      yield* c.cluster.stop(2)
      corrupt(c, 2)
      const refused = yield* Effect.flip(c.cluster.start(2))
      expect(refused.message).toContain("the snapshot is damaged")
      yield* c.cluster.recover(2)
      yield* isRecovered(c, 2)
      expect(c.lines.join("\n")).toMatch(/2: the disk is damaged .*set aside as .*damaged-1/)
      const { network, actions } = yield* c.cluster.status(2)
      expect(actions).toMatchObject({ Rejoin: 1 })
      const nodes = Number(/, (\d+) nodes taken along/.exec(c.lines.join("\n"))?.[1])
      // Some of the state came from the old disk, and some from the others.
      expect(network["StateNode"]).toBeGreaterThan(0)
      expect(network["StateNode"]).toBeLessThan(nodes)
      yield* c.cluster.kill(3)
      yield* areThere(c, "before", 200)
    }).pipe(Effect.scoped),
  )

  it.live("whose state is in order by itself and false is found out by the others", () =>
    Effect.gen(function* () {
      const c = yield* started("forged", { ...small, retransmitMs: 300, recoveryPeriodMs: 1000 })
      yield* allConnected(c)
      yield* load(c, "before", 30)
      yield* c.cluster.stop(2)
      forge(c, 2)
      yield* c.cluster.recover(2)
      const ended = yield* Effect.flip(
        Effect.raceFirst(c.cluster.failed, Effect.andThen(load(c, "on", 100), Effect.never)),
      )
      expect(String(ended)).toContain("is of another state than that of the others")
      const refused = yield* Effect.flip(c.cluster.start(2))
      expect(refused.message).toContain("start the replica with --recover")
      yield* c.cluster.recover(2)
      yield* isRecovered(c, 2)
      yield* c.cluster.kill(3)
      yield* areThere(c, "before", 30)
    }).pipe(Effect.scoped),
  )

  it.live("whose disk says that it was taken back already comes back without it", () =>
    Effect.gen(function* () {
      const c = yield* started("taken", { ...small, retransmitMs: 300, recoveryPeriodMs: 1000 })
      yield* allConnected(c)
      yield* load(c, "before", 30)
      yield* c.cluster.stop(2)
      const client = clockOf(c.config).recoverers + 2
      const taken = { timestamp: Number.MAX_SAFE_INTEGER - 1, result: "" }
      forge(c, 2, (table) => table.map((entry, of) => (of === client ? taken : entry)))
      // With nothing in its memory it would vote again on what it has voted on.
      const refused = yield* Effect.flip(c.cluster.recover(2))
      expect(refused.message).toContain("keeps its replica from coming back")
      yield* c.cluster.recover(2)
      yield* isRecovered(c, 2)
      expect((yield* c.cluster.status(2)).actions).toMatchObject({ Rejoin: 1 })
      yield* c.cluster.kill(3)
      yield* areThere(c, "before", 30)
    }).pipe(Effect.scoped),
  )
})
