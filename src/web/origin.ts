/**
 * Any HTTP server as a replica's origin, for GET and HEAD: what it answers is normalised, so that
 * origins with equal contents give equal bytes. Writes are refused: an origin without digest,
 * snapshot and undo cannot take part in agreement, and replicas that disagree would lie together.
 */
import { buildConnector, Client, type Dispatcher } from "undici"
import type { Bytes } from "../core/ids.ts"
import { corkWrites } from "./corked-sockets.ts"
import {
  encodeResponse,
  type Header,
  type HttpRequest,
  type HttpResponse,
  isHeader,
  isNotHttp,
} from "./http-message.ts"
import type { Normalise } from "./normalise.ts"
import { OriginConnections } from "./origin-connections.ts"
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

/** The fields in the order in which they came; those that cannot be written again are left out. */
const headersOf = (raw: Dispatcher.DispatchController["rawHeaders"]): ReadonlyArray<Header> => {
  const parts = Array.isArray(raw) ? raw : []
  const headers: Array<Header> = []
  for (let k = 0; k + 1 < parts.length; k += 2) {
    const [name = "", value = ""] = [parts[k], parts[k + 1]].map(latin1)
    const header: Header = [name.toLowerCase(), value]
    if (isHeader(header)) headers.push(header)
  }
  return headers
}

const latin1 = (bytes: Buffer | string | undefined): Bytes =>
  typeof bytes === "string" ? bytes : (bytes?.toString("latin1") ?? "")

/** The answer's body has more bytes than that are taken. */
class TooLarge extends Error {}

/** The connection broke; what was asked may be asked again. */
const isBroken = (error: unknown): boolean =>
  ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "")

/** One question, with so long for all of it: who sends a byte now and then is too slow as well. */
class Question implements Dispatcher.DispatchHandler {
  readonly answer = Promise.withResolvers<HttpResponse>()
  readonly #bodyBytes: number
  readonly #clock: NodeJS.Timeout
  readonly #chunks: Array<Buffer> = []
  #length = 0
  #status = 0
  #headers: ReadonlyArray<Header> = []
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false
  #over: () => void = () => undefined

  constructor({ timeoutMs, bodyBytes }: OriginClientOptions) {
    this.#bodyBytes = bodyBytes
    this.#clock = setTimeout(() => this.#give(new Error("too slow")), timeoutMs)
  }

  /** Its turn has come; `over` is called when it is over. False: nobody waits for it any more. */
  starts(over: () => void): boolean {
    this.#over = over
    if (this.#isOver) over()
    return !this.#isOver
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(new Error("too slow"))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // What goes before the answer (100, 103) is overwritten by it.
    this.#status = status
    this.#headers = headersOf(controller.rawHeaders)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#length += chunk.length
    if (this.#length > this.#bodyBytes) this.#give(new TooLarge())
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks, this.#length).toString("latin1")
    this.#give({ status: this.#status, headers: this.#headers, body })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#give(error)
  }

  #give(answer: HttpResponse | Error): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#clock)
    if (answer instanceof Error) {
      this.answer.reject(answer)
      this.#controller?.abort(answer)
    } else this.answer.resolve(answer)
    this.#over()
  }
}

const mostConnections = 32

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
  const connections = new OriginConnections({ open, most: mostConnections, pipelining })
  const base = url.pathname.replace(/\/$/, "")
  const ask = (request: HttpRequest): Promise<HttpResponse> => {
    const question = new Question(options)
    const host = request.authority === "" ? url.host : request.authority
    const headers = [...request.headers.flat(), "host", host]
    const sent = { method: request.method, path: `${base}${request.target}`, headers } as const
    connections.ask((client, over) => {
      if (question.starts(over)) client.dispatch({ ...sent, blocking: false }, question)
    })
    return question.answer.promise
  }
  const askTwice = async (request: HttpRequest): Promise<HttpResponse> => {
    try {
      return await ask(request)
    } catch (error) {
      // An origin closes a connection when it likes, and another question's time may be up.
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
