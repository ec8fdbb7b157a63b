/**
 * Any HTTP server as a replica's origin, for GET and HEAD: what it answers is normalised, so that
 * origins with equal contents give equal bytes. Writes are refused: an origin without digest,
 * snapshot and undo cannot take part in agreement, and replicas that disagree would lie together.
 */
import { buildConnector, Client } from "undici"
import type { Bytes } from "../core/ids.ts"
import { corkWrites } from "./corked-sockets.ts"
import {
  encodeResponse,
  type Header,
  type HttpRequest,
  type HttpResponse,
  isNotHttp,
} from "./http-message.ts"
import type { Normalise } from "./normalise.ts"
import { OriginConnections } from "./origin-connections.ts"
import { Question, TooLarge } from "./origin-question.ts"
import { originRequest } from "./origin-request.ts"

export interface OriginClientOptions {
  /** `http://127.0.0.1:8081`: scheme, host and port; a path is put before every target. */
  readonly url: URL
  readonly normalise: Normalise
  /** An origin that takes longer has not answered, in milliseconds. */
  readonly timeoutMs: number
  /** A longer body is not taken, in bytes. */
  readonly bodyBytes: number
  /** How many questions may be on their way on one connection. */
  readonly pipelining: number
}

export interface OriginAnswer {
  /** An encoded response. */
  readonly response: Bytes
  /** False: the origin has not said this; the response tells what went wrong. */
  readonly isOrigins: boolean
}

export interface OriginClient {
  /** Executes an encoded request. Never rejects: what goes wrong is a response of its own. */
  readonly execute: (operation: Bytes) => Promise<OriginAnswer>
  readonly close: () => void
}

/** A response of the replica itself: one word for programs, one sentence for people. */
export const originFailure = (
  status: number,
  error: string,
  message: string,
  limit?: number,
): OriginAnswer => {
  const body = Buffer.from(`${JSON.stringify({ error, message, limit })}\n`).toString("latin1")
  const headers: ReadonlyArray<Header> = [
    ["content-length", String(body.length)],
    ["content-type", "application/json"],
  ]
  return { response: encodeResponse({ status, headers, body }), isOrigins: false }
}

const notARequest = (why: string): OriginAnswer =>
  originFailure(400, "NotARequest", `The operation is no HTTP request: ${why}.`)

const refusedWrite = originFailure(
  501,
  "ReadOnlyOrigin",
  "This origin has no snapshot of its state, so replicas cannot agree on changes of it: only GET and HEAD are possible.",
)

/** The connection broke; what was asked may be asked again. */
const isBroken = (error: unknown): boolean =>
  ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "")

const mostConnections = 32

/** Files are there in a few milliseconds; who waits behind something slower may well ask again. */
const patienceMs = 100

export const openOrigin = (options: OriginClientOptions): OriginClient => {
  const { url, normalise, bodyBytes, pipelining } = options
  const clocks = { headersTimeout: 0, bodyTimeout: 0 }
  const opened = buildConnector({})
  const connect: buildConnector.connector = (to, callback) =>
    opened(to, (...result) => {
      if (result[0] === null) corkWrites(result[1])
      callback(...result)
    })
  const open = (): Client => new Client(url.origin, { pipelining, connect, ...clocks })
  const connections = new OriginConnections({ open, most: mostConnections, pipelining, patienceMs })
  const base = url.pathname.replace(/\/$/, "")
  const ask = (request: HttpRequest): Promise<HttpResponse> => {
    const question = new Question(options)
    const host = request.authority === "" ? url.host : request.authority
    const headers = [...request.headers.flat(), "host", host]
    const sent = { method: request.method, path: `${base}${request.target}`, headers } as const
    connections.ask((client, over) => {
      const handler = question.put(over)
      if (handler !== undefined) client.dispatch({ ...sent, blocking: false }, handler)
    })
    return question.answer.promise
  }
  const askTwice = async (request: HttpRequest): Promise<HttpResponse> => {
    try {
      return await ask(request)
    } catch (error) {
      // An origin closes a connection when it likes. undici asks again for all that wait behind the
      // first question on it, not for the first, which the origin may have begun to answer.
      if (isBroken(error)) return ask(request)
      throw error
    }
  }
  const execute = async (operation: Bytes): Promise<OriginAnswer> => {
    const request = originRequest(operation)
    if (isNotHttp(request)) return notARequest(request.why)
    if (request.method !== "GET" && request.method !== "HEAD") return refusedWrite
    try {
      const response = await askTwice(request)
      return { response: encodeResponse(normalise(request, response)), isOrigins: true }
    } catch (error) {
      if (error instanceof TooLarge) {
        const why = `The origin's answer has more than ${bodyBytes} bytes.`
        return originFailure(502, "OriginTooLarge", why, bodyBytes)
      }
      // What a broken origin's socket says differs from replica to replica: one text for all.
      return originFailure(502, "NoOrigin", "The origin did not answer.")
    }
  }
  const close = (): void => {
    for (const client of connections.opened) void client.destroy()
  }
  return { execute, close }
}
