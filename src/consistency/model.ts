/**
 * Deterministic services, as far as a history can be judged by them. Results are compared as JSON.
 */
import { type Json, jsonText } from "./json.ts"

export interface Outcome {
  readonly state: Json
  readonly result: Json
}

export interface Model {
  readonly name: string
  readonly initial: Json
  /** Why this is no operation of the service; undefined when it is one. */
  readonly problem: (operation: Json) => string | undefined
  /** Whether it leaves every state as it is. */
  readonly isRead: (operation: Json) => boolean
  /** What the operation does; the state is not changed but given back anew. */
  readonly apply: (state: Json, operation: Json) => Outcome
}

type Fields = { readonly [name: string]: Json }

const fieldsOf = (value: Json): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined

/** `{"get": null}` or `{"put": value}`: what a line with `f` and `value` says as well. */
export const register: Model = {
  name: "register",
  initial: null,
  problem: (operation) => {
    const names = Object.keys(fieldsOf(operation) ?? {})
    return names.length === 1 && (names[0] === "get" || names[0] === "put")
      ? undefined
      : `an operation of a register is {"get":null} or {"put":value}`
  },
  isRead: (operation) => "get" in (fieldsOf(operation) ?? {}),
  apply: (state, operation) => {
    const { put } = fieldsOf(operation) ?? {}
    return put === undefined ? { state, result: state } : { state: put, result: null }
  },
}

const texts = (value: Json | undefined): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((v: Json) => typeof v === "string") : []

const without = (list: ReadonlyArray<string>, text: string): ReadonlyArray<string> =>
  list.filter((t) => t !== text)

const including = (list: ReadonlyArray<string>, text: string): ReadonlyArray<string> =>
  [...without(list, text), text].sort()

const albumOperations = ["view", "allow", "forbid", "upload", "remove"]

/**
 * The talk's photo album: `{"view": user}` gives the photos, or null to whoever is not on the
 * access list; `{"allow": user}`, `{"forbid": user}`, `{"upload": photo}`, `{"remove": photo}` give
 * null. At first it is empty and nobody may see it.
 */
export const album: Model = {
  name: "album",
  initial: { allowed: [], photos: [] },
  problem: (operation) => {
    const [[name, of] = ["", null], ...more] = Object.entries(fieldsOf(operation) ?? {})
    return albumOperations.includes(name) && typeof of === "string" && more.length === 0
      ? undefined
      : `an operation of an album is one of ${albumOperations.join(", ")} with a text`
  },
  isRead: (operation) => "view" in (fieldsOf(operation) ?? {}),
  apply: (state, operation) => {
    const allowed = texts(fieldsOf(state)?.["allowed"])
    const photos = texts(fieldsOf(state)?.["photos"])
    const [[name, of] = ["", null]] = Object.entries(fieldsOf(operation) ?? {})
    const text = String(of)
    switch (name) {
      case "view":
        return { state, result: allowed.includes(text) ? photos : null }
      case "allow":
        return { state: { allowed: including(allowed, text), photos }, result: null }
      case "forbid":
        return { state: { allowed: without(allowed, text), photos }, result: null }
      case "upload":
        return { state: { allowed, photos: including(photos, text) }, result: null }
      default:
        return { state: { allowed, photos: without(photos, text) }, result: null }
    }
  },
}

/** The operations of the key-value service: `[name, key, ...]`, and how many words each has. */
const keyValueWords = new Map([
  ["get", 2],
  ["put", 3],
  ["delete", 2],
  ["compare-and-set", 4],
])

const isWords = (operation: Json): operation is ReadonlyArray<Json> => Array.isArray(operation)

/**
 * A map, as `src/core/service/key-value.ts` answers: `["get", key]` gives the value or null;
 * `["put", key, value]` gives true; `["delete", key]` whether it was there; `["compare-and-set",
 * key, expected, value]` gives true, or the present value. null is no value.
 */
export const keyValue: Model = {
  name: "key-value",
  initial: {},
  problem: (operation) => {
    const [name, key] = isWords(operation) ? operation : []
    const length = typeof name === "string" ? keyValueWords.get(name) : undefined
    if (isWords(operation) && operation.length === length && typeof key === "string") {
      return undefined
    }
    return `an operation is ["get",key], ["put",key,value], ["delete",key] or ["compare-and-set",key,expected,value]`
  },
  isRead: (operation) => isWords(operation) && operation[0] === "get",
  apply: (state, operation) => {
    const map = fieldsOf(state) ?? {}
    const [name, key = "", a = null, b = null] = isWords(operation) ? operation : []
    const now = map[String(key)] ?? null
    const put = (value: Json): Json => {
      const { [String(key)]: _, ...others } = map
      return value === null ? others : { ...others, [String(key)]: value }
    }
    if (name === "get") return { state, result: now }
    if (name === "put") return { state: put(a), result: true }
    if (name === "delete") return { state: put(null), result: now !== null }
    if (jsonText(now) !== jsonText(a)) return { state, result: now }
    return { state: put(b), result: true }
  },
}

export const models: ReadonlyArray<Model> = [register, album, keyValue]
