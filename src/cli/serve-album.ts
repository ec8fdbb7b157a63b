/** `prophecy start --serve --service album`: the album behind a sketcher, and a page to try it. */
import { Console, Effect } from "effect"
import type { ClusterConfig } from "../net/cluster-config.ts"
import { makeSketcher } from "../net/sketcher.ts"
import { type Front, openFront } from "../web/front.ts"
import { defaultRoutes } from "../web/routes.ts"
import { AlbumConsole, readPage } from "./album-console.ts"
import { startReplicas } from "./group.ts"
import { albumPage } from "./installation.ts"
import type { Progress } from "./progress.ts"
import { WatchedBackend } from "./recent-asks.ts"
import { listening } from "./serve.ts"
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
}

const asText = (front: Front): string => {
  const url = `http://127.0.0.1:${front.port}`
  return [
    `a photo album on four replicas behind a sketcher: ${url}`,
    "open it in a browser, or in another terminal:",
    `  curl -i -X PUT -H 'x-user: alice' ${url}/album/trip`,
    `  curl -i -X PUT -H 'x-user: alice' -H 'content-type: image/png' --data-binary @photo.png ${url}/album/trip/photo/sea`,
    `  curl -i -H 'x-user: alice' ${url}/album/trip`,
    "the field Prophecy says how an answer was come by: ask twice.",
    "Ctrl-C ends it.",
  ].join("\n")
}

const asJson = (front: Front, config: ClusterConfig): string => {
  const url = `http://127.0.0.1:${front.port}`
  const document = { schema: "prophecy-serve/1", service: "album", url, config: config.file }
  return JSON.stringify({ ...document, traces: config.traceDirectory ?? null }, undefined, 2)
}

/** Replicas, a sketcher in this process, and HTTP before it; all end with the scope. */
export const startAlbum = Effect.fn("startAlbum")(function* (options: AlbumOptions) {
  const { config, progress, port, timeoutMs } = options
  const { cluster, log } = yield* progress.during(
    "starting",
    () => `${config.replicas.length} replicas`,
    startReplicas({ config, say: progress.say }),
  )
  const sketcher = yield* makeSketcher(config, { timeoutMs, log }).pipe(Effect.orDie)
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
  const { front } = yield* startAlbum(options)
  yield* Console.log(options.json ? asJson(front, options.config) : asText(front))
  return yield* Effect.never
}, Effect.scoped)
