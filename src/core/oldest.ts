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
