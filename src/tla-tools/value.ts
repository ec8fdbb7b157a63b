/**
 * Values of TLA+ as data, read from the text that TLC prints.
 *
 * One value has one representation, so that equal values are equal data: sets are sorted and
 * without duplicates, a function over 1..n is a tuple, a function over strings that are identifiers
 * is a record (as TLC prints them), a range is the set it stands for, and the empty function is
 * `<<>>`.
 */
import { Result } from "effect"

/** A constant that equals only itself (`n1` under `Node = {n1, n2}` in a .cfg). */
export interface ModelValue {
  readonly _tag: "Model"
  readonly name: string
}
/** A finite set; elements sorted by {@link compareValues}, none twice. */
export interface SetValue {
  readonly _tag: "Set"
  readonly elements: ReadonlyArray<Value>
}
/** A tuple, a sequence, or any function whose domain is 1..n. */
export interface TupleValue {
  readonly _tag: "Tuple"
  readonly elements: ReadonlyArray<Value>
}
/** A record: a function whose domain is a non-empty set of strings that are identifiers. */
export interface RecordValue {
  readonly _tag: "Record"
  readonly fields: ReadonlyMap<string, Value>
}
/** Any other function; entries sorted by key. */
export interface FunctionValue {
  readonly _tag: "Function"
  readonly entries: ReadonlyArray<readonly [Value, Value]>
}
/**
 * Text that is no value we can read (an infinite set such as `Nat`); kept so that no state is lost.
 */
export interface OpaqueValue {
  readonly _tag: "Opaque"
  readonly text: string
}
/** An integer (TLC's have 32 bits) is a number; a string and a boolean are themselves. */
export type Value =
  | number
  | boolean
  | string
  | ModelValue
  | SetValue
  | TupleValue
  | RecordValue
  | FunctionValue
  | OpaqueValue

/** The values of a state's variables, by name, in the order in which TLC prints them. */
export type Variables = ReadonlyMap<string, Value>

/** Text that is not a TLA+ value: what was expected, at which offset (0-based) of the text. */
export interface ValueSyntaxError {
  readonly _tag: "ValueSyntaxError"
  readonly expected: string
  readonly offset: number
  readonly near: string
}

const identifier = /^(?=\w*[A-Za-z])\w+$/

export const model = (name: string): ModelValue => ({ _tag: "Model", name })
export const tuple = (elements: ReadonlyArray<Value>): TupleValue => ({ _tag: "Tuple", elements })
export const opaque = (text: string): OpaqueValue => ({ _tag: "Opaque", text })

/** The set of these elements; order and duplicates do not matter. */
export const set = (elements: ReadonlyArray<Value>): SetValue => {
  const sorted = [...elements].sort(compareValues)
  return {
    _tag: "Set",
    elements: sorted.filter((e, i) => i === 0 || compareValues(sorted[i - 1] as Value, e) !== 0),
  }
}

/**
 * The function with these entries (keys distinct): a tuple, a record or a {@link FunctionValue}.
 */
export const functionOf = (entries: ReadonlyArray<readonly [Value, Value]>): Value => {
  const sorted = [...entries].sort((a, b) => compareValues(a[0], b[0]))
  if (sorted.every(([key], i) => key === i + 1)) return tuple(sorted.map(([, value]) => value))
  if (sorted.every(([key]) => typeof key === "string" && identifier.test(key))) {
    return { _tag: "Record", fields: new Map(sorted.map(([key, value]) => [String(key), value])) }
  }
  return { _tag: "Function", entries: sorted }
}

/** The record with these fields; without any field it is the empty function. */
export const record = (fields: Readonly<Record<string, Value>>): Value =>
  functionOf(Object.entries(fields))

const ranks = ["Model", "Set", "Tuple", "Record", "Function", "Opaque"]
const rank = (v: Value): number => {
  if (typeof v === "boolean") return 0
  if (typeof v === "number") return 1
  if (typeof v === "string") return 2
  return 3 + ranks.indexOf(v._tag)
}
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const compareLists = (a: ReadonlyArray<Value>, b: ReadonlyArray<Value>): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareValues(a[i] as Value, b[i] as Value)
    if (order !== 0) return order
  }
  return a.length - b.length
}
const flat = (v: RecordValue | FunctionValue): ReadonlyArray<Value> =>
  v._tag === "Record" ? [...v.fields].flat() : v.entries.flat()

/** A total order on values (ours, not TLC's); 0 exactly when both are the same value. */
export const compareValues = (a: Value, b: Value): number => {
  if (a === b) return 0
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "string" && typeof b === "string") return compareText(a, b)
  if (typeof a !== "object" || typeof b !== "object" || a._tag !== b._tag) {
    return rank(a) === rank(b) ? Number(a) - Number(b) : rank(a) - rank(b)
  }
  if (a._tag === "Model") return compareText(a.name, (b as ModelValue).name)
  if (a._tag === "Opaque") return compareText(a.text, (b as OpaqueValue).text)
  if (a._tag === "Set" || a._tag === "Tuple") {
    return compareLists(a.elements, (b as SetValue | TupleValue).elements)
  }
  return compareLists(flat(a), flat(b as RecordValue | FunctionValue))
}

