/**
 * The key-value service as HTTP: PUT, GET, HEAD and DELETE of `/kv/KEY`, GET of `/status` and
 * `/healthz`. Bodies are the values, byte for byte; errors are JSON that names cause and limit.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Data } from "effect"

/** A replicated map from text to bytes. Rejects with `NoAnswer`, `TooBusy` or `TooLong`. */
export interface KeyValueStore {
  readonly get: (key: string) => Promise<Uint8Array | undefined>
  readonly put: (key: string, value: Uint8Array) => Promise<void>
  /** Whether there was a value. */
  readonly remove: (key: string) => Promise<boolean>
}

/** The group did not answer in time; whether the request takes effect is unknown. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly afterMs: number }> {}

/** More requests wait than the clients' pool lets in; this one was not sent. */
export class TooBusy extends Data.TaggedError("TooBusy") {}

/** The operation, key included, is longer than the cluster takes; this one was not sent. */
export class TooLong extends Data.TaggedError("TooLong")<{ readonly limit: number }> {}

export interface HttpFrontOptions {
  readonly store: KeyValueStore
  /** What `GET /status` prints. */
  readonly status: () => Promise<unknown>
  /** The answer of `GET /healthz`: undefined when the service can answer, else why not. */
  readonly unhealthy: () => string | undefined
  /** 0 takes any free port. */
  readonly port: number
}

export interface HttpFront {
  readonly port: number
  /** Answers what is under way, takes nothing new, and ends. */
  readonly close: () => Promise<void>
}

/** Bytes of a key in UTF-8. */
export const longestKey = 256
/** Bytes of a value. */
export const largestValue = 32 * 1024
const bodyTimeoutMs = 10_000
/** How long `close` waits for answers under way. */
const closingMs = 2_000

/** An answer that is not a value. */
interface Failure {
  readonly status: number
  /** One word for programs. */
  readonly error: string
  /** One sentence for people. */
  readonly message: string
  readonly limit?: number
  readonly headers?: Readonly<Record<string, string>>
}

class Failed extends Data.TaggedError("Failed")<{ readonly failure: Failure }> {}

const fail = (failure: Failure): Failed => new Failed({ failure })

const kvMethods = "GET, HEAD, PUT, DELETE"

const noSuchPath = (path: string): Failed =>
  fail({
    status: 404,
    error: "NoSuchPath",
    message: `There is nothing at ${path}; see /kv/KEY, /status and /healthz.`,
  })

const badMethod = (method: string, allowed: string): Failed =>
  fail({
    status: 405,
    error: "MethodNotAllowed",
    message: `${method} is not possible here; ${allowed} are.`,
    headers: { allow: allowed },
  })

const tooLarge = (): Failed =>
  fail({
    status: 413,
    error: "ValueTooLarge",
    message: `A value has at most ${largestValue} bytes.`,
    limit: largestValue,
    headers: { connection: "close" },
  })

/** The key of `/kv/KEY`, percent-decoded. */
const keyOf = (path: string): string => {
  let key: string
  try {
    key = decodeURIComponent(path.slice("/kv/".length))
  } catch {
    const message = "The key is not valid percent-encoded UTF-8."
    throw fail({ status: 400, error: "BadKey", message })
  }
  const length = Buffer.byteLength(key)
  if (length >= 1 && length <= longestKey) return key
  throw fail({
    status: length === 0 ? 400 : 414,
    error: length === 0 ? "BadKey" : "KeyTooLong",
    message: `A key has 1 to ${longestKey} bytes in UTF-8; this one has ${length}.`,
    limit: longestKey,
  })
}

