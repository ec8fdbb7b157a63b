/**
 * One address before several sketchers, and several groups of replicas: each request is sent on to
 * the sketcher that has its page, as it came and with the page's term, and the answer is given back
 * as it comes. It keeps nothing of either.
 *
 * A page is the request's target: whatever else a sketch's key holds, requests with one key have
 * one target. Objects, whose pages one group of replicas has, are the first segments of the path.
 */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as ask,
  type Server,
  type ServerResponse,
} from "node:http"
import type { AddressInfo } from "node:net"
import { Data } from "effect"
import { firstMembers, ownerOf, present, termField } from "./ownership.ts"
import type { Ring, Sent } from "./ring.ts"

export interface RelayOptions {
  /** By the groups' names. */
  readonly rings: ReadonlyMap<string, Ring>
  /** How many segments of the path name an object. */
  readonly objectSegments: number
  /** 0 takes any free one, on loopback. */
  readonly port: number
  /** What it answers by itself; undefined leaves the request to the sketchers. */
  readonly status: () => unknown
  readonly log: (line: string) => void
}

export interface Relay {
  readonly port: number
  readonly close: () => Promise<void>
}

export const statusPath = "/_prophecy/front"
/** Whom it asks is not there any more; what became of the request is unknown if it was sent. */
export class Gone extends Data.TaggedError("Gone")<{
  readonly url: string
  readonly reason: string
  readonly wasSent: boolean
}> {}

/** Fields that are of one connection. */
const ofConnection = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding"])
const closingMs = 2_000

const fieldsOf = (raw: ReadonlyArray<string>, without: (name: string) => boolean): Array<string> =>
  raw.flatMap((name, k) =>
    k % 2 === 0 && !without(name.toLowerCase()) ? [name, raw[k + 1] ?? ""] : [],
  )

/** The group that has the object of a target. */
export const groupOfTarget = (
  target: string,
  groups: ReadonlyArray<string>,
  segments: number,
): string | undefined => {
  const path = target.split("?")[0] ?? ""
  const object = path
    .split("/")
    .slice(0, segments + 1)
    .join("/")
  const members = groups.map((name) => ({ name, start: 0 }))
  return ownerOf(object, present(firstMembers(members)))?.name
}

class Relaying {
  readonly #options: RelayOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1_000 })

  constructor(options: RelayOptions) {
    this.#options = options
  }

  close(): void {
    this.#agent.destroy()
  }

  async take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { rings, objectSegments, status, log } = this.#options
    const target = incoming.url ?? "/"
    if (target === statusPath) return tell(response, 200, status())
    const group = groupOfTarget(target, [...rings.keys()], objectSegments)
    const ring = group === undefined ? undefined : rings.get(group)
    const sent = await ring?.send(target)
    if (ring === undefined || sent === undefined) {
      return tell(response, 503, { error: "NoSketcher", message: "No sketcher has this page." })
    }
    try {
      await this.#pass(incoming, response, sent)
    } catch (cause) {
      if (!(cause instanceof Gone)) throw cause
      sent.done()
      log(`${cause.url}: ${cause.reason}`)
      if (cause.wasSent) return tellGone(response, cause)
      // Nobody listens there: a sketcher is fail-stop, so it is dead, and another one follows it.
      if (!ring.replace(sent.owner)) return tellGone(response, cause)
      return await this.take(incoming, response)
    }
    sent.done()
  }

  #pass(incoming: IncomingMessage, response: ServerResponse, sent: Sent): Promise<void> {
    const { method, url: path, rawHeaders } = incoming
    const { hostname: host, port } = new URL(sent.url)
    const kept = fieldsOf(rawHeaders, (name) => ofConnection.has(name) || name === termField)
    const headers = [...kept, termField, String(sent.term)]
    return new Promise((resolve, reject) => {
      const gone = (error: NodeJS.ErrnoException): void =>
        reject(
          new Gone({
            url: sent.url,
            reason: error.code ?? error.message,
            wasSent: error.code !== "ECONNREFUSED",
          }),
        )
      const onward = ask({ agent: this.#agent, host, port, method, path, headers }, (answer) => {
        const fields = fieldsOf(answer.rawHeaders, (name) => ofConnection.has(name))
        response.writeHead(answer.statusCode ?? 502, fields)
        answer.pipe(response)
        answer.on("error", gone)
        answer.on("aborted", () => {
          response.destroy()
          resolve()
        })
        answer.on("end", resolve)
      })
      onward.on("error", gone)
      // The body waits until somebody listens: whoever follows a dead one gets all of it.
      onward.on("socket", (socket) => {
        const go = (): void => void incoming.pipe(onward)
        if (socket.connecting) socket.once("connect", go)
        else go()
      })
      response.on("close", () => {
        if (!response.writableFinished) onward.destroy()
      })
    })
  }
}

const tell = (response: ServerResponse, status: number, document: unknown): void => {
  if (response.headersSent || response.destroyed) return void response.destroy()
  const body = Buffer.from(`${JSON.stringify(document)}\n`)
  const headers = { "content-type": "application/json", "content-length": body.length }
  response.writeHead(status, headers)
  response.end(body)
}

const tellGone = (response: ServerResponse, { url, reason, wasSent }: Gone): void => {
  const unknown = wasSent ? "; whether a change takes effect is unknown" : ""
  const message = `The sketcher at ${url} did not answer (${reason})${unknown}.`
  tell(response, 502, { error: "SketcherGone", message })
}

const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), closingMs)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    server.closeIdleConnections()
  })

/** Listens on loopback. Rejects with the system's error (EADDRINUSE). */
export const openRelay = (options: RelayOptions): Promise<Relay> =>
  new Promise((resolve, reject) => {
    const relaying = new Relaying(options)
    const server = createServer((request, response) => {
      relaying.take(request, response).catch((cause: unknown) => {
        options.log(`a request failed: ${String(cause)}`)
        tell(response, 500, { error: "Internal", message: "Something went wrong here." })
      })
    })
    server.once("error", reject)
    server.listen(options.port, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      const close = async (): Promise<void> => {
        await stop(server)
        relaying.close()
      }
      resolve({ port, close })
    })
  })
