/**
 * What is never deterministic in a response (protocols: Prophecy's I6). Over half of the changes
 * that the authors sampled on popular pages were load balancers' directives and random ids, not
 * news. Replicas normalise a response before they answer with it, so equal states give equal bytes
 * and a sketch matches until something changed; the front end adds what clients expect (`Date`).
 */
import { Schema } from "effect"
import type { Bytes } from "../core/ids.ts"
import { type HttpRequest, type HttpResponse, pathOf, sortHeaders } from "./http-message.ts"

const Pattern = Schema.String.check(
  Schema.makeFilter((text: string) => {
    try {
      new RegExp(text)
      return undefined
    } catch {
      return "a regular expression"
    }
  }),
)

export const NormaliseRules = Schema.Struct({
  /** Response fields that are left out, by name. */
  dropHeaders: Schema.Array(Schema.String),
  /** Names of cookies whose `set-cookie` fields are left out. */
  dropCookies: Schema.Array(Schema.String),
  /** What is replaced in bodies of the paths that match: a random id in a link, a build stamp. */
  body: Schema.Array(Schema.Struct({ path: Pattern, find: Pattern, replace: Schema.String })),
})
export type NormaliseRules = typeof NormaliseRules.Type

/**
 * Left out by default: the clock (`date`, `age`), who served it (`server`, `via`, `x-served-by`,
 * `x-cache`), names of the exchange (`x-request-id`, `x-amzn-trace-id`, `cf-ray`), and what is the
 * connection's own (RFC 9110 section 7.6.1). Cookies of load balancers go, others stay: they are
 * part of the answer.
 */
export const defaultRules: NormaliseRules = {
  dropHeaders: [
    "age",
    "alt-svc",
    "cf-ray",
    "connection",
    "date",
    "keep-alive",
    "proxy-connection",
    "server",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-amzn-trace-id",
    "x-cache",
    "x-request-id",
    "x-served-by",
    "x-timer",
  ],
  dropCookies: ["AWSALB", "AWSALBCORS", "BIGipServer", "SERVERID", "JSESSIONIDROUTE"],
  body: [],
}

export type Normalise = (request: HttpRequest, response: HttpResponse) => HttpResponse

/** The rules as a function; patterns are compiled once. */
export const normaliser = (rules: NormaliseRules): Normalise => {
  const dropped = new Set(rules.dropHeaders.map((n) => n.toLowerCase()))
  const cookies = new Set(rules.dropCookies)
  const body = rules.body.map(({ path, find, replace }) => ({
    path: new RegExp(path),
    find: new RegExp(find, "g"),
    replace,
  }))
  const isKept = (name: string, value: Bytes): boolean => {
    if (dropped.has(name)) return false
    return name !== "set-cookie" || !cookies.has(value.split("=")[0]?.trim() ?? "")
  }
  return (request, response) => {
    const path = pathOf(request)
    const due = body.filter((rule) => rule.path.test(path))
    const text = due.reduce((t, { find, replace }) => t.replace(find, replace), response.body)
    const kept = response.headers.filter(([name, value]) => isKept(name, value))
    // A body that another length was announced for would be cut or waited for in vain.
    const headers =
      text.length === response.body.length
        ? kept
        : kept.map(([name, value]) => {
            return [name, name === "content-length" ? String(text.length) : value] as const
          })
    return { status: response.status, headers: sortHeaders(headers), body: text }
  }
}
