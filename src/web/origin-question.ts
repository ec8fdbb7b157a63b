/**
 * A question to an origin, from when it is asked until it is answered or its time is up. It may be
 * put on two connections, one after the other (origin-connections.ts): what is said first is the
 * answer. And the dispatcher may put it anew when a connection ends before its answer is whole.
 */
import type { Dispatcher } from "undici"
import type { Bytes } from "../core/ids.ts"
import { type Header, type HttpResponse, isHeader } from "./http-message.ts"

/** The answer's body has more bytes than that are taken. */
export class TooLarge extends Error {}

export interface QuestionLimits {
  /** So long for all of it, in milliseconds: who sends a byte now and then is too slow as well. */
  readonly timeoutMs: number
  /** A longer body is not taken, in bytes. */
  readonly bodyBytes: number
}

const latin1 = (bytes: Buffer | string | undefined): Bytes =>
  typeof bytes === "string" ? bytes : (bytes?.toString("latin1") ?? "")

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

export class Question {
  readonly answer = Promise.withResolvers<HttpResponse>()
  readonly bodyBytes: number
  readonly #clock: NodeJS.Timeout
  #underWay: ReadonlyArray<Try> = []
  #isOver = false

  constructor({ timeoutMs, bodyBytes }: QuestionLimits) {
    this.bodyBytes = bodyBytes
    this.#clock = setTimeout(() => this.#late(), timeoutMs)
  }

  /** Whether it is answered, or its time is up: nobody waits for it any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Its turn on a connection has come; `over` is called once, when it is over there. */
  put(over: () => void): Dispatcher.DispatchHandler | undefined {
    if (this.#isOver) {
      over()
      return undefined
    }
    const put = new Try(this, over)
    this.#underWay = [...this.#underWay, put]
    return put
  }

  /** What was said to one of those that were put. */
  ended(put: Try, said: HttpResponse | Error): void {
    this.#underWay = this.#underWay.filter((other) => other !== put)
    // An error is the last word where no other one is under way.
    if (this.#underWay.length === 0 || !(said instanceof Error)) this.#give(said)
    if (this.#isOver && this.#underWay.length === 0) clearTimeout(this.#clock)
  }

  #give(said: HttpResponse | Error): void {
    if (this.#isOver) return
    this.#isOver = true
    if (said instanceof Error) this.answer.reject(said)
    else this.answer.resolve(said)
  }

  // Also the one that is not answered where the other one was: it holds a connection.
  #late(): void {
    const error = new Error("too slow")
    this.#give(error)
    for (const put of this.#underWay) put.end(error)
  }
}

/** A question on one connection. */
class Try implements Dispatcher.DispatchHandler {
  readonly #question: Question
  readonly #over: () => void
  #chunks: Array<Buffer> = []
  #length = 0
  #status = 0
  #headers: ReadonlyArray<Header> = []
  #controller: Dispatcher.DispatchController | undefined
  #isEnded = false

  constructor(question: Question, over: () => void) {
    this.#question = question
    this.#over = over
  }

  // Called again when it is put anew: nothing of an answer that was cut off may stay.
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#chunks = []
    this.#length = 0
    this.#controller = controller
    if (this.#isEnded || this.#question.isOver) controller.abort(new Error("nobody waits"))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // What goes before the answer (103) is overwritten by it.
    this.#status = status
    this.#headers = headersOf(controller.rawHeaders)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#question.isOver) return
    this.#length += chunk.length
    if (this.#length > this.#question.bodyBytes) this.end(new TooLarge())
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks, this.#length).toString("latin1")
    this.end({ status: this.#status, headers: this.#headers, body })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.end(error)
  }

  /** It is over here. An error gives its connection up: what comes on it is no answer to others. */
  end(said: HttpResponse | Error): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#question.ended(this, said)
    if (said instanceof Error) this.#controller?.abort(said)
    this.#over()
  }
}
