/**
 * HTTP/1.1 in front of a replicated web service, for clients that know nothing of it. Node's server
 * does the protocol (keep-alive, pipelining, chunked bodies, `Expect`, slow clients); here requests
 * become operations, answers become responses, and limits and errors are told. Every response says
 * how it was come by: `Prophecy: fast; replica=2`, `Prophecy: replicated; reason=mismatch`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { pipeline } from "node:stream/promises"
import type { Bytes } from "../core/ids.ts"
import { AskedAgain, type Asking } from "./asked-again.ts"
import { badTarget, bodyTooLarge, failureOf, NotAResponse } from "./front-errors.ts"
import {
  decodeRequest,
  type Header,
  type HttpRequest,
  headerOf,
  isNotHttp,
  sortHeaders,
} from "./http-message.ts"
import { type ResponseHead, responseReader } from "./response-head.ts"
import { type Classified, classifier, type RouteRules } from "./routes.ts"
import { termField } from "./ownership.ts"
import { leftOut, varyOf, VaryTable } from "./vary.ts"

/** How an answer was come by, as the field `Prophecy` says it. */
export interface Answer {
  /** An encoded response, or its beginning. */
  readonly response: Bytes
  /** What comes after it; throws where the rest cannot be had: then nobody may take it as whole. */
  readonly rest?: AsyncIterable<Bytes>
  readonly how: string
  /** Where in the agreed order it is from, for the field `Prophecy-Position`. */
  readonly position?: string
}

/** Whoever has requests executed. Rejects with an error of front-errors.ts. */
export interface Backend {
  /** `after`: what the client's field `Prophecy-After` says; no older state may answer. */
  readonly ask: (request: Classified, after?: string) => Promise<Answer>
}

export interface FrontLimits {
  /** Bytes of a request's body. */
  readonly bodyBytes: number
  /** Bytes of a request's line and fields. */
  readonly headerBytes: number
  /** A client that takes longer for its whole request is told so and cut off, in milliseconds. */
  readonly requestMs: number
  /** Connections at once. */
  readonly connections: number
}

export const defaultLimits: FrontLimits = {
  bodyBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  requestMs: 10_000,
  connections: 1_000,
}

export interface FrontOptions {
  readonly backend: Backend
  readonly routes: RouteRules
  readonly limits?: Partial<FrontLimits>
  readonly host?: string
  /** 0 takes any free one. */
  readonly port: number
  /** Answers some requests by itself, such as a status page; undefined leaves it to the group. */
  readonly own?: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly log?: (line: string) => void
}

export interface Front {
  readonly host: string
  readonly port: number
  /** Answers what is under way, takes nothing new, and ends. */
  readonly close: () => Promise<void>
}

/** How long `close` waits for answers under way. */
const closingMs = 2_000
const varyPaths = 10_000
/** How many requests, and how many heads of responses, are remembered as they were read. */
const remembered = 10_000

/** The whole body, refused as soon as it is known to be too large. */
const bodyOf = (request: IncomingMessage, limit: number): Promise<Bytes> | Bytes =>
  isBodyless(request) ? "" : readBody(request, limit)

/** Without either field there is no body (RFC 9112 section 6.3). */
const isBodyless = ({ headers }: IncomingMessage): boolean =>
  headers["content-length"] === undefined && headers["transfer-encoding"] === undefined

const readBody = (request: IncomingMessage, limit: number): Promise<Bytes> =>
  new Promise((resolve, reject) => {
    if (Number(request.headers["content-length"] ?? 0) > limit) return reject(bodyTooLarge(limit))
    const chunks: Array<Buffer> = []
    let length = 0
    request.on("data", (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) reject(bodyTooLarge(limit))
      else chunks.push(chunk)
    })
    request.on("end", () => resolve(Buffer.concat(chunks, length).toString("latin1")))
    request.on("error", reject)
    request.on("close", () => reject(new Error("the client went away")))
  })

const headersOf = (raw: ReadonlyArray<string>): ReadonlyArray<Header> => {
  const headers: Array<Header> = []
  for (let k = 0; k + 1 < raw.length; k += 2) {
    headers.push([(raw[k] ?? "").toLowerCase(), raw[k + 1] ?? ""])
  }
  return sortHeaders(headers)
}

/** Path and query of the request line, and the authority, also where it was in absolute form. */
const placeOf = (request: IncomingMessage): Pick<HttpRequest, "authority" | "target"> => {
  const url = request.url ?? "/"
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(url)
  const authority = (absolute?.[1] ?? request.headers.host ?? "").toLowerCase()
  const target = absolute === null ? url : (absolute[2] ?? "")
  if (absolute === null && !url.startsWith("/")) throw badTarget("The target is no path.")
  return { authority, target: target.startsWith("/") ? target : `/${target}` }
}

const requestOf = async (request: IncomingMessage, limits: FrontLimits): Promise<HttpRequest> => ({
  method: request.method ?? "GET",
  ...placeOf(request),
  headers: headersOf(request.rawHeaders),
  body: await bodyOf(request, limits.bodyBytes),
})

