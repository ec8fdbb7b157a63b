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
