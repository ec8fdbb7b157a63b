/** Memory with a bound: what was put in first is forgotten first. */
export const forgetOldest = <K>(
  all: {
    readonly size: number
    readonly keys: () => Iterable<K>
    readonly delete: (key: K) => boolean
  },
  most: number,
): void => {
  if (all.size <= most) return
  // order-free: the order in which they were added is what is asked for
  for (const key of all.keys()) {
    all.delete(key)
    return
  }
}

export interface Remembered {
  /** Results of so many texts are kept. */
  readonly most: number
  /** Of longer texts none is. */
  readonly longest: number
  /** A text that is part of a longer one keeps that in memory too; its copy does not. */
  readonly copied?: (text: string) => string
}

/** The function with a memory for texts that come again and again. */
export const remembering = <V extends object | string>(
  make: (text: string) => V,
  { most, longest, copied = (text) => text }: Remembered,
): ((text: string) => V) => {
  const known = new Map<string, V>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const own = copied(text)
    const made = make(own)
    if (own.length > longest) return made
    known.set(own, made)
    forgetOldest(known, most)
    return made
  }
}
