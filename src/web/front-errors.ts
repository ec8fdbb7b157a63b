/** What can go wrong in front of a replicated web service, each as an answer. */
import { Data } from "effect"

/** The group did not answer in time; whether a write takes effect is unknown. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly afterMs: number }> {}

/** More requests wait than are let in; this one was not sent. */
export class TooBusy extends Data.TaggedError("TooBusy") {}

/** The request, fields included, is longer than the group takes; it was not sent. */
export class TooLong extends Data.TaggedError("TooLong")<{
  readonly bytes: number
  readonly limit: number
}> {}

/** The group agreed on bytes that are no HTTP response: the service is at fault. */
export class NotAResponse extends Data.TaggedError("NotAResponse")<{ readonly why: string }> {}

/** Too few of the replicas' origins gave one and the same answer. */
export class OriginsDiffer extends Data.TaggedError("OriginsDiffer")<{ readonly what: string }> {}

/** An answer that says what went wrong: one word for programs, one sentence for people. */
export interface Failure {
  readonly status: number
  readonly error: string
  readonly message: string
  readonly limit?: number
  /** Whether the connection can be used again. */
  readonly close?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

export class Failed extends Data.TaggedError("Failed")<{ readonly failure: Failure }> {}

export const badTarget = (why: string): Failed =>
  new Failed({ failure: { status: 400, error: "BadRequest", message: why, close: true } })

export const bodyTooLarge = (limit: number): Failed =>
  new Failed({
    failure: {
      status: 413,
      error: "BodyTooLarge",
      message: `A request's body has at most ${limit} bytes.`,
      limit,
      close: true,
    },
  })

/** A cause as an answer; what nobody foresaw is a 500 that tells no secret. */
export const failureOf = (cause: unknown): Failure => {
  if (cause instanceof Failed) return cause.failure
  if (cause instanceof NoAnswer) {
    const message = `The replicas did not answer within ${cause.afterMs} ms; whether a change takes effect is unknown.`
    return { status: 504, error: "NoAnswer", message, limit: cause.afterMs }
  }
  if (cause instanceof TooBusy) {
    const message = "Too many requests wait already; this one was not sent."
    return { status: 503, error: "TooBusy", message, headers: { "retry-after": "1" } }
  }
  if (cause instanceof TooLong) {
    const { bytes, limit } = cause
    const message = `The request has ${bytes} bytes; the group takes ${limit}.`
    return { status: 413, error: "TooLong", message, limit }
  }
  if (cause instanceof NotAResponse) {
    const message = `The replicas agreed on something that is no HTTP response: ${cause.why}.`
    return { status: 502, error: "NotAResponse", message }
  }
  if (cause instanceof OriginsDiffer) {
    const message = `Too few of the replicas' origins gave one and the same answer: ${cause.what}.`
    return { status: 502, error: "OriginsDiffer", message }
  }
  return { status: 500, error: "Internal", message: "Something went wrong here; see the log." }
}