/** The whole body, refused as soon as it is known to be too large. */
const bodyOf = (request: IncomingMessage): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    if (Number(request.headers["content-length"] ?? 0) > largestValue) return reject(tooLarge())
    const chunks: Array<Buffer> = []
    let length = 0
    request.on("data", (chunk: Buffer) => {
      length += chunk.length
      if (length > largestValue) reject(tooLarge())
      else chunks.push(chunk)
    })
    request.on("end", () => resolve(Buffer.concat(chunks, length)))
    request.on("error", reject)
    request.on("close", () => reject(new Error("the request was cut off")))
  })

const send = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  body?: string | Uint8Array,
): void => {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, headers)
  response.end(body)
}

const sendJson = (
  response: ServerResponse,
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const body = Buffer.from(`${JSON.stringify(document)}\n`)
  const type = { "content-type": "application/json", "content-length": body.length }
  send(response, status, { ...type, ...headers }, body)
}

const sendFailure = (response: ServerResponse, failure: Failure): void => {
  const { status, headers, ...document } = failure
  sendJson(response, status, document, headers)
}

/** What went wrong below, as an answer. */
const failureOf = (cause: unknown): Failure => {
  if (cause instanceof Failed) return cause.failure
  if (cause instanceof NoAnswer) {
    const message = `The replicas did not answer within ${cause.afterMs} ms; whether the request takes effect is unknown.`
    return { status: 504, error: "NoAnswer", message, limit: cause.afterMs }
  }
  if (cause instanceof TooBusy) {
    const message = "Too many requests wait already; this one was not sent."
    return { status: 503, error: "TooBusy", message, headers: { "retry-after": "1" } }
  }
  if (cause instanceof TooLong) {
    const message = `Key and value together have more than the ${cause.limit} bytes of an operation.`
    return { status: 413, error: "TooLong", message, limit: cause.limit }
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  return { status: 500, error: "Internal", message }
}

const readValue = async (
  options: HttpFrontOptions,
  response: ServerResponse,
  key: string,
): Promise<void> => {
  const value = await options.store.get(key)
  if (value === undefined) {
    throw fail({ status: 404, error: "NoSuchKey", message: "The key has no value." })
  }
  const type = { "content-type": "application/octet-stream", "content-length": value.length }
  send(response, 200, type, value)
}

const answerKey = async (
  options: HttpFrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const key = keyOf(pathOf(request))
  switch (request.method) {
    case "GET":
    case "HEAD":
      return await readValue(options, response, key)
    case "PUT":
      await options.store.put(key, await bodyOf(request))
      return send(response, 204, {})
    case "DELETE": {
      const removed = await options.store.remove(key)
      if (removed) return send(response, 204, {})
      throw fail({ status: 404, error: "NoSuchKey", message: "The key has no value." })
    }
    default:
      throw badMethod(request.method ?? "?", kvMethods)
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?")[0] ?? "/"

const answer = async (
  options: HttpFrontOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const path = pathOf(request)
  if (path.startsWith("/kv/")) return await answerKey(options, request, response)
  if (path !== "/status" && path !== "/healthz") throw noSuchPath(path)
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw badMethod(request.method ?? "?", "GET, HEAD")
  }
  if (path === "/status") return sendJson(response, 200, await options.status())
  const why = options.unhealthy()
  sendJson(response, why === undefined ? 200 : 503, { healthy: why === undefined, why })
}

const take =
  (options: HttpFrontOptions) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await answer(options, request, response)
    } catch (cause) {
      sendFailure(response, failureOf(cause))
    } finally {
      // A body that nobody reads would block the connection's next request.
      request.resume()
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

/** Listens on loopback. Rejects with the system's error, such as EADDRINUSE. */
export const openHttpFront = (options: HttpFrontOptions): Promise<HttpFront> =>
  new Promise((resolve, reject) => {
    const handle = take(options)
    const server = createServer((request, response) => void handle(request, response))
    server.requestTimeout = bodyTimeoutMs
    server.headersTimeout = bodyTimeoutMs
    server.keepAliveTimeout = 30_000
    server.once("error", reject)
    server.listen(options.port, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resolve({ port, close: () => stop(server) })
    })
  })
