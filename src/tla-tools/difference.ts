/** What differs between two values or states, as the smallest nested paths that name it. */
import { compareValues, equalValues, type Value, type Variables } from "./value.ts"
import { toTla } from "./value-text.ts"

/**
 * One difference at a path such as `slot[1][2].phase`. `before` is undefined for what is new (a
 * set's element, a sequence's end, a key), `after` for what is gone.
 */
export interface Difference {
  readonly path: string
  readonly before: Value | undefined
  readonly after: Value | undefined
}

type Entries = ReadonlyArray<readonly [Value, Value]>

/** A function's entries, whatever its form; undefined for values that are no functions. */
const entriesOf = (value: Value): Entries | undefined => {
  if (typeof value !== "object") return undefined
  if (value._tag === "Tuple") return value.elements.map((element, i) => [i + 1, element])
  if (value._tag === "Record") return [...value.fields]
  return value._tag === "Function" ? value.entries : undefined
}
const step = (path: string, key: Value, inRecord: boolean): string =>
  inRecord && typeof key === "string" ? `${path}.${key}` : `${path}[${toTla(key)}]`

const without = (all: ReadonlyArray<Value>, other: ReadonlyArray<Value>): ReadonlyArray<Value> =>
  all.filter((a) => !other.some((b) => equalValues(a, b)))

const differentSets = (
  path: string,
  before: ReadonlyArray<Value>,
  after: ReadonlyArray<Value>,
): ReadonlyArray<Difference> => [
  ...without(before, after).map((gone) => ({ path, before: gone, after: undefined })),
  ...without(after, before).map((added) => ({ path, before: undefined, after: added })),
]

/** Elements taken from a sequence's front: shown as such, not as a shift of all others. */
const takenFromFront = (before: Value, after: Value): number => {
  if (typeof before !== "object" || typeof after !== "object") return 0
  if (before._tag !== "Tuple" || after._tag !== "Tuple") return 0
  const taken = before.elements.length - after.elements.length
  const rest = before.elements.slice(taken)
  return taken > 0 && rest.every((e, i) => compareValues(e, after.elements[i] as Value) === 0)
    ? taken
    : 0
}

const differentFunctions = (
  path: string,
  [before, after]: readonly [Value, Value],
  [old, now]: readonly [Entries, Entries],
): ReadonlyArray<Difference> => {
  const taken = takenFromFront(before, after)
  const keep = (key: Value): boolean => taken === 0 || Number(key) <= taken
  const inRecord = [before, after].some((v) => typeof v === "object" && v._tag === "Record")
  const find = (entries: Entries, key: Value): Value | undefined =>
    entries.find(([k]) => equalValues(k, key))?.[1]
  const fresh = now.filter(([key]) => find(old, key) === undefined)
  if (taken === 0 && fresh.length === now.length && old.length > 0) return [{ path, before, after }]
  return [
    ...old
      .filter(([key]) => keep(key))
      .flatMap(([key, value]) => {
        const changed = taken > 0 ? undefined : find(now, key)
        const at = step(path, key, inRecord)
        return changed === undefined
          ? [{ path: at, before: value, after: undefined }]
          : differentValues(at, value, changed)
      }),
    ...fresh.map(([key, value]) => ({
      path: step(path, key, inRecord),
      before: undefined,
      after: value,
    })),
  ]
}

/** The differences between two values found at `path`; none when they are equal. */
export const differentValues = (
  path: string,
  before: Value,
  after: Value,
): ReadonlyArray<Difference> => {
  if (equalValues(before, after)) return []
  if (typeof before === "object" && typeof after === "object") {
    if (before._tag === "Set" && after._tag === "Set") {
      return differentSets(path, before.elements, after.elements)
    }
    const [old, now] = [entriesOf(before), entriesOf(after)]
    if (old !== undefined && now !== undefined) {
      return differentFunctions(path, [before, after], [old, now])
    }
  }
  return [{ path, before, after }]
}

/** The differences between two states, variable by variable. */
export const differentStates = (before: Variables, after: Variables): ReadonlyArray<Difference> =>
  [...after].flatMap(([name, value]) => {
    const old = before.get(name)
    return old === undefined
      ? [{ path: name, before: undefined, after: value }]
      : differentValues(name, old, value)
  })

/** `x[1].y: 2 -> 3`; `msgs: + m` for what is new; `msgs: - m` for what is gone. */
export const differenceText = ({ path, before, after }: Difference): string => {
  if (before === undefined) return `${path}: + ${after === undefined ? "" : toTla(after)}`
  if (after === undefined) return `${path}: - ${toTla(before)}`
  return `${path}: ${toTla(before)} -> ${toTla(after)}`
}
