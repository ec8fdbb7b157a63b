/**
 * Changes one field of a message, somewhere in it, to another value of its kind, in any protocol.
 */
import type { Digest } from "../core/ids.ts"
import type { Named } from "./message-name.ts"
import type { Random } from "./random.ts"

/**
 * Fields that a Byzantine sender does not get to choose: who it is, and what only another process
 * can make. A whole message of another process inside of one (it has a `_tag`) is never changed: so
 * are VIEW-CHANGEs signed, and a simulation needs no signatures.
 */
const unforgeable: ReadonlySet<string> = new Set(["_tag", "replica", "authenticator", "signature"])

type Path = ReadonlyArray<string | number>
type Data = unknown

const isRecord = (data: Data): data is Readonly<Record<string, unknown>> =>
  typeof data === "object" && data !== null && !Array.isArray(data)

/** Where something can be changed: numbers, texts, and lists as a whole. */
const places = (data: Data, path: Path): ReadonlyArray<Path> => {
  if (typeof data === "number" || typeof data === "string") return [path]
  if (Array.isArray(data)) return [path, ...data.flatMap((item, k) => places(item, [...path, k]))]
  // Another process's message inside of this one is signed by that process.
  if (!isRecord(data) || (path.length > 0 && "_tag" in data)) return []
  return Object.entries(data)
    .filter(([field]) => !unforgeable.has(field))
    .flatMap(([field, value]) => places(value, [...path, field]))
}

const otherNumber = (value: number, random: Random): number => {
  const near = [value + 1, Math.max(0, value - 1), value + 2, 0, value + random.between(3, 40)]
  return Math.min(random.one([...near, ...near, 2 ** 31, 2 ** 53 - 1]), 2 ** 53 - 1)
}

const otherList = (list: ReadonlyArray<Data>, random: Random): ReadonlyArray<Data> => {
  const at = random.below(Math.max(1, list.length))
  const item = list[at]
  return random.one([
    list.toReversed(),
    list.filter((_, k) => k !== at),
    item === undefined ? list : [...list, item],
    [],
  ])
}

const changed = (data: Data, path: Path, change: (value: Data) => Data): Data => {
  const [first, ...rest] = path
  if (first === undefined) return change(data)
  if (Array.isArray(data)) {
    return data.map((item, k) => (k === first ? changed(item, rest, change) : item))
  }
  if (!isRecord(data)) return data
  return { ...data, [first]: changed(data[first], rest, change) }
}

/** The message with one change; `unknown` is a digest that nobody holds. */
export const fuzzed = <M extends Named>(message: M, random: Random, unknown: Digest): M => {
  const all = places(message, [])
  if (all.length === 0) return message
  const path = random.one(all)
  const other = (value: Data): Data => {
    if (typeof value === "number") return otherNumber(value, random)
    if (Array.isArray(value)) return otherList(value, random)
    if (path.at(-1) === "digest") return unknown
    return `${String(value)}${random.below(10)}`
  }
  return changed(message, path, other) as M
}
