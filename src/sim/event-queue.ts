/** What is to happen, in order of time; at one time in the order in which it was asked for. */

interface Entry<A> {
  readonly at: number
  readonly order: number
  readonly what: A
}

const before = (one: Entry<unknown>, other: Entry<unknown>): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order)

/** A binary heap. */
export class EventQueue<A> {
  readonly #heap: Array<Entry<A>> = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  push(at: number, what: A): void {
    const heap = this.#heap
    const entry: Entry<A> = { at, order: this.#order++, what }
    let place = heap.length
    heap.push(entry)
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = heap[parent] as Entry<A>
      if (!before(entry, above)) break
      heap[place] = above
      place = parent
    }
    heap[place] = entry
  }

  /** The next one and when it happens; undefined when there is none. */
  pop(): { readonly at: number; readonly what: A } | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined) return undefined
    if (heap.length > 0) this.#sink(last)
    return first
  }

  #sink(entry: Entry<A>): void {
    const heap = this.#heap
    let place = 0
    for (;;) {
      const left = 2 * place + 1
      if (left >= heap.length) break
      const right = heap[left + 1]
      const smaller = right !== undefined && before(right, heap[left] as Entry<A>) ? left + 1 : left
      const below = heap[smaller] as Entry<A>
      if (before(entry, below)) break
      heap[place] = below
      place = smaller
    }
    heap[place] = entry
  }
}
