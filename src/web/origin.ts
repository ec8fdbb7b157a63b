/**
 * Any HTTP server as a replica's origin, for GET and HEAD: what it answers is normalised, so that
 * origins with equal contents give equal bytes. Writes are refused: an origin without digest,
 * snapshot and undo cannot take part in agreement, and replicas that disagree would lie together.
 */
import { Agent, type IncomingMessage, request as httpRequest } from "node:http"
import { request as httpsRequest, Agent as HttpsAgent } from "node:https"
import type { Bytes } from "../core/ids.ts"
import {
  decodeRequest,
  encodeResponse,
  type Header,
  type HttpRequest,
  type HttpResponse,
  isHeader,
  isNotHttp,
} from "./http-message.ts"
import type { Normalise } from "./normalise.ts"

export interface OriginClientOptions {
  /** `http://127.0.0.1:8081`: scheme, host and port; a path is put before every target. */
  readonly url: URL
  readonly normalise: Normalise
  /** An origin that takes longer has not answered, in milliseconds. */
  readonly timeoutMs: number
  /** A longer body is not taken, in bytes. */
  readonly bodyBytes: number
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

const headersOf = ({ rawHeaders }: IncomingMessage): ReadonlyArray<Header> => {
  const headers: Array<Header> = []
  for (let k = 0; k + 1 < rawHeaders.length; k += 2) {
    const header: Header = [(rawHeaders[k] ?? "").toLowerCase(), rawHeaders[k + 1] ?? ""]
    if (isHeader(header)) headers.push(header)
  }
  return headers
}

/** The whole response, or undefined when its body is longer than that. */
const read = (incoming: IncomingMessage, limit: number): Promise<HttpResponse | undefined> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    let length = 0
    incoming.on("data", (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length <= limit) return
      incoming.destroy()
      resolve(undefined)
    })
    incoming.on("end", () => {
      const body = Buffer.concat(chunks, length).toString("latin1")
      resolve({ status: incoming.statusCode ?? 502, headers: headersOf(incoming), body })
    })
    incoming.on("error", reject)
  })

const send = (
  { url, timeoutMs }: OriginClientOptions,
  agent: Agent,
  request: HttpRequest,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const start = url.protocol === "https:" ? httpsRequest : httpRequest
    const path = `${url.pathname.replace(/\/$/, "")}${request.target}`
    const host = request.authority === "" ? url.host : request.authority
    const sent = start({
      host: url.hostname,
      port: url.port,
      method: request.method,
      path,
      agent,
      headers: [...request.headers.flat(), "host", host],
    })
    // For all of it: an origin that sends a byte now and then has not answered either.
    const cut = setTimeout(() => sent.destroy(new Error("too slow")), timeoutMs)
    sent.on("close", () => clearTimeout(cut))
    sent.on("response", resolve)
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // The origin closed a connection that was kept for the next request: that is no refusal.
      const isStale = sent.reusedSocket && error.code === "ECONNRESET"
      reject(isStale ? new StaleConnection() : error)
    })
    sent.end()
  })

class StaleConnection extends Error {}

const sendAgain = async (
  options: OriginClientOptions,
  agent: Agent,
  request: HttpRequest,
): Promise<IncomingMessage> => {
  for (;;) {
    try {
      return await send(options, agent, request)
    } catch (error) {
      // Each time there is one connection less that is old, so this ends.
      if (!(error instanceof StaleConnection)) throw error
    }
  }
}

export const openOrigin = (options: OriginClientOptions): OriginClient => {
  const { url, normalise, bodyBytes } = options
  const settings = { keepAlive: true, maxSockets: 32 }
  const agent = url.protocol === "https:" ? new HttpsAgent(settings) : new Agent(settings)
  const execute = async (operation: Bytes): Promise<OriginAnswer> => {
    const request = decodeRequest(operation)
    if (isNotHttp(request)) return notARequest(request.why)
    if (request.method !== "GET" && request.method !== "HEAD") return refusedWrite
    try {
      const response = await read(await sendAgain(options, agent, request), bodyBytes)
      if (response !== undefined) {
        return { response: encodeResponse(normalise(request, response)), isOrigins: true }
      }
      const why = `The origin's answer has more than ${bodyBytes} bytes.`
      return originFailure(502, "OriginTooLarge", why, bodyBytes)
    } catch {
      // What a broken origin's socket says differs from replica to replica: one text for all.
      return originFailure(502, "NoOrigin", "The origin did not answer.")
    }
  }
  return { execute, close: () => agent.destroy() }
}
