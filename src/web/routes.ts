/**
 * Which requests are reads, and what a read's sketch is kept under. By default GET and HEAD are
 * reads, and the key holds the whole request but for header fields that say nothing about the
 * answer: two users who ask for one page with different cookies have two keys, so what was verified
 * for one can never answer the other (protocols: Prophecy's I5). Narrowing the key is an explicit
 * rule of a route; the response's `Vary` can only widen it.
 */
import { Schema } from "effect"
import type { Bytes } from "../core/ids.ts"
import { encodeRequest, type Header, type HttpRequest, headerOf, pathOf } from "./http-message.ts"

const Route = Schema.Struct({
  /** A path, or with a `*` at its end all paths that start so. The first route that fits holds. */
  path: Schema.NonEmptyString,
  methods: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  /** `read`: executing it changes nothing. `write`: it is always ordered. */
  kind: Schema.optionalKey(Schema.Literals(["read", "write"])),
  /**
   * The only request fields that the key holds. Say so only where the answer depends on nothing
   * else: it is you who vouches for it.
   */
  keyHeaders: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
})
export type Route = typeof Route.Type

export const RouteRules = Schema.Struct({
  routes: Schema.Array(Route),
  /** Request fields that the key leaves out, on every route. */
  ignoreHeaders: Schema.Array(Schema.NonEmptyString),
})
export type RouteRules = typeof RouteRules.Type

/**
 * Fields of the connection, and those that no origin answers differently for: tracing, and what
 * only asks for a fresh answer (`cache-control`, `pragma`). `user-agent`, `accept`,
 * `accept-encoding`, `cookie`, `authorization`, `range` and `if-none-match` stay in.
 */
export const defaultRoutes: RouteRules = {
  routes: [],
  ignoreHeaders: [
    "cache-control",
    "connection",
    "content-length",
    "dnt",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "pragma",
    "priority",
    "prophecy-after",
    "prophecy-term",
    "proxy-connection",
    "referer",
    "sec-ch-ua",
    "sec-ch-ua-mobile",
    "sec-ch-ua-platform",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
  ],
}

export interface Classified {
  readonly kind: "read" | "write"
  /** What a sketch is kept under: the canonical request. Empty for a write. */
  readonly key: Bytes
  /** The request as the replicas execute it: what the key leaves out is not there either. */
  readonly operation: Bytes
  /** The client asks for an answer that is current: no fast read. */
  readonly fresh: boolean
}

const fits = ({ path, methods }: Route, request: HttpRequest): boolean => {
  if (methods !== undefined && !methods.includes(request.method)) return false
  const asked = pathOf(request)
  return path.endsWith("*") ? asked.startsWith(path.slice(0, -1)) : asked === path
}

const asksForFresh = (request: HttpRequest): boolean => {
  const control = headerOf(request, "cache-control") ?? ""
  if (/(^|[\s,])(no-cache|no-store|max-age=0)([\s,]|$)/i.test(control)) return true
  return /no-cache/i.test(headerOf(request, "pragma") ?? "")
}

/** Fields that a response's `Vary` named: the key must hold them too. */
export type Also = ReadonlySet<string>
const nothing: Also = new Set()

/**
 * The rules as a function. A replica sees only what the key holds, so an origin cannot answer by
 * something that the key leaves out.
 */
export const classifier = (
  rules: RouteRules,
): ((request: HttpRequest, also?: Also) => Classified) => {
  const ignored = new Set(rules.ignoreHeaders.map((n) => n.toLowerCase()))
  return (request, also = nothing) => {
    const route = rules.routes.find((r) => fits(r, request))
    const usual = request.method === "GET" || request.method === "HEAD" ? "read" : "write"
    const kind = route?.kind ?? usual
    const only = route?.keyHeaders?.map((n) => n.toLowerCase())
    const kept = ([name]: Header): boolean =>
      also.has(name) ||
      (only === undefined || kind === "write" ? !ignored.has(name) : only.includes(name))
    const operation = encodeRequest({ ...request, headers: request.headers.filter(kept) })
    return {
      kind,
      key: kind === "read" ? operation : "",
      operation,
      fresh: asksForFresh(request),
    }
  }
}
