/** Values of TLA+ as text. */

/** A function of numbers; `f[key] = text`. */
export const functionText = (entries: ReadonlyArray<readonly [number, string]>): string =>
  entries.length === 0 ? "<<>>" : entries.map(([key, v]) => `${key} :> ${v}`).join(" @@\n  ")

export const tlaSet = (elements: Iterable<number | string>): string =>
  `{${[...elements].join(", ")}}`
export const tlaTuple = (elements: Iterable<number | string>): string =>
  `<<${[...elements].join(", ")}>>`
export const tlaBoolean = (value: boolean): string => (value ? "TRUE" : "FALSE")
