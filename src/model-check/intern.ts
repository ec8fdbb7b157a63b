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
