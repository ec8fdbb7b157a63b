/**
 * HTTP requests and responses as bytes: what a replicated web service takes as an operation and
 * gives as a result. Both encodings are canonical (one message, one text) and total (bytes that
 * are no message decode to the reason, never to an exception).
 *
 * | message  | bytes |
 * |----------|-------|
 * | request  | `Q` field(method) field(authority) field(target) headers body |
 * | response | `R` status, three digits, headers body |
 * | headers  | 32-bit count, then field(name) field(value) of each, names in small letters |
 */
import type { Bytes } from "../core/ids.ts"
import { field, fieldAt, lengthText } from "../core/service/byte-text.ts"

/** A header field; its name is in small letters. */
export type Header = readonly [name: string, value: Bytes]

export interface HttpRequest {
  /** `GET`, in capital letters. */
  readonly method: string
  /** The host and port that the client asked, in small letters; empty when it named none. */
  readonly authority: string
  /** Path and query as the client wrote them. */
  readonly target: string
  /** In order of their names; several fields of one name in the order in which they came. */
  readonly headers: ReadonlyArray<Header>
  readonly body: Bytes
}

export interface HttpResponse {
  /** 100 to 599. */
  readonly status: number
  readonly headers: ReadonlyArray<Header>
  readonly body: Bytes
}

/** Bytes that are no message, and why. */
export interface NotHttp {
  readonly _tag: "NotHttp"
  readonly why: string
}

const notHttp = (why: string): NotHttp => ({ _tag: "NotHttp", why })

export const isNotHttp = (x: HttpRequest | HttpResponse | NotHttp): x is NotHttp => "_tag" in x

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The fields in the one order that is encoded: by name, and within a name as they came. */
export const sortHeaders = (headers: ReadonlyArray<Header>): ReadonlyArray<Header> =>
  [...headers].sort(([a], [b]) => compare(a, b))

const headersText = (headers: ReadonlyArray<Header>): Bytes =>
  lengthText(headers.length) + headers.map(([name, value]) => field(name) + field(value)).join("")

export const encodeRequest = (r: HttpRequest): Bytes =>
  `Q${field(r.method)}${field(r.authority)}${field(r.target)}${headersText(r.headers)}${r.body}`

export const encodeResponse = (r: HttpResponse): Bytes =>
  `R${r.status}${headersText(r.headers)}${r.body}`

/** Reads fields one after the other; the first that is cut off makes the rest undefined. */
class Fields {
  at: number
  readonly #text: Bytes

  constructor(text: Bytes, at: number) {
    this.#text = text
    this.at = at
  }

  next(): Bytes | undefined {
    const place = fieldAt(this.#text, this.at)
    if (place === undefined) return undefined
    this.at = place.to
    return this.#text.slice(place.from, place.to)
  }

  /** Goes past a field; false where it is cut off. */
  skip(): boolean {
    const place = fieldAt(this.#text, this.at)
    if (place !== undefined) this.at = place.to
    return place !== undefined
  }

  /** A count that the rest can hold: each counted thing has at least `least` bytes. */
  count(least: number): number | undefined {
    if (this.#text.length - this.at < 4) return undefined
    let count = 0
    for (let k = 0; k < 4; k++) count = count * 256 + this.#text.charCodeAt(this.at + k)
    this.at += 4
    return count * least > this.#text.length - this.at ? undefined : count
  }

  rest(): Bytes {
    return this.#text.slice(this.at)
  }
}

const name = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
// Field values hold no line breaks and no NUL (RFC 9110 section 5.5): nothing can be smuggled in.
// oxlint-disable-next-line no-control-regex
const value = /^[^\r\n\0]*$/

/** Whether a field can be written into an HTTP/1.1 message as it is. */
export const isHeader = ([n, v]: Header): boolean => name.test(n) && value.test(v)

const readHeaders = (fields: Fields): ReadonlyArray<Header> | string => {
  const count = fields.count(8)
  if (count === undefined) return "the header fields are cut off"
  const headers: Array<Header> = []
  for (let k = 0; k < count; k++) {
    const n = fields.next()
    const v = fields.next()
    if (n === undefined || v === undefined) return "a header field is cut off"
    if (!isHeader([n, v])) return `"${n.slice(0, 40)}" is no header field`
    const last = headers.at(-1)
    if (last !== undefined && compare(last[0], n) > 0) return "the header fields are out of order"
    headers.push([n, v])
  }
  return headers
}

const method = /^[A-Z]{1,20}$/
const target = /^[\x21-\x7e]+$/
const authority = /^[\x21-\x7e]*$/

export const decodeRequest = (bytes: Bytes): HttpRequest | NotHttp => {
  if (bytes[0] !== "Q") return notHttp("no request starts so")
  const fields = new Fields(bytes, 1)
  const m = fields.next()
  const a = fields.next()
  const t = fields.next()
  if (m === undefined || a === undefined || t === undefined) return notHttp("it is cut off")
  if (!method.test(m)) return notHttp("the method is none")
  if (!authority.test(a)) return notHttp("the authority is none")
  if (!target.test(t)) return notHttp("the target is none")
  const headers = readHeaders(fields)
  if (typeof headers === "string") return notHttp(headers)
  return { method: m, authority: a, target: t, headers, body: fields.rest() }
}

export const decodeResponse = (bytes: Bytes): HttpResponse | NotHttp => {
  const status = /^R([1-5][0-9]{2})/.exec(bytes.slice(0, 4))?.[1]
  if (status === undefined) return notHttp("no response starts so")
  const fields = new Fields(bytes, 4)
  const headers = readHeaders(fields)
  if (typeof headers === "string") return notHttp(headers)
  return { status: Number(status), headers, body: fields.rest() }
}

/** How long a response is without its body; undefined where its fields are cut off. */
export const headLength = (bytes: Bytes): number | undefined => {
  const fields = new Fields(bytes, 4)
  const count = fields.count(8)
  if (count === undefined) return undefined
  for (let k = 0; k < 2 * count; k++) if (!fields.skip()) return undefined
  return fields.at
}

/** The value of the first field of that name (small letters). */
export const headerOf = (
  { headers }: HttpRequest | HttpResponse,
  wanted: string,
): Bytes | undefined => headers.find(([n]) => n === wanted)?.[1]

/** The path of a target, without its query. */
export const pathOf = ({ target: t }: HttpRequest): string => t.split("?")[0] ?? "/"
