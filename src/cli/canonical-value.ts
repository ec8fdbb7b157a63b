/** Reads the canonical text of states (src/model-check/canonical.ts) back to values. */
import { functionOf, set, tuple, type Value, type Variables } from "../tla-tools/value.ts"

interface Cursor {
  readonly text: string
  at: number
}

const token = /<<|>>|[[\]{},:]|"(?:[^"\\]|\\.)*"|-?\d+|TRUE|FALSE/y

const fail = ({ text, at }: Cursor, expected: string): never => {
  throw new Error(`canonical text, offset ${at}: expected ${expected}: ${text.slice(at, at + 20)}`)
}

const next = (c: Cursor): string => {
  token.lastIndex = c.at
  const found = token.exec(c.text)?.[0] ?? fail(c, "a value or a bracket")
  c.at += found.length
  return found
}

const isNext = (c: Cursor, text: string): boolean => c.text.startsWith(text, c.at)

const take = (c: Cursor, text: string): void => {
  if (next(c) !== text) fail(c, text)
}

// Items up to the closing bracket, with commas between them.
const items = <A>(c: Cursor, close: string, item: (c: Cursor) => A): ReadonlyArray<A> => {
  const all: Array<A> = []
  while (!isNext(c, close)) {
    if (all.length > 0) take(c, ",")
    all.push(item(c))
  }
  take(c, close)
  return all
}

const entry = (c: Cursor): readonly [Value, Value] => {
  const key = value(c)
  take(c, ":")
  return [key, value(c)]
}

const value = (c: Cursor): Value => {
  const found = next(c)
  switch (found) {
    case "<<":
      return tuple(items(c, ">>", value))
    case "{":
      return set(items(c, "}", value))
    case "[":
      return functionOf(items(c, "]", entry))
    case "TRUE":
      return true
    case "FALSE":
      return false
    default:
      if (found.startsWith('"')) return found.slice(1, -1).replace(/\\(.)/g, "$1")
      return Number.isNaN(Number(found)) ? fail(c, "a value") : Number(found)
  }
}

/** The value that the text writes; throws where it is no canonical text. */
export const readCanonical = (text: string): Value => {
  const cursor: Cursor = { text, at: 0 }
  const read = value(cursor)
  return cursor.at === text.length ? read : fail(cursor, "the end")
}

/** A state's variables by their names. */
export const readState = (text: string): Variables => {
  const state = readCanonical(text)
  if (typeof state === "object" && state._tag === "Record") return state.fields
  throw new Error(`canonical text of a state: expected a record: ${text.slice(0, 20)}`)
}
