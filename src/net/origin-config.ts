/** What a configuration says of the origins that replicas of the service `origin` ask. */
import { Schema } from "effect"
import { defaultRules, NormaliseRules } from "../web/normalise.ts"
import type { ConfigIssue } from "./config-error.ts"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(
    Schema.isBetween(
      { minimum, maximum },
      { expected: `a whole number from ${minimum} to ${maximum}` },
    ),
  )

export const OriginsFile = Schema.Struct({
  /** An origin that has not answered after so many milliseconds does not answer. */
  timeoutMs: Schema.optionalKey(whole(1, 600_000)),
  /** The longest body that is taken from one, in bytes. */
  bodyBytes: Schema.optionalKey(whole(0, 64 * 1024 * 1024)),
  /**
   * How many questions may be on their way to an origin on one connection. More than 1 saves most
   * of what asking costs; who is behind a slow page is asked for again on another connection.
   */
  pipelining: Schema.optionalKey(whole(1, 64)),
  /** What is left out of answers before they are compared; all replicas need the same. */
  normalise: Schema.optionalKey(NormaliseRules),
})
export type OriginsFile = typeof OriginsFile.Type

export interface Origins {
  readonly timeoutMs: number
  readonly bodyBytes: number
  readonly pipelining: number
  readonly normalise: NormaliseRules
}

export const originDefaults: Origins = {
  timeoutMs: 5_000,
  bodyBytes: 4 * 1024 * 1024,
  pipelining: 1,
  normalise: defaultRules,
}

const isHttpUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === "http:" || url.protocol === "https:")
}

interface Given {
  readonly service: string
  readonly replicas: ReadonlyArray<{ readonly origin?: string | undefined }>
  readonly tentative: boolean
  readonly readOnly: boolean
  readonly digestReplies: boolean
  readonly limits: { readonly frameBytes: number }
}

/** For servers of files, which are quick with all of them. */
export const filesPipelining = 8

/** An answer is written into one frame with some fields beside its body. */
const answerOverhead = 64 * 1024

/** What is wrong with the origins of a configuration. */
export const checkOrigins = (given: Given, { bodyBytes }: Origins): ReadonlyArray<ConfigIssue> => {
  if (given.service !== "origin") return []
  const without = given.replicas.flatMap(({ origin }, id): ReadonlyArray<ConfigIssue> => {
    if (origin !== undefined && isHttpUrl(origin)) return []
    const found = origin ?? "nothing"
    return [
      { path: `replicas[${id}].origin`, found, expected: "the http or https URL of its origin" },
    ]
  })
  // What an origin says is no state of the service: there is nothing that could be taken back, or
  // digested before it is known.
  const fast = (["tentative", "readOnly", "digestReplies"] as const).filter((name) => given[name])
  const barred = fast.map((path) => ({
    path,
    found: "true",
    expected: "false with service origin",
  }))
  const most = given.limits.frameBytes - answerOverhead
  const large =
    bodyBytes <= most
      ? []
      : [
          {
            path: "origins.bodyBytes",
            found: String(bodyBytes),
            expected: `at most ${most}: a frame`,
          },
        ]
  return [...without, ...barred, ...large]
}
