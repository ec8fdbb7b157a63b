/** A photo album on four replicas as processes, and a sketcher before them. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Schedule, type Scope } from "effect"
import { afterAll } from "vitest"
import { nowhere, type Position } from "../../src/core/prophecy/position.ts"
import { freshClusterConfig } from "../../src/net/cluster-config.ts"
import { freePorts, type RunningCluster, startCluster } from "../../src/net/cluster.ts"
import { loadClusterConfig, writePrivateJson } from "../../src/net/config-file.ts"
import type { Outcome } from "../../src/net/sketcher-outcome.ts"
import { makeSketcher, type SketcherOptions, type SketcherShape } from "../../src/net/sketcher.ts"
import {
  decodeResponse,
  encodeRequest,
  type HttpResponse,
  isNotHttp,
} from "../../src/web/http-message.ts"

const root = mkdtempSync(join(tmpdir(), "prophecy-album-"))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }))

export interface Album {
  readonly cluster: RunningCluster
  readonly sketcher: SketcherShape
  /** Where its processes write their traces, if they do. */
  readonly traces: string
}

/** The run of a group whose processes write traces. */
const run = { run: "album", spec: "0".repeat(64) }

export const album = (
  options: SketcherOptions = {},
  changes: { readonly protocol?: "zyzzyva"; readonly traceDirectory?: string } = {},
): Effect.Effect<Album, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(root, "album-"))
    const file = join(folder, "cluster.json")
    const isTraced = changes.traceDirectory !== undefined
    const traces = join(folder, changes.traceDirectory ?? "")
    const content = {
      clients: 4,
      retransmitMs: 300,
      service: "album",
      checkpointInterval: 8,
      logSize: 16,
      ...changes,
    } as const
    writePrivateJson(file, freshClusterConfig(yield* freePorts(4), content))
    const config = yield* loadClusterConfig(file, { kind: "endpoint", id: 0 })
    const cluster = yield* startCluster(config, isTraced ? { trace: run } : {})
    const sketcher = yield* makeSketcher(config, {
      fastReadMs: 2_000,
      maxStrikes: 0,
      ...(isTraced ? { trace: { directory: traces, ...run } } : {}),
      ...options,
    })
    yield* sketcher.connected
    return { cluster, sketcher, traces }
  })

export const operation = (user: string, method: string, target: string, body = ""): string =>
  encodeRequest({ method, authority: "", target, headers: [["x-user", user]], body })

export interface Got extends Outcome {
  readonly response: HttpResponse
}

export const decoded = (outcome: Outcome): Got => {
  const response = decodeResponse(outcome.result)
  if (isNotHttp(response)) throw new Error(response.why)
  return { ...outcome, response }
}

export const write = ({ sketcher }: Album, method: string, target: string, body?: string) =>
  Effect.map(sketcher.write(operation("alice", method, target, body)), decoded)

export const read = (
  { sketcher }: Album,
  user: string,
  target: string,
  of: { readonly fresh?: boolean; readonly after?: Position } = {},
) => {
  const asked = operation(user, "GET", target)
  const { fresh = false, after = nowhere } = of
  return Effect.map(sketcher.read({ key: asked, operation: asked, fresh, after }), decoded)
}

/** Every replica has executed what was answered: none answers from an older state. */
export const settled = ({ cluster }: Album) =>
  Effect.forEach([0, 1, 2, 3], (replica) => cluster.status(replica)).pipe(
    Effect.repeat({
      until: (all) => new Set(all.map(({ executed }) => executed)).size === 1,
      schedule: Schedule.spaced("20 millis"),
    }),
  )

export const photosOf = ({ response }: Got): number =>
  (JSON.parse(response.body) as { photos: ReadonlyArray<unknown> }).photos.length

export const made = (a: Album) =>
  Effect.andThen(write(a, "PUT", "/album/trip"), write(a, "PUT", "/album/trip/photo/sea", "x"))
