/** Values of TLA+ as text. */

/** A function of numbers; `f[key] = text`. */
export const functionText = (entries: ReadonlyArray<readonly [number, string]>): string =>
  entries.length === 0 ? "<<>>" : entries.map(([key, v]) => `${key} :> ${v}`).join(" @@\n  ")

export const tlaSet = (elements: Iterable<number | string>): string =>
  `{${[...elements].join(", ")}}`
export const tlaTuple = (elements: Iterable<number | string>): string =>
  `<<${[...elements].join(", ")}>>`
export const tlaBoolean = (value: boolean): string => (value ? "TRUE" : "FALSE")

export type Field = readonly [name: string, value: string | number | undefined]

/** A record of the fields that have a value. */
export const recordText = (fields: ReadonlyArray<Field>): string => {
  const present = fields.filter(([, value]) => value !== undefined)
  // TLA+ has no empty record; a record of something that nothing asks for is as good.
  return present.length === 0
    ? "[none |-> TRUE]"
    : `[${present.map(([name, value]) => `${name} |-> ${value}`).join(", ")}]`
}
