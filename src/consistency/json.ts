/** Values of a history: JSON, compared as JSON. */

export type Json =
  | null
  | boolean
  | number
  | string
  | ReadonlyArray<Json>
  | { readonly [name: string]: Json }

/** Text that is equal exactly for equal values; the order of an object's names says nothing. */
export const jsonText = (value: Json): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((v: Json) => jsonText(v)).join(",")}]`
  const fields = Object.entries(value as { readonly [name: string]: Json })
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, v]) => `${JSON.stringify(name)}:${jsonText(v)}`).join(",")}}`
}
