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

/** Fields whose values must not be shown. */
const isSecret = (path: ReadonlyArray<PropertyKey>): boolean =>
  path.some((key) => ["secrets", "masters", "master", "pairs"].includes(String(key))) ||
  (path.length > 1 && path[0] === "replicas" && typeof path[1] === "number" && path.length === 2)

const foundText = (json: unknown, path: ReadonlyArray<PropertyKey>): string => {
  const value = valueAt(json, path)
  if (value === undefined) return "nothing"
  if (typeof value === "string" && isSecret(path)) return `${value.length} characters (not shown)`
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const toStandard = SchemaIssue.makeFormatterStandardSchemaV1()

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
    const expected = message.replace(/^Expected /, "")
    return { path: pathText(keys), found: foundText(json, keys), expected }
  })
}
