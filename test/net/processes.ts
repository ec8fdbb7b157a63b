/** Four replicas as processes on loopback, and a pool of clients in the test's own process. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { afterAll, expect } from "vitest"
import { encodeOperation } from "../../src/core/service/key-value-operation.ts"
import { type ClientPoolShape, makeClientPool } from "../../src/net/client-pool.ts"
import {
  type ClusterConfig,
  type ClusterConfigFile,
  freshClusterConfig,
} from "../../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import type { ReplicaStatus } from "../../src/net/status.ts"
import { countedApart, launcher } from "../cli/command.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-cluster-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

const spec = "0".repeat(64)
export const put = (key: string, value: string): string =>
  encodeOperation({ _tag: "Put", key, value })
export const get = (key: string): string => encodeOperation({ _tag: "Get", key })

export interface Cluster {
  readonly config: ClusterConfig
  readonly cluster: RunningCluster
  readonly pool: ClientPoolShape
  readonly missed: Array<{ readonly replica: number; readonly seq: number }>
  /** Lines of the replicas' standard error: `2: connected to replica 1`. */
  readonly lines: Array<string>
  readonly directory: string
}

/** A replica could not read what one of the others sent: sending it again would hide that. */
const misunderstood = (
  lines: ReadonlyArray<string>,
  liar: number | undefined,
): ReadonlyArray<string> =>
  lines
    .filter((line) => /disconnected from .*: (bad frame|the MAC of a frame|stale key)/.test(line))
    .filter((line) => !line.includes(`from replica ${liar}:`))

/** Of the one that is to lie anything may come. */
export const started = (
  name: string,
  changes: Partial<ClusterConfigFile> = {},
  liar?: number,
): Effect.Effect<Cluster, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const directory = mkdtempSync(join(root, `${name}-`))
    const ports = yield* freePorts(4)
    const file = join(directory, "cluster.json")
    const content = { clients: 8, retransmitMs: 200, traceDirectory: "traces", ...changes }
    writePrivateJson(file, freshClusterConfig(ports, content))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const missed: Cluster["missed"] = []
    const lines: Array<string> = []
    const trace = { directory: join(directory, "traces"), run: name, spec }
    const { NODE_V8_COVERAGE: counted } = countedApart(process.env)
    const cluster = yield* startCluster(config, {
      // As the command starts them, from the bundle: it starts in a fraction of the time.
      command: [process.execPath, launcher, "replica-child"],
      environment: counted === undefined ? {} : { NODE_V8_COVERAGE: counted },
      trace,
      log: (replica, line) => lines.push(`${replica}: ${line}`),
      onMissedCheckpoint: (replica, seq) => missed.push({ replica, seq }),
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => expect(misunderstood(lines, liar)).toEqual([])),
    )
    const pool = yield* makeClientPool(config, { trace })
    yield* pool.connected
    return { config, cluster, pool, missed, lines, directory }
  })

/** Asks every 20 ms until it holds; for a minute at least, since the machine may be slow. */
export const eventually = <E>(
  what: string,
  holds: Effect.Effect<boolean, E>,
): Effect.Effect<void, E> =>
  Effect.gen(function* () {
    for (let k = 0; k < 3_000; k++) {
      if (yield* holds) return
      yield* Effect.sleep(20)
    }
    throw new Error(`never: ${what}`)
  })

/** Whether what a replica says of itself fits. */
export const says = (
  { cluster }: Cluster,
  replica: number,
  fits: (status: ReplicaStatus) => boolean,
): Effect.Effect<boolean, unknown> => Effect.map(cluster.status(replica), fits)

/** Waits until every replica is connected to every other one. */
export const allConnected = (c: Cluster): Effect.Effect<void, unknown> =>
  Effect.forEach(
    c.cluster.running(),
    (replica) =>
      eventually(
        `replica ${replica} is connected`,
        says(c, replica, ({ peers }) => peers.every((p) => p.connected)),
      ),
    { discard: true },
  )
