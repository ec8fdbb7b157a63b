/** Replicas with web servers of their own behind a sketcher and HTTP, for tests. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { afterAll } from "vitest"
import { sketcherBackend } from "../../src/cli/sketcher-backend.ts"
import { type ClusterConfigFile, freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import { makeSketcher } from "../../src/net/sketcher.ts"
import { openFront } from "../../src/web/front.ts"
import { defaultRoutes } from "../../src/web/routes.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-origins-"))
chmodSync(root, 0o755)
/** A folder that goes when the tests of a file are over. */
export const clusterRoot = (): string => root
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

export interface Served {
  readonly url: string
  readonly cluster: RunningCluster
  readonly lines: ReadonlyArray<string>
  readonly get: (path?: string, init?: RequestInit) => Effect.Effect<Got>
}

export interface Got {
  readonly status: number
  readonly how: string
  readonly body: string
}

const got = async (url: string, init?: RequestInit): Promise<Got> => {
  const response = await fetch(url, init)
  const how = response.headers.get("prophecy") ?? ""
  return { status: response.status, how, body: await response.text() }
}

/** Four replicas with these origins, and a front end before them. */
export const serve = (
  urls: ReadonlyArray<string>,
  origins: ClusterConfigFile["origins"] = {},
): Effect.Effect<Served, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const file = join(mkdtempSync(join(root, "cluster-")), "cluster.json")
    const small = { clients: 8, retransmitMs: 300, checkpointInterval: 8, logSize: 16 }
    const content = freshClusterConfig(yield* freePorts(4), {
      ...small,
      service: "origin",
      origins,
    })
    const replicas = content.replicas.map((r, id) => ({ ...r, origin: urls[id] ?? "" }))
    writePrivateJson(file, { ...content, replicas })
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const cluster = yield* startCluster(config)
    const lines: Array<string> = []
    const log = (line: string): void => void lines.push(line)
    const options = { fastReadMs: 2_000, maxStrikes: 0, timeoutMs: 15_000, log }
    const sketcher = yield* makeSketcher(config, options)
    yield* sketcher.connected
    const backend = sketcherBackend(sketcher)
    const front = yield* Effect.acquireRelease(
      Effect.promise(() => openFront({ backend, routes: defaultRoutes, port: 0, log })),
      ({ close }) => Effect.promise(close),
    )
    const at = `http://127.0.0.1:${front.port}`
    const get: Served["get"] = (path = "/", init) => Effect.promise(() => got(at + path, init))
    return { url: at, cluster, lines, get }
  })

export const fresh = { headers: { "cache-control": "no-cache" } }

/** A web server of this process, with its URL. */
export const listening = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer(listener)
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      }),
  ).pipe(Effect.map(({ url }) => url))
