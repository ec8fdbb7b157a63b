/**
 * The page in front of a demonstrated album, and what its buttons do: `GET /` and everything below
 * `/_prophecy/`. For one person at one machine: whoever reaches the port may have replicas lie.
 */
import { readFileSync } from "node:fs"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Effect } from "effect"
import { groupOf } from "../core/quorum.ts"
import type { RunningCluster } from "../net/cluster.ts"
import { type Behaviour, behaviours } from "../net/misbehave.ts"
import type { SketcherShape } from "../net/sketcher.ts"
import type { ReplicaStatus } from "../net/status.ts"
import type { Backend } from "../web/front.ts"
import { decodeResponse, encodeRequest, type HttpRequest, isNotHttp } from "../web/http-message.ts"
import { classifier, defaultRoutes } from "../web/routes.ts"
import { type StoryService, tellStory, weakStory } from "../web/story.ts"
import type { Asks } from "./recent-asks.ts"

export interface ConsoleOptions {
  readonly cluster: RunningCluster
  readonly sketcher: SketcherShape
  readonly backend: Backend
  readonly asks: Asks
  /** The page, as it is sent. */
  readonly page: string
}

export const readPage = (path: string): string => readFileSync(path, "utf8")

const statusMs = 500
const longestBody = 10_000

const send = (response: ServerResponse, status: number, document: unknown): void => {
  const body = Buffer.from(`${JSON.stringify(document)}\n`)
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
    "cache-control": "no-store",
  })
  response.end(body)
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = ""
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > longestBody) return undefined
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** What was done, or why not. */
interface Done {
  readonly status: number
  readonly document: unknown
}

const refused = (status: number, message: string): Done => ({ status, document: { message } })
const done: Done = { status: 200, document: {} }

export class AlbumConsole {
  readonly #options: ConsoleOptions
  readonly #behaviours: Array<Behaviour>
  #stories = 0

  constructor(options: ConsoleOptions) {
    this.#options = options
    this.#behaviours = options.cluster.config.replicas.map(() => "honest")
  }

  /** Whether it answers this request itself. */
  readonly take = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = request.url?.split("?")[0] ?? "/"
    if (path === "/" && (request.method === "GET" || request.method === "HEAD")) {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" })
      response.end(request.method === "HEAD" ? undefined : this.#options.page)
      return true
    }
    if (!path.startsWith("/_prophecy/")) return false
    void this.#answer(request, path.slice("/_prophecy/".length)).then(
      ({ status, document }) => send(response, status, document),
      (cause: unknown) => send(response, 500, { message: String(cause) }),
    )
    return true
  }

  async #answer(request: IncomingMessage, path: string): Promise<Done> {
    if (path === "state") return { status: 200, document: await this.#state() }
    if (request.method !== "POST") return refused(405, "POST it.")
    if (path === "primary/kill") return await this.#killPrimary()
    if (path === "story") return { status: 200, document: { stories: await this.#tell() } }
    const [, id = "", act] = /^replica\/(\d+)\/(behave|start)$/.exec(path) ?? []
    const replica = Number(id)
    if (act === undefined || this.#behaviours[replica] === undefined) {
      return refused(404, "There is nothing there.")
    }
    return act === "start"
      ? await this.#start(replica)
      : this.#behave(replica, await bodyOf(request))
  }

  async #statuses(): Promise<ReadonlyArray<ReplicaStatus | undefined>> {
    const { cluster } = this.#options
    const of = (_: unknown, replica: number): Promise<ReplicaStatus | undefined> =>
      Effect.runPromise(
        cluster.status(replica).pipe(
          Effect.timeout(statusMs),
          Effect.catch(() => Effect.succeed(undefined)),
        ),
      )
    return await Promise.all(cluster.config.replicas.map(of))
  }

  async #state(): Promise<unknown> {
    const { cluster, sketcher, asks } = this.#options
    const [statuses, { ways }] = await Promise.all([
      this.#statuses(),
      Effect.runPromise(sketcher.status),
    ])
    const up = statuses.filter((s) => s !== undefined)
    const view = Math.max(0, ...up.map((s) => s.view))
    const inView = up.filter((s) => s.active && s.view === view)
    const total = Object.values(ways).reduce((sum, n) => sum + n, 0)
    const fast = ways["fast"] ?? 0
    return {
      schema: "prophecy-album/1",
      view,
      active: inView.length * 3 > 2 * statuses.length,
      replicas: statuses.map((status, id) => ({
        id,
        pid: cluster.pid(id) ?? null,
        up: status !== undefined,
        primary: status?.primary ?? false,
        executed: status?.executed ?? null,
        behaviour: this.#behaviours[id],
      })),
      counts: { fast, replicated: total - fast, failed: asks.failed },
      ways,
      recent: asks.recent(),
    }
  }

  async #killPrimary(): Promise<Done> {
    const statuses = await this.#statuses()
    const primary = statuses.findIndex((s) => s?.primary === true)
    if (primary < 0) return refused(409, "There is no primary now: the view changes.")
    const running = statuses.filter((s) => s !== undefined).length
    const { length: n } = statuses
    if (running - 1 < n - Math.floor((n - 1) / 3)) {
      return refused(409, "Start the one that is gone first: the group needs the others.")
    }
    await Effect.runPromise(this.#options.cluster.kill(primary))
    return done
  }

  async #start(replica: number): Promise<Done> {
    const start = this.#options.cluster.start(replica).pipe(
      Effect.as(done),
      Effect.catch((error) => Effect.succeed(refused(409, error.message))),
    )
    this.#behaviours[replica] = "honest"
    return await Effect.runPromise(start)
  }

  #behave(replica: number, body: unknown): Done {
    const wanted = (body as { readonly behaviour?: unknown } | undefined)?.behaviour
    const behaviour = behaviours.find((b) => b === wanted)
    if (behaviour === undefined) return refused(400, `One of ${behaviours.join(", ")}.`)
    const liars = this.#behaviours.flatMap((b, k) => (b === "honest" || k === replica ? [] : [k]))
    const { f, n } = groupOf(this.#behaviours.length)
    if (behaviour !== "honest" && liars.length >= f) {
      return refused(409, `${f} of ${n} may lie: have replica ${liars.join(", ")} be honest first.`)
    }
    this.#set(replica, behaviour)
    return done
  }

  #set(replica: number, behaviour: Behaviour): void {
    this.#behaviours[replica] = behaviour
    this.#options.cluster.behave(replica, behaviour)
  }

  // Here, with one replica that answers with old states, and on a store that promises less.
  async #tell(): Promise<unknown> {
    const album = `story-${++this.#stories}`
    // Whoever lies already is the one that does here.
    const lying = this.#behaviours.findIndex((b) => b !== "honest")
    const liar = lying < 0 ? this.#behaviours.length - 1 : lying
    const before = this.#behaviours[liar] ?? "honest"
    const here = await tellStory(this.#here(liar), album)
    this.#set(liar, before)
    return [here, await tellStory(weakStory(), album)]
  }

  #here(liar: number): StoryService {
    const { backend } = this.#options
    const classify = classifier(defaultRoutes)
    return {
      store: "Prophecy, one replica of which answers with old states",
      ask: async (request: HttpRequest) => {
        const answer = await backend.ask(classify(request))
        const response = decodeResponse(answer.response)
        if (isNotHttp(response)) throw new Error(`${response.why}: ${encodeRequest(request)}`)
        return { response, how: answer.how }
      },
      meanwhile: async () => {
        this.#set(liar, "old")
        await Promise.resolve()
      },
    }
  }
}
