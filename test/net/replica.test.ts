import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { afterAll, describe, expect } from "vitest"
import { decodeResult, encodeOperation } from "../../src/core/service/key-value-operation.ts"
import { type ClientPoolShape, makeClientPool } from "../../src/net/client-pool.ts"
import {
  type ClusterConfig,
  type ClusterConfigFile,
  freshClusterConfig,
  toClusterConfig,
} from "../../src/net/cluster-config.ts"
import { freePorts, startCluster } from "../../src/net/cluster.ts"
import { writePrivateJson } from "../../src/net/config-file.ts"
import { limitsOf } from "../../src/net/core-config.ts"
import { logOwner } from "../../src/net/handshake.ts"
import {
  type ReplicaError,
  type RunningReplica,
  runReplica,
} from "../../src/net/replica-process.ts"
import { systemFiles } from "../../src/net/file-system.ts"
import { pbftRecords } from "../../src/net/pbft-protocol.ts"
import { writeSnapshot } from "../../src/net/snapshot-file.ts"
import { openStore } from "../../src/net/store.ts"
import { StoreError } from "../../src/net/store-error.ts"
import { eventually } from "./processes.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-replica-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

const trace = (directory: string) => ({ directory, run: "run", spec: "0".repeat(64) })

const fresh = (
  replicas: number,
  changes: Partial<ClusterConfigFile> = {},
): Effect.Effect<ClusterConfig> =>
  Effect.gen(function* () {
    const ports = yield* freePorts(replicas)
    const small = { clients: 4, checkpointInterval: 4, logSize: 8, retransmitMs: 100 }
    const file = freshClusterConfig(ports, { ...small, ...changes })
    const directory = mkdtempSync(join(root, "c-"))
    writePrivateJson(join(directory, "cluster.json"), file)
    return toClusterConfig(join(directory, "cluster.json"), file, { _tag: "Masters", masters: [] })
  })

interface Group {
  readonly replicas: ReadonlyArray<RunningReplica>
  readonly pool: ClientPoolShape
}

/** All replicas and a pool of clients in this process. */
const running = (config: ClusterConfig): Effect.Effect<Group, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const replicas = yield* Effect.forEach(config.replicas, (_, id) => runReplica(config, id))
    const pool = yield* makeClientPool(config)
    yield* pool.connected
    return { replicas, pool }
  })

const put = (key: string, value: string): string => encodeOperation({ _tag: "Put", key, value })
const get = (key: string): string => encodeOperation({ _tag: "Get", key })

const failure = (effect: Effect.Effect<unknown, ReplicaError, Scope.Scope>) =>
  Effect.flip(Effect.scoped(effect))

describe("a cluster in one process", () => {
  it.live("answers; stopped and started again it goes on from its snapshots and logs", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { pool, replicas } = yield* running(config)
          for (let k = 0; k < 11; k++) yield* pool.submit(put(`key ${k % 3}`, `value ${k}`))
          // Three replicas answer; the fourth may be behind them.
          yield* eventually(
            "all have executed everything, and their last checkpoint is stable",
            Effect.map(
              Effect.forEach(replicas, (r) => r.status),
              (all) => all.every(({ executed, low }) => executed === 11 && low === 8),
            ),
          )
          const status = yield* (replicas[0] as RunningReplica).status
          expect(status).toMatchObject({ primary: true, executed: 11, missedCheckpoint: null })
          expect(status.actions).toMatchObject({ SendPrePrepare: 11, Execute: 11 })
          expect(status.store.snapshots).toBe(2)
        }),
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { pool, replicas } = yield* running(config)
          expect(replicas.map((r) => r.executed)).toStrictEqual([8, 8, 8, 8])
          const results = yield* Effect.forEach([0, 1, 2], (k) => pool.submit(get(`key ${k}`)))
          expect(results.map(decodeResult)).toStrictEqual(
            ["value 9", "value 10", "value 8"].map((value) => ({ _tag: "Value", value })),
          )
          for (let k = 0; k < 4; k++) yield* pool.submit(put("more", `${k}`))
          const statuses = yield* Effect.forEach(replicas, (r) => r.status)
          for (const { actions } of statuses) expect(actions.Restart).toBe(1)
        }),
      )
    }),
  )

  it.live("requests wait for the replicas: those of before the first connection are answered", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4, { service: "null" })
      const pool = yield* makeClientPool(config)
      const asked = yield* Effect.forkChild(pool.submit("early"))
      yield* Effect.sleep(30)
      expect(yield* pool.status).toMatchObject({ busy: 1, completed: 0, connected: [] })
      yield* Effect.forEach(config.replicas, (_, id) => runReplica(config, id))
      expect(yield* Fiber.join(asked)).toBe("")
      expect(yield* pool.status).toMatchObject({ clients: 4, busy: 0, completed: 1 })
    }).pipe(Effect.scoped),
  )

  it.live("without one replica, any one, clients are answered unless it is the primary", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4, { service: "null" })
      yield* Effect.forEach([0, 1, 3], (id) => runReplica(config, id))
      const pool = yield* makeClientPool(config)
      yield* pool.connected
      expect(yield* pool.submit("")).toBe("")
      expect((yield* pool.status).connected).toStrictEqual([0, 1, 3])
    }).pipe(Effect.scoped),
  )
})