/** An answer as it is told. */
interface Told extends ResponseHead {
  readonly body: Bytes
  readonly answer: Answer
}

const send = (
  { method }: HttpRequest,
  response: ServerResponse,
  { of: { status }, written, hasLength, body, answer }: Told,
): void => {
  if (response.headersSent || response.destroyed) return
  const { how, position, rest } = answer
  const bodyless = method === "HEAD" || status === 204 || status === 304 || status < 200
  // Without a length a large body goes out in chunks of HTTP, whose end says that it is whole.
  const isKnown = !bodyless && !hasLength && rest === undefined
  const length = isKnown ? ["content-length", String(body.length)] : []
  const place = position === undefined ? [] : ["prophecy-position", position]
  // Node adds `Date`, and writes fields and body at once where both are text.
  response.writeHead(status, [...written, ...length, ...place, "prophecy", how])
  if (bodyless) response.end()
  else if (rest === undefined) response.end(body, "latin1")
  else void sendRest(response, Buffer.from(body, "latin1"), rest)
}

/** The body as it comes, no faster than the client takes it. */
const sendRest = (response: ServerResponse, first: Buffer, rest: AsyncIterable<Bytes>) => {
  const parts = async function* () {
    yield first
    for await (const chunk of rest) yield Buffer.from(chunk, "latin1")
  }
  // It closes the connection where the rest is not to be had: the client sees that it has no end.
  return pipeline(parts, response).catch(() => undefined)
}

const sendFailure = (response: ServerResponse, cause: unknown): void => {
  if (response.headersSent || response.destroyed) return
  const { status, headers, close, ...document } = failureOf(cause)
  const body = Buffer.from(`${JSON.stringify(document)}\n`)
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
    prophecy: "failed",
    ...(close === true ? { connection: "close" } : {}),
    ...headers,
  })
  response.end(body)
}

/** The sketch of a page is filed under the term of its sketcher too, where a front end says it. */
const inTerm = (asked: Classified, request: HttpRequest): Classified => {
  const term = headerOf(request, termField)
  return term === undefined || asked.kind === "write"
    ? asked
    : { ...asked, key: `${term} ${asked.key}` }
}

class Answering {
  readonly #options: FrontOptions
  readonly #limits: FrontLimits
  readonly #classify: ReturnType<typeof classifier>
  readonly #vary = new VaryTable(varyPaths)
  readonly #read = responseReader(remembered)
  readonly #again = new AskedAgain(remembered)

  constructor(options: FrontOptions, limits: FrontLimits) {
    this.#options = options
    this.#limits = limits
    this.#classify = classifier(options.routes)
  }

  readonly take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (this.#options.own?.(incoming, response) === true) return
      const asking = this.#again.of(incoming) ?? (await this.#asking(incoming))
      send(asking.request, response, await this.#ask(asking))
    } catch (cause) {
      const { status } = failureOf(cause)
      if (status === 500) this.#options.log?.(`a request failed: ${String(cause)}`)
      sendFailure(response, cause)
    } finally {
      // A body that nobody reads would block the connection's next request.
      incoming.resume()
    }
  }

  async #asking(incoming: IncomingMessage): Promise<Asking> {
    const request = await requestOf(incoming, this.#limits)
    const after = headerOf(request, "prophecy-after")
    const asking = { request, asked: this.#classified(request), after }
    if (isBodyless(incoming)) this.#again.note(incoming, asking)
    return asking
  }

  #classified(request: HttpRequest): Classified {
    return inTerm(this.#classify(request, this.#vary.of(request)), request)
  }

  // Asked again with a wider key while the answer depended on fields that the key left out; each
  // time the key holds more of the request's fields, so this ends.
  async #ask({ request, asked: first, after }: Asking): Promise<Told> {
    for (let asked = first; ; asked = this.#classified(request)) {
      const answer = await this.#options.backend.ask(asked, after)
      const head = this.#read(answer.response)
      if ("_tag" in head) throw new NotAResponse({ why: head.why })
      const told = { ...head, answer }
      if (asked.kind === "write" || !head.hasVary) return told
      const executed = decodeRequest(asked.operation)
      if (isNotHttp(executed)) return told
      const missing = leftOut(request, executed, head.of)
      if (missing.length === 0) return told
      this.#vary.note(request, varyOf(head.of))
      this.#again.forget()
    }
  }
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

/** Listens, on loopback unless told otherwise. Rejects with the system's error (EADDRINUSE). */
export const openFront = (options: FrontOptions): Promise<Front> =>
  new Promise((resolve, reject) => {
    const limits = { ...defaultLimits, ...options.limits }
    const answering = new Answering(options, limits)
    const server = createServer(
      {
        maxHeaderSize: limits.headerBytes,
        requestTimeout: limits.requestMs,
        headersTimeout: limits.requestMs,
        keepAliveTimeout: 30_000,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => void answering.take(request, response),
    )
    server.maxConnections = limits.connections
    server.once("error", reject)
    const host = options.host ?? "127.0.0.1"
    server.listen(options.port, host, () => {
      const { port } = server.address() as AddressInfo
      resolve({ host, port, close: () => stop(server) })
    })
  })
