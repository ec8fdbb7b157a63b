/** Values of TLA+ as expressions that TLA+ reads back to the same value (EXTENDS Integers, TLC). */
import type { Value, Variables } from "./value.ts"

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  "\f": "\\f",
}
const quote = (text: string): string =>
  `"${text.replace(/[\\"\n\t\r\f]/g, (char) => escapes[char] ?? char)}"`

/**
 * The value as one line of TLA+. It is canonical: two values are equal exactly when their texts
 * are, so the text serves as a key and as the input of a digest.
 */
export const toTla = (value: Value): string => {
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE"
  if (typeof value === "number") return String(value)
  if (typeof value === "string") return quote(value)
  switch (value._tag) {
    case "Model":
      return value.name
    case "Opaque":
      return value.text
    case "Set":
      return `{${value.elements.map(toTla).join(", ")}}`
    case "Tuple":
      return `<<${value.elements.map(toTla).join(", ")}>>`
    case "Record":
      return `[${[...value.fields].map(([name, v]) => `${name} |-> ${toTla(v)}`).join(", ")}]`
    case "Function":
      return `(${value.entries.map(([k, v]) => `${toTla(k)} :> ${toTla(v)}`).join(" @@ ")})`
  }
}

/** A state as one conjunction, variables sorted by name: canonical as {@link toTla} is. */
export const stateToTla = (variables: Variables): string =>
  [...variables]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `/\\ ${name} = ${toTla(value)}`)
    .join(" ")
