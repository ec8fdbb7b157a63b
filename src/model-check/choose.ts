/** Every choice of `size` elements. */
export const choose = <A>(
  items: ReadonlyArray<A>,
  size: number,
): ReadonlyArray<ReadonlyArray<A>> => {
  if (size === 0) return [[]]
  return items.flatMap((item, k) =>
    choose(items.slice(k + 1), size - 1).map((rest) => [item, ...rest]),
  )
}
