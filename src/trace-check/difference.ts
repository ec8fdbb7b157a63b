/** The first place at which two JSON values differ. */

export interface Difference {
  /** As in `post.slot[0].phase`; empty for the whole. */
  readonly path: string
  /** undefined: nothing is there. */
  readonly expected: unknown
  readonly found: unknown
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The first difference in the order of the expected value's fields; undefined where equal. */
export const firstDifference = (
  expected: unknown,
  found: unknown,
  path = "",
): Difference | undefined => {
  if (Object.is(expected, found)) return undefined
  if (Array.isArray(expected) && Array.isArray(found)) return inArrays(expected, found, path)
  if (!isObject(expected) || !isObject(found)) return { path, expected, found }
  const keys = new Set([...Object.keys(expected), ...Object.keys(found)])
  for (const key of keys) {
    const at = path === "" ? key : `${path}.${key}`
    const difference = firstDifference(expected[key], found[key], at)
    if (difference !== undefined) return difference
  }
  return undefined
}

const inArrays = (
  expected: ReadonlyArray<unknown>,
  found: ReadonlyArray<unknown>,
  path: string,
): Difference | undefined => {
  for (let k = 0; k < Math.max(expected.length, found.length); k++) {
    const difference = firstDifference(expected[k], found[k], `${path}[${k}]`)
    if (difference !== undefined) return difference
  }
  return undefined
}

const longest = 120

/** A JSON value for a message; cut when long. */
export const shortJson = (value: unknown): string => {
  if (value === undefined) return "nothing"
  const text = JSON.stringify(value)
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`
}
