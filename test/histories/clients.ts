/**
 * Clients of an album behind a sketcher, over HTTP: each has one request at a time, most of them
 * looks at photos, and what it saw is written down. The draws of each depend on the seed alone.
 */
import { Agent, type IncomingMessage, request } from "node:http"
import type { Path } from "../../src/consistency/call.ts"
import { Random } from "../../src/sim/random.ts"
import type { HistoryLog } from "./history-log.ts"

export interface ClientsOptions {
  /** Each request goes to one of them. */
  readonly ports: ReadonlyArray<number>
  readonly clients: number
  readonly seed: number
  readonly log: HistoryLog
  /** How many photos all look at in a round. */
  readonly photos: number
  /** The albums that they are in, one after the other; default one. */
  readonly albums?: ReadonlyArray<string>
}

const oneAlbum = ["/album/live"]
const user = { "x-user": "live" }
/** Of a hundred requests so many are looks, and of these so many ask for a fresh answer. */
const looks = 85
const freshLooks = 3
const requestMs = 8_000
/** After a request without an answer, so that a sketcher that is away is not hammered. */
const pauseMs = 50

interface Asked {
  readonly method: "GET" | "PUT"
  readonly path: string
  readonly body?: string
  readonly fresh?: boolean
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly path: Path
  /** What the field `Prophecy` says. */
  readonly how: string
}

const pathIn = (how: string): Path =>
  how.startsWith("fast") ? "fast" : how.startsWith("replicated") ? "replicated" : "unknown"

const answerOf = (response: IncomingMessage): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let body = ""
    response.setEncoding("latin1")
    response.on("data", (text: string) => void (body += text))
    response.on("error", reject)
    response.on("aborted", () => reject(new Error("cut off")))
    response.on("end", () => {
      const how = String(response.headers["prophecy"] ?? "")
      resolve({ status: response.statusCode ?? 0, body, path: pathIn(how), how })
    })
  })

export class Clients {
  readonly #options: ClientsOptions
  readonly #agent: Agent
  readonly #ways = new Map<string, number>()
  readonly #albums: ReadonlyArray<string>
  readonly #answeredIn = new Map<string, number>()
  #answered = 0
  #lost = 0
  #refused = 0
  #round = 0
  #written = 0
  #stopped = false

  constructor(options: ClientsOptions) {
    this.#options = options
    this.#albums = options.albums ?? oneAlbum
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.clients })
  }

  get answered(): number {
    return this.#answered
  }

  /** Answers about one of the albums. */
  answeredIn(album: string): number {
    return this.#answeredIn.get(album) ?? 0
  }

  /** Requests without an answer, of which nobody knows what became. */
  get lost(): number {
    return this.#lost
  }

  /** Requests that never left, since nobody listened. */
  get refused(): number {
    return this.#refused
  }

  /** How answers were come by, and how often. */
  get ways(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#ways)
  }

  /** From now on all look at other photos: many short histories tell more than few long ones. */
  nextRound(): void {
    this.#round++
  }

  stop(): void {
    this.#stopped = true
  }

  /** Makes the albums, and has all clients ask until they are stopped. */
  async work(): Promise<void> {
    const { clients, seed } = this.#options
    const [port = 0] = this.#options.ports
    for (const path of this.#albums) await this.#ask({ method: "PUT", path }, port)
    await Promise.all(
      Array.from({ length: clients }, (_, k) => this.#client(new Random(seed, `client ${k}`))),
    )
    this.#agent.destroy()
  }

  async #client(random: Random): Promise<void> {
    const { log } = this.#options
    let process = log.newProcess()
    while (!this.#stopped) {
      const outcome = await this.#once(process, random)
      if (outcome === "answered") continue
      if (outcome === "lost") process = log.newProcess()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  /** One operation. `lost`: nobody knows what became of it. */
  async #once(process: string, random: Random): Promise<"answered" | "refused" | "lost"> {
    const { log, photos, ports } = this.#options
    const photo = random.below(photos)
    const key = `${this.#round}-${photo}`
    const album = this.#albums[photo % this.#albums.length] ?? ""
    const dice = random.below(100)
    const body = dice < looks ? undefined : `${key}/${this.#written++}`
    const path = `${album}/photo/${key}`
    const call = log.begin(process, key, body)
    const asked: Asked =
      body === undefined
        ? { method: "GET", path, fresh: dice < freshLooks }
        : { method: "PUT", path, body }
    const answer = await this.#ask(asked, random.one(ports)).catch(
      (error: NodeJS.ErrnoException) => error,
    )
    if (answer instanceof Error && answer.code === "ECONNREFUSED") {
      this.#refused++
      log.failed(call)
      return "refused"
    }
    if (answer instanceof Error || ![200, 201, 404].includes(answer.status)) {
      this.#lost++
      log.lost(call)
      return "lost"
    }
    this.#count(answer)
    this.#answeredIn.set(album, this.answeredIn(album) + 1)
    const value = answer.status === 200 ? answer.body : undefined
    log.ok(call, { value, path: answer.path })
    return "answered"
  }

  #count({ how }: Answer): void {
    this.#answered++
    const way = how.startsWith("fast") ? "fast" : how.replace(/.*reason=/, "")
    this.#ways.set(way, (this.#ways.get(way) ?? 0) + 1)
  }

  #ask({ method, path, body, fresh = false }: Asked, port: number): Promise<Answer> {
    const length = body === undefined ? {} : { "content-length": body.length }
    const control = fresh ? { "cache-control": "no-cache" } : {}
    const headers = { ...user, ...length, ...control }
    return new Promise((resolve, reject) => {
      const sent = request(
        { agent: this.#agent, host: "127.0.0.1", port, method, path, headers, timeout: requestMs },
        (response) => void answerOf(response).then(resolve, reject),
      )
      sent.on("timeout", () => sent.destroy(new Error("too late")))
      sent.on("error", reject)
      sent.end(body, "latin1")
    })
  }
}