/** Whether both are the same TLA+ value. */
export const equalValues = (a: Value, b: Value): boolean => compareValues(a, b) === 0

/** A place in the text being read; the only mutable thing here, and it never escapes. */
interface Cursor {
  readonly text: string
  at: number
}
class Unreadable {
  readonly expected: string
  readonly offset: number
  constructor(expected: string, offset: number) {
    this.expected = expected
    this.offset = offset
  }
}

const skipSpace = (c: Cursor): void => {
  while (c.at < c.text.length && c.text.charCodeAt(c.at) <= 32) c.at++
}
const eat = (c: Cursor, token: string): boolean => {
  skipSpace(c)
  if (!c.text.startsWith(token, c.at)) return false
  c.at += token.length
  return true
}
const need = (c: Cursor, token: string): void => {
  if (!eat(c, token)) throw new Unreadable(`"${token}"`, c.at)
}
const match = (c: Cursor, pattern: RegExp): string | undefined => {
  pattern.lastIndex = c.at
  const found = pattern.exec(c.text)?.[0]
  if (found !== undefined) c.at += found.length
  return found
}

const list = <A>(c: Cursor, close: string, element: (c: Cursor) => A): ReadonlyArray<A> => {
  if (eat(c, close)) return []
  const elements = [element(c)]
  while (eat(c, ",")) elements.push(element(c))
  need(c, close)
  return elements
}
const field = (c: Cursor): readonly [string, Value] => {
  skipSpace(c)
  const name = match(c, /\w+/y)
  if (name === undefined) throw new Unreadable("a field name", c.at)
  need(c, "|->")
  return [name, value(c)]
}
const mapping = (c: Cursor): Value => {
  const entries: Array<readonly [Value, Value]> = []
  do {
    const key = value(c)
    need(c, ":>")
    entries.push([key, value(c)])
  } while (eat(c, "@@"))
  need(c, ")")
  return functionOf(entries)
}
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f" }
const quoted = (c: Cursor): string => {
  const raw = match(c, /"(?:[^"\\]|\\[\s\S])*"/y)
  if (raw === undefined) throw new Unreadable("the end of a string", c.text.length)
  return raw.slice(1, -1).replace(/\\([\s\S])/g, (_, char: string) => escapes[char] ?? char)
}
/** No range that TLC enumerates is longer than this; a longer one is a sign of a wrong reading. */
const rangeLimit = 1_000_000
const numeral = (c: Cursor, digits: string): Value => {
  const low = Number(digits)
  if (!eat(c, "..")) return low
  skipSpace(c)
  const high = Number(match(c, /-?\d+/y) ?? Number.NaN)
  if (!(high - low < rangeLimit)) throw new Unreadable("a range's upper bound", c.at)
  return set(Array.from({ length: Math.max(0, high - low + 1) }, (_, i) => low + i))
}
const value = (c: Cursor): Value => {
  skipSpace(c)
  if (eat(c, "<<")) return tuple(list(c, ">>", value))
  if (eat(c, "{")) return set(list(c, "}", value))
  if (eat(c, "[")) return functionOf(list(c, "]", field))
  if (eat(c, "(")) return mapping(c)
  if (c.text[c.at] === '"') return quoted(c)
  const digits = match(c, /-?\d+(?!\w)/y)
  if (digits !== undefined) return numeral(c, digits)
  const name = match(c, /\w+/y)
  if (name === undefined) throw new Unreadable("a value", c.at)
  return name === "TRUE" ? true : name === "FALSE" ? false : model(name)
}

/** Reads one value as TLC prints it, wrapped over lines or not. */
export const parseValue = (text: string): Result.Result<Value, ValueSyntaxError> => {
  const cursor: Cursor = { text, at: 0 }
  try {
    const read = value(cursor)
    skipSpace(cursor)
    if (cursor.at < text.length) throw new Unreadable("the end of the value", cursor.at)
    return Result.succeed(read)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { expected, offset } = error
    return Result.fail({
      _tag: "ValueSyntaxError",
      expected,
      offset,
      near: text.slice(offset, offset + 40),
    })
  }
}

/**
 * Reads the text of a state: conjuncts `/\ name = value`, or, with a single variable, `name =
 * value`. A value that cannot be read is kept as {@link OpaqueValue}; text without any assignment
 * gives no variables.
 */
export const parseVariables = (text: string): Variables => {
  const variables = new Map<string, Value>()
  for (const conjunct of text.trim().split(/\n(?=\/\\ )/)) {
    const found = /^(?:\/\\ )?(\w+) = ([\s\S]*)$/.exec(conjunct)
    if (found?.[1] === undefined || found[2] === undefined) continue
    const text = found[2]
    variables.set(
      found[1],
      Result.getOrElse(parseValue(text), () => opaque(text.trim())),
    )
  }
  return variables
}
