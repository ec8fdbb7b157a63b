/** Calls `each` for every item, `width` at a time; answers in the order of the items. */
export const inParallel = async <A, B>(
  items: ReadonlyArray<A>,
  width: number,
  each: (item: A) => Promise<B>,
): Promise<ReadonlyArray<B>> => {
  const results: Array<B> = []
  const rest = items.entries()
  const worker = async (): Promise<void> => {
    for (const [k, item] of rest) results[k] = await each(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
