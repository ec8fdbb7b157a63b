import { Schema } from "effect"

/** A whole number from 0 to 2^53 - 1: views, sequence numbers, timestamps, replicas, clients. */
export const Natural = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 53 - 1 }))

/** Bytes as text, one character (0..255) a byte. */
export const BytesText = Schema.String.check(Schema.isPattern(/^[\u0000-\u00ff]*$/))

/** A request as its client signed it (OSDI '99 section 4.2: o, t, c and the authenticator). */
export const SignedRequest = Schema.Struct({
  client: Natural,
  timestamp: Natural,
  operation: BytesText,
  /** The client's authenticator: one MAC a replica. Nobody in the core looks inside. */
  authenticator: BytesText,
})
export type SignedRequest = typeof SignedRequest.Type

/** What is ordered: requests in the order in which they are executed. Never empty. */
export type Batch = ReadonlyArray<SignedRequest>

/** A request without its authenticator: what a digest covers. */
export type Request = Omit<SignedRequest, "authenticator">