describe("a pool of clients", () => {
  it.live("refuses what is too long, too much, or after its end", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4, { limits: { operationBytes: 10, waitingRequests: 2 } })
      const answers: Array<unknown> = []
      const pool = yield* Effect.scoped(
        Effect.gen(function* () {
          // No replica runs: nothing is ever answered.
          const made = yield* makeClientPool(config, { from: 1, to: 2 })
          const taken = Array.from({ length: 5 }, () => made.submitWith("", (a) => answers.push(a)))
          expect(taken).toStrictEqual([true, true, true, true, false])
          expect(yield* made.status).toMatchObject({ clients: 2, busy: 2, waiting: 2 })
          const busy = yield* Effect.flip(made.submit(""))
          expect(busy).toMatchObject({ _tag: "PoolBusy", waiting: 2 })
          const long = yield* Effect.flip(made.submit("x".repeat(11)))
          expect(long).toMatchObject({ _tag: "OperationTooLong", bytes: 11, limit: 10 })
          expect(answers).toStrictEqual([])
          return made
        }),
      )
      expect(answers).toMatchObject(Array.from({ length: 4 }, () => ({ _tag: "PoolClosed" })))
      expect(yield* Effect.flip(pool.submit(""))).toMatchObject({ _tag: "PoolClosed" })
    }),
  )

  it.effect("is of clients of one endpoint", () =>
    Effect.gen(function* () {
      const endpoints = [
        { from: 0, to: 1 },
        { from: 2, to: 3 },
      ]
      const config = yield* fresh(4, { endpoints })
      for (const [from, to] of [
        [1, 2],
        [4, 4],
        [3, 2],
      ] as const) {
        const error = yield* Effect.flip(Effect.scoped(makeClientPool(config, { from, to })))
        expect(error._tag).toBe("PoolError")
      }
    }),
  )
})

describe("a replica that cannot run says why", () => {
  it.live("its port is in use: the files are not touched", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4)
      yield* runReplica(config, 2)
      const error = yield* failure(runReplica({ ...config, dataDirectory: join(root, "other") }, 2))
      expect(error).toMatchObject({ _tag: "ListenError", reason: "the port is in use" })
      expect(() => readFileSync(join(root, "other", "replica-2", "log"))).toThrow(/ENOENT/)
    }).pipe(Effect.scoped),
  )

  it.live("its log belongs to a cluster of another shape; its folder cannot be made", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4)
      yield* Effect.scoped(runReplica(config, 1))
      const other = yield* failure(runReplica({ ...config, clients: 5 }, 1))
      expect(other).toMatchObject({ _tag: "StoreError", offset: 8 })
      const file = join(root, "a file")
      writeFileSync(file, "")
      const error = yield* failure(runReplica({ ...config, file, dataDirectory: file }, 1))
      expect(error).toMatchObject({ _tag: "StoreError", reason: "ENOTDIR" })
    }),
  )

  it.live("its log is whole but says what cannot be", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4)
      const directory = join(config.dataDirectory, "replica-1")
      const owner = logOwner(config, 1)
      const opened = openStore({
        directory,
        owner,
        limits: limitsOf(config),
        codec: pbftRecords,
      })
      if (opened instanceof StoreError) throw opened
      opened.store.append({ _tag: "Prepared", view: 0, seq: 1, digest: "ab".repeat(32) })
      yield* Effect.promise(() => new Promise((done) => opened.store.commit(done)))
      opened.store.close()
      const error = yield* failure(runReplica(config, 1))
      expect(error).toMatchObject({ _tag: "ReplicaBroken", replica: 1 })
      expect(error.message).toMatch(/a prepared record follows its pre-prepared record/)
    }),
  )

  it.live("its snapshot is another service's, or another state's", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4, { service: "null" })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { pool } = yield* running(config)
          for (let k = 0; k < 5; k++) yield* pool.submit("")
        }),
      )
      const directory = join(config.dataDirectory, "replica-1")
      writeSnapshot(systemFiles, { directory, protocol: "pbft" }, 4, "no snapshot")
      const error = yield* failure(runReplica(config, 1))
      expect(error).toMatchObject({
        _tag: "StoreError",
        reason: expect.stringMatching(/none of the service null/),
      })
      writeSnapshot(systemFiles, { directory, protocol: "pbft" }, 4, "null 7")
      expect((yield* failure(runReplica(config, 1))).message).toMatch(
        /snapshot-4: the snapshot does not have the digest of its checkpoint/,
      )
    }),
  )

  it.live("its trace cannot be written", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4)
      const file = join(root, "no folder")
      writeFileSync(file, "")
      const error = yield* failure(runReplica(config, 0, { trace: trace(join(file, "traces")) }))
      expect(error._tag).toBe("TraceError")
      mkdirSync(join(root, "traces"))
      const path = yield* Effect.scoped(
        Effect.map(
          runReplica(config, 0, { trace: trace(join(root, "traces")) }),
          (r) => r.tracePath,
        ),
      )
      expect(path).toBe(join(root, "traces", "replica-0.0.ndjson"))
    }),
  )
})

describe("a cluster of processes that cannot run", () => {
  it.live("says which replica, why, and what it printed; the others are stopped", () =>
    Effect.gen(function* () {
      const config = yield* fresh(4)
      mkdirSync(config.dataDirectory)
      writeFileSync(join(config.dataDirectory, "replica-2"), "in the way")
      const error = yield* Effect.flip(Effect.scoped(startCluster(config)))
      expect(error).toMatchObject({ _tag: "ReplicaProcessError", replica: 2 })
      expect(error.message).toMatch(/^replica 2: its process ended with exit code 2\n.*replica-2/)
      // Their ports are free again.
      const other = { file: join(root, "fresh.json"), dataDirectory: join(root, "fresh") }
      yield* Effect.scoped(runReplica({ ...config, ...other }, 0))
    }),
  )
})
