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
  /**
   * Who answers with the whole result, the others with its digest (TOCS section 5.1); without it
   * all answer in full. No part of the request's identity: neither digests nor MACs cover it.
   */
  replier: Schema.optionalKey(Natural),
  /** Zyzzyva: nobody answers before it is committed. No part of its identity either. */
  commitFirst: Schema.optionalKey(Schema.Literal(true)),
  /** Zyzzyva: answers are for the client alone, and unsigned. No part of its identity either. */
  clientOnly: Schema.optionalKey(Schema.Literal(true)),
})
export type SignedRequest = typeof SignedRequest.Type

/** What changes nothing, and need not be ordered, as its client signed it. */
export const SignedRead = Schema.Struct({
  client: Natural,
  timestamp: Natural,
  operation: BytesText,
  authenticator: BytesText,
})
export type SignedRead = typeof SignedRead.Type

/** A request that is only named: its client sent it to every replica. */
export const NamedRequest = Schema.Struct({ client: Natural, timestamp: Natural })
export type NamedRequest = typeof NamedRequest.Type

/** Whether an operation is so big that it goes past the primary. */
export const isBig = (
  { bigRequestBytes }: { readonly bigRequestBytes?: number | undefined },
  operation: string,
): boolean => bigRequestBytes !== undefined && operation.length >= bigRequestBytes

/** What a pre-prepare bears of a request. */
export type BatchItem = SignedRequest | NamedRequest

/** Whether the request itself is there, and not only its name. */
export const isSigned = (item: BatchItem): item is SignedRequest => "operation" in item

/** What is ordered: requests in the order in which they are executed. Never empty. */
export type Batch = ReadonlyArray<SignedRequest>

/** A request without its authenticator: what a digest covers. */
export type Request = Omit<SignedRequest, "authenticator" | keyof Marks>

/** The part `replier` of a request, where it has one. */
export const replierOf = ({ replier }: Pick<SignedRequest, "replier">): { replier?: number } =>
  replier === undefined ? {} : { replier }

/** How a client wants to be answered: no part of what it asks for. */
export type Marks = Partial<Pick<SignedRequest, "replier" | "commitFirst" | "clientOnly">>

/** The marks of a request, where it has any. */
export const marksOf = ({ replier, commitFirst, clientOnly }: Marks): Marks => ({
  ...(replier === undefined ? {} : { replier }),
  ...(commitFirst === true ? { commitFirst } : {}),
  ...(clientOnly === true ? { clientOnly } : {}),
})

/** A request that needs no authenticator: others have vouched for it. */
export const unsigned = ({ client, timestamp, operation }: Request): SignedRequest => ({
  client,
  timestamp,
  operation,
  authenticator: "",
})
