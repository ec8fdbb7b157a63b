import { assert } from "../core/assert.ts"

/** Gives each distinct text a small integer, and keeps the value that first came with it. */
export class Interned<A> {
  readonly values: Array<A> = []
  readonly #ids = new Map<string, number>()

  /** The integer of `key`; `value` is kept when the key is new. */
  add(key: string, value: () => A): number {
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.values.length
    this.#ids.set(key, id)
    this.values.push(value())
    return id
  }

  find(key: string): number | undefined {
    return this.#ids.get(key)
  }

  get size(): number {
    return this.values.length
  }

  at(id: number): A {
    assert(id >= 0 && id < this.values.length, "an interned integer is known")
    return this.values[id] as A
  }
}

const hashRow = (rows: Int32Array, at: number, width: number): number => {
  let h = 0x811c9dc5
  for (let k = 0; k < width; k++) {
    h = Math.imul(h ^ (rows[at + k] as number), 0x01000193)
    h ^= h >>> 15
  }
  h = Math.imul(h ^ (h >>> 13), 0x5bd1e995)
  return (h ^ (h >>> 15)) >>> 0
}

/**
 * A set of rows of `width` small integers, numbered in order of arrival. Exact: rows are compared
 * in full, so no two distinct rows are ever taken for one. Costs 4 bytes a cell and 8 a row.
 */
export class RowSet {
  readonly width: number
  #rows: Int32Array
  #slots: Int32Array
  #size = 0

  constructor(width: number) {
    this.width = width
    this.#rows = new Int32Array(width * 1024)
    this.#slots = new Int32Array(2048).fill(-1)
  }

  get size(): number {
    return this.#size
  }

  /** Cell `column` of row `id`. */
  cell(id: number, column: number): number {
    return this.#rows[id * this.width + column] as number
  }

  /** Copies row `id` into `into`. */
  read(id: number, into: Int32Array): void {
    const from = id * this.width
    for (let k = 0; k < this.width; k++) into[k] = this.#rows[from + k] as number
  }

  /** Adds `row`; its number if it was new, otherwise -1 - number. */
  add(row: Int32Array): number {
    const { width } = this
    if ((this.#size + 1) * width > this.#rows.length) this.#growRows()
    const at = this.#size * width
    this.#rows.set(row, at)
    const mask = this.#slots.length - 1
    let probe = hashRow(this.#rows, at, width) & mask
    for (;;) {
      const id = this.#slots[probe] as number
      if (id < 0) break
      if (this.#same(id * width, at)) return -1 - id
      probe = (probe + 1) & mask
    }
    this.#slots[probe] = this.#size
    this.#size++
    if (this.#size * 2 > this.#slots.length) this.#growSlots()
    return this.#size - 1
  }

  #same(a: number, b: number): boolean {
    for (let k = 0; k < this.width; k++) if (this.#rows[a + k] !== this.#rows[b + k]) return false
    return true
  }

  #growRows(): void {
    const next = new Int32Array(this.#rows.length * 2)
    next.set(this.#rows)
    this.#rows = next
  }

  #growSlots(): void {
    const next = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = next.length - 1
    for (let id = 0; id < this.#size; id++) {
      let probe = hashRow(this.#rows, id * this.width, this.width) & mask
      while ((next[probe] as number) >= 0) probe = (probe + 1) & mask
      next[probe] = id
    }
    this.#slots = next
  }
}

/** Sets of small integers that only grow, each kept once. */
export class InternedSets {
  readonly #sets = new Interned<Int32Array>()
  readonly #unions = new Map<number, number>()

  add(sorted: Int32Array): number {
    return this.#sets.add(sorted.join(","), () => sorted)
  }

  at(id: number): Int32Array {
    return this.#sets.at(id)
  }

  get size(): number {
    return this.#sets.size
  }

  /** The set `id` with `more` added; `name` tells one `more` from another. */
  union(id: number, more: Int32Array, name: number): number {
    if (more.length === 0) return id
    const key = id * 0x4000000 + name
    const known = this.#unions.get(key)
    if (known !== undefined) return known
    const all = new Set([...this.at(id), ...more])
    const result = all.size === this.at(id).length ? id : this.add(Int32Array.from(all).sort())
    this.#unions.set(key, result)
    return result
  }
}
