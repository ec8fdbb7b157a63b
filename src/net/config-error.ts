/** What can be wrong with a configuration file: where, what was found, what is expected. */
import { Data, Result, Schema, SchemaIssue } from "effect"

/** One thing wrong in one field. */
export interface ConfigIssue {
  /** The field as one would write it in JavaScript: `replicas[0].port`; empty for the whole. */
  readonly path: string
  readonly found: string
  readonly expected: string
}

export class ConfigUnreadable extends Data.TaggedError("ConfigUnreadable")<{
  readonly file: string
  readonly reason: string
}> {
  override get message(): string {
    return `${this.file}: cannot be read (${this.reason})`
  }
}

export class ConfigInvalid extends Data.TaggedError("ConfigInvalid")<{
  readonly file: string
  readonly issues: ReadonlyArray<ConfigIssue>
}> {
  override get message(): string {
    const lines = this.issues.map(
      ({ path, found, expected }) =>
        `${this.file}: ${path === "" ? "the file" : path}: found ${found}, expected ${expected}`,
    )
    return lines.join("\n")
  }
}

export type ConfigError = ConfigUnreadable | ConfigInvalid

const pathText = (path: ReadonlyArray<PropertyKey>): string => {
  let text = ""
  for (const key of path) {
    text += typeof key === "number" ? `[${key}]` : `${text === "" ? "" : "."}${String(key)}`
  }
  return text
}

const valueAt = (json: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    json,
  )

/** Fields whose values must not be shown, nor what holds them. */
const isSecret = (path: ReadonlyArray<PropertyKey>): boolean =>
  path.length === 0 ||
  path.some((key) => ["secrets", "masters", "master", "pairs"].includes(String(key))) ||
  (path.length > 1 && path[0] === "replicas" && typeof path[1] === "number" && path.length === 2)

const hiddenText = (value: unknown): string => {
  if (typeof value === "string") return `${value.length} characters`
  if (typeof value !== "object") return `a ${typeof value}`
  if (value === null) return "null"
  return Array.isArray(value) ? `an array of ${value.length}` : "an object"
}

const foundText = (json: unknown, path: ReadonlyArray<PropertyKey>): string => {
  const value = valueAt(json, path)
  if (value === undefined) return "nothing"
  if (isSecret(path)) return `${hiddenText(value)} (not shown)`
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const toStandard = SchemaIssue.makeFormatterStandardSchemaV1()

// The library's words for a field that is no field and for one that is not there. What a field is
// that nobody knows cannot be told: a secret under a misspelled name is not shown either.
const unknownField = "Expected no excess property"
const absentField = "Missing key"

/** Every issue of `json` under `schema`, unknown fields included. */
export const issuesOf = (
  schema: Schema.Codec<unknown, unknown>,
  json: unknown,
): ReadonlyArray<ConfigIssue> => {
  const options = { errors: "all", onExcessProperty: "error" } as const
  const decoded = Schema.decodeUnknownResult(schema, options)(json)
  if (Result.isSuccess(decoded)) return []
  return toStandard(decoded.failure.issue).issues.map(({ path = [], message }) => {
    const keys = path.map((key) => (typeof key === "object" ? key.key : key))
    const field = pathText(keys)
    if (message === unknownField) {
      return { path: field, found: "an unknown field", expected: "no field of this name" }
    }
    const expected = message === absentField ? "this field" : message.replace(/^Expected /, "")
    return { path: field, found: foundText(json, keys), expected }
  })
}
