/**
 * Status and fields of responses, decoded and made ready to be written once for many responses that
 * have the same: answers that repeat an earlier one, as most are, differ in nothing.
 */
import type { Bytes } from "../core/ids.ts"
import { remembering } from "../core/oldest.ts"
import {
  decodeResponse,
  headerOf,
  headLength,
  type HttpResponse,
  isHeader,
  isNotHttp,
  type NotHttp,
} from "./http-message.ts"

export interface ResponseHead {
  /** The response without its body. */
  readonly of: HttpResponse
  /** Its fields as they are written: names and values in turn. */
  readonly written: ReadonlyArray<string>
  readonly hasLength: boolean
  readonly hasVary: boolean
}

// Fields that are this connection's to set, or this server's.
const ownFields = new Set([
  "connection",
  "date",
  "keep-alive",
  "prophecy",
  "prophecy-position",
  "transfer-encoding",
])

const headOf = (bytes: Bytes): ResponseHead | NotHttp => {
  const of = decodeResponse(bytes)
  if (isNotHttp(of)) return of
  return {
    of,
    written: of.headers.filter((h) => !ownFields.has(h[0]) && isHeader(h)).flat(),
    hasLength: headerOf(of, "content-length") !== undefined,
    hasVary: headerOf(of, "vary") !== undefined,
  }
}

// Texts are parts of the responses that they come from, which would be kept with them.
const copied = (text: Bytes): Bytes => Buffer.from(text, "latin1").toString("latin1")

/** Heads with more bytes are not remembered. */
const longest = 4_096

/** Reads an encoded response: its head and its body, or why it is none. */
export type ReadResponse = (response: Bytes) => (ResponseHead & { readonly body: Bytes }) | NotHttp

/** With a memory of the last `most` heads. */
export const responseReader = (most: number): ReadResponse => {
  const headOfText = remembering(headOf, { most, longest, copied })
  return (response) => {
    const length = headLength(response) ?? response.length
    const head = headOfText(response.slice(0, length))
    return "_tag" in head ? head : { ...head, body: response.slice(length) }
  }
}
