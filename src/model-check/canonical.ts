/**
 * The canonical text of a TLA+ value, the common ground on which states of the code and states of
 * TLC are compared (spec/README.md documents it; spec/tla/overrides computes the same in TLC):
 *
 * - integers in decimal, strings in double quotes with `"` and `\` escaped, TRUE and FALSE
 * - sets: `{a,b}`, elements sorted by their text
 * - functions and records: `[k:v,l:w]`, sorted by the text of the key
 * - a function whose domain is 1..n is a sequence: `<<a,b>>`; so is the empty function, `<<>>`
 */
export type Text = string

export const int = (n: number): Text => String(n)
export const str = (s: string): Text => `"${s.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`
export const bool = (b: boolean): Text => (b ? "TRUE" : "FALSE")
export const seq = (items: ReadonlyArray<Text>): Text => `<<${items.join(",")}>>`

// By UTF-16 code unit, like Java's String.compareTo.
const byText = (a: Text, b: Text): number => (a < b ? -1 : a > b ? 1 : 0)

export const set = (items: Iterable<Text>): Text =>
  `{${[...new Set(items)].sort(byText).join(",")}}`

export const record = (fields: Readonly<Record<string, Text>>): Text =>
  `[${Object.entries(fields)
    .map(([k, v]) => `${str(k)}:${v}`)
    .sort(byText)
    .join(",")}]`

/** A function from integers, given by ascending keys. */
export const func = (keys: ReadonlyArray<number>, values: ReadonlyArray<Text>): Text =>
  keys.every((k, at) => k === at + 1)
    ? seq(values)
    : `[${keys
        .map((k, at) => `${k}:${values[at]}`)
        .sort(byKey)
        .join(",")}]`

// Keys sort by their text alone ("10" before "2"), and no key's text contains a colon.
const keyOf = (entry: Text): Text => entry.slice(0, entry.indexOf(":"))
const byKey = (a: Text, b: Text): number => byText(keyOf(a), keyOf(b))
