/** What fates, cuts and stories call a message, whatever protocol it is of. */

/** A message as far as the network knows it. */
export interface Named {
  readonly _tag: string
}

const parts: ReadonlyArray<readonly [field: string, letter: string]> = [
  ["view", "v"],
  ["seq", "n"],
  ["client", "c"],
  ["timestamp", "t"],
]

/** As in `Commit v0 n3`. Digests are left out. */
export const nameOf = (message: Named): string => {
  const fields = message as unknown as Readonly<Record<string, unknown>>
  let name = message._tag
  for (const [field, letter] of parts) {
    if (typeof fields[field] === "number") name += ` ${letter}${fields[field]}`
  }
  return name
}

/** Whether a message is one that a list of beginnings of names means; an empty list means all. */
export const isAmong = (name: string, beginnings: ReadonlyArray<string>): boolean =>
  beginnings.length === 0 ||
  beginnings.some((b) => name.startsWith(b) && (name.length === b.length || name[b.length] === " "))
