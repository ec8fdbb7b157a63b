/** `prophecy start --serve`: the album behind a sketcher, and a page to try it. */
import { Console, Effect } from "effect"
import type { ClusterConfig } from "../net/cluster-config.ts"
import { makeSketcher } from "../net/sketcher.ts"
import { type Front, openFront } from "../web/front.ts"
import { defaultRoutes } from "../web/routes.ts"
import { AlbumConsole, readPage } from "./album-console.ts"
import { logPath, type Replicas, shortPath, startReplicas } from "./group.ts"
import { albumPage } from "./installation.ts"
import type { Progress } from "./progress.ts"
import { WatchedBackend } from "./recent-asks.ts"
import { listening, pidsOf, watch } from "./serve.ts"
import { sketcherBackend } from "./sketcher-backend.ts"

export interface AlbumOptions {
  readonly config: ClusterConfig
  /** 0 takes any free port. */
  readonly port: number
  readonly timeoutMs: number
  readonly progress: Progress
}

export interface ServeAlbumOptions extends AlbumOptions {
  readonly json: boolean
  /** Start a replica again when it has ended. */
  readonly restartDead: boolean
}

const asText = (front: Front, group: Replicas): string => {
  const url = `http://127.0.0.1:${front.port}`
  const pids = pidsOf(group).map(({ id, pid }) => `replica ${id} pid ${pid}`)
  const { traceDirectory: traces } = group.config
  return [
    `a photo album on ${pids.length} replicas behind a sketcher: ${url}`,
    "open it in a browser, or in another terminal:",
    `  curl -i -X PUT -H 'x-user: alice' ${url}/album/trip`,
    `  curl -i -X PUT -H 'x-user: alice' -H 'content-type: image/png' --data-binary @photo.png ${url}/album/trip/photo/sea`,
    `  curl -i -H 'x-user: alice' ${url}/album/trip`,
    "the field Prophecy says how an answer was come by: ask twice.",
    `kill -9 any one of them and ask again: ${pids.join(", ")}`,
    ...(traces === undefined
      ? []
      : [
          `after Ctrl-C, check what was recorded (with --killed, if a replica was killed): prophecy replay ${shortPath(traces)}`,
        ]),
    `what replicas say of their connections: ${shortPath(logPath(group.config))}`,
    "Ctrl-C ends it.",
  ].join("\n")
}

const asJson = (front: Front, group: Replicas): string => {
  const url = `http://127.0.0.1:${front.port}`
  const { file: config, traceDirectory: traces = null } = group.config
  const document = { schema: "prophecy-serve/1", service: "album", url, replicas: pidsOf(group) }
  return JSON.stringify({ ...document, config, traces }, undefined, 2)
}

/** Replicas, a sketcher in this process, and HTTP before it; all end with the scope. */
export const startAlbum = Effect.fn("startAlbum")(function* (options: AlbumOptions) {
  const { config, progress, port, timeoutMs } = options
  const { cluster, log, trace } = yield* progress.during(
    "starting",
    () => `${config.replicas.length} replicas`,
    startReplicas({ config, say: progress.say }),
  )
  const directory = config.traceDirectory
  const traced = directory === undefined ? {} : { trace: { directory, ...trace } }
  const sketcher = yield* makeSketcher(config, { timeoutMs, log, ...traced }).pipe(Effect.orDie)
  yield* sketcher.connected
  const backend = new WatchedBackend(sketcherBackend(sketcher))
  const page = readPage(albumPage)
  const own = new AlbumConsole({ cluster, sketcher, backend, asks: backend, page })
  const front = yield* listening(port, () =>
    openFront({ backend, routes: defaultRoutes, port, own: own.take, log }),
  )
  return { front, cluster, sketcher }
})

/** Serves until it is interrupted. */
export const serveAlbum = Effect.fn("serveAlbum")(function* (options: ServeAlbumOptions) {
  const { config, json } = options
  const { front, cluster } = yield* startAlbum(options)
  const group = { config, cluster }
  yield* Console.log(json ? asJson(front, group) : asText(front, group))
  return yield* watch(group, options)
}, Effect.scoped)
