/** `prophecy start --serve --service origin`: web servers behind replicas behind a sketcher. */
import { join } from "node:path"
import { Console, Effect } from "effect"
import type { ClusterConfig } from "../net/cluster-config.ts"
import { filesPipelining } from "../net/origin-config.ts"
import { makeSketcher } from "../net/sketcher.ts"
import type { Origin } from "../web/apache.ts"
import { openFront } from "../web/front.ts"
import { defaultRoutes } from "../web/routes.ts"
import { startApaches } from "./apache-origins.ts"
import { makeRunConfig, shortPath, startReplicas } from "./group.ts"
import type { Progress } from "./progress.ts"
import { listening } from "./serve.ts"
import { sketcherBackend } from "./sketcher-backend.ts"

export interface ServeOriginOptions {
  /** Of this run: configuration, logs, and Apaches with their copies. */
  readonly folder: string
  /** A folder for Apaches to serve, or the URLs of origins that run already, one a replica. */
  readonly from: { readonly root: string } | { readonly urls: ReadonlyArray<string> }
  readonly replicas: number
  readonly clients: number
  readonly traceDirectory: string | undefined
  readonly port: number
  readonly timeoutMs: number
  readonly json: boolean
  readonly progress: Progress
}

/** An origin, and what is known of one that was started here. */
interface Started {
  readonly url: string
  readonly documents?: string
  readonly pid?: number
}

const describe = ({ url, documents, pid }: Started, replica: number): string =>
  documents === undefined
    ? `  replica ${replica}  ${url}`
    : `  replica ${replica}  ${url}  process ${pid}  ${shortPath(documents)}`

const asText = (url: string, origins: ReadonlyArray<Started>): string => {
  const [first] = origins
  return [
    `${origins.length} replicas, each with an origin of its own, behind a sketcher: ${url}`,
    ...origins.map(describe),
    "in another terminal:",
    `  curl -i ${url}/`,
    "the field Prophecy says how an answer was come by: ask twice.",
    ...(first?.pid === undefined
      ? []
      : [`end one (kill ${first.pid}), or change its files, and ask again.`]),
    "Ctrl-C ends it.",
  ].join("\n")
}

/** Says which of them ends, as long as none is to end. */
const watchApaches = (origins: ReadonlyArray<Origin>, say: (line: string) => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const watch = { isOn: true }
      for (const [replica, { ended }] of origins.entries()) {
        void ended.then(({ message }) => {
          if (watch.isOn) say(`the origin of replica ${replica}: ${message}`)
        })
      }
      return watch
    }),
    (watch) =>
      Effect.sync(() => {
        watch.isOn = false
      }),
  )

const startOrigins = Effect.fn("startOrigins")(function* (options: ServeOriginOptions) {
  const { folder, from, replicas, progress } = options
  if ("urls" in from) return from.urls.map((url): Started => ({ url }))
  const out = join(folder, "origins")
  const apaches = yield* startApaches({ root: from.root, replicas, out, port: 0 })
  yield* watchApaches(apaches, progress.say)
  return apaches.map(({ url, documents, pid }): Started => ({ url, documents, pid }))
})

const makeConfig = (options: ServeOriginOptions, started: ReadonlyArray<Started>) => {
  const { folder, replicas, clients, traceDirectory } = options
  const traces = traceDirectory === undefined ? {} : { traceDirectory }
  const origins = "root" in options.from ? { pipelining: filesPipelining } : {}
  const changes = { clients, service: "origin", origins, ...traces } as const
  return makeRunConfig(folder, replicas, changes, (file) => ({
    ...file,
    replicas: file.replicas.map((replica, id) => {
      const origin = started[id]?.url
      return origin === undefined ? replica : { ...replica, origin }
    }),
  }))
}

/** Replicas and a sketcher before them; all end with the scope. */
const startFront = Effect.fn("startFront")(function* (
  config: ClusterConfig,
  { progress, port, timeoutMs }: ServeOriginOptions,
) {
  const { log } = yield* progress.during(
    "starting",
    () => `${config.replicas.length} replicas`,
    startReplicas({ config, say: progress.say }),
  )
  const said = (line: string): void => {
    log(line)
    progress.say(line)
  }
  const sketcher = yield* makeSketcher(config, { timeoutMs, log: said }).pipe(Effect.orDie)
  yield* sketcher.connected
  const backend = sketcherBackend(sketcher)
  return yield* listening(port, () =>
    openFront({ backend, routes: defaultRoutes, port, log: said }),
  )
})

/** Serves until it is interrupted. */
export const serveOrigin = Effect.fn("serveOrigin")(function* (options: ServeOriginOptions) {
  const origins = yield* startOrigins(options)
  const config = yield* makeConfig(options, origins)
  const front = yield* startFront(config, options)
  const url = `http://127.0.0.1:${front.port}`
  const document = { schema: "prophecy-serve/1", service: "origin", url, origins }
  yield* Console.log(
    options.json
      ? JSON.stringify({ ...document, config: config.file }, undefined, 2)
      : asText(url, origins),
  )
  return yield* Effect.never
}, Effect.scoped)
