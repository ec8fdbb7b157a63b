/**
 * Values of plain data, each distinct one kept once and given a small integer. What is equal in two
 * values is one object in both: a replica's state costs its own fields, and what others share is
 * there already. Numbers are found by comparing in full: a value is a row of integers, the shape of
 * its fields and the number of what stands in each. Fields that are undefined count as left out.
 */
import { assert } from "../core/assert.ts"
import { Ints } from "./ints.ts"
import { hashAt } from "./row-set.ts"

type Fields = Record<string, unknown>

const firstSlots = 1 << 10
const fullest = 0.75
/** In place of the shape of fields: it is an array. */
const array = -1
/** A node begins with its length and its shape. */
const head = 2
const isPrimitive = -1

export class Nodes {
  readonly #values: Array<unknown> = []
  readonly #primitives = new Map<unknown, number>()
  /** Only of values that are kept. */
  readonly #ids = new Map<object, number>()
  /** By shape and the name of one more field: the shape with that field. */
  readonly #shapes: Array<Map<string, number>> = [new Map()]
  /** Where the cells of each node begin. */
  readonly #starts = new Ints()
  readonly #cells = new Ints()
  #slots = new Int32Array(firstSlots).fill(-1)
  #draft = new Int32Array(firstSlots)
  /** The first free cell of the draft: what is above a node's own belongs to its parts. */
  #top = 0

  get size(): number {
    return this.#values.length
  }

  /** The value with this number. */
  at(id: number): unknown {
    assert(id >= 0 && id < this.#values.length, "a node is known by its number")
    return this.#values[id]
  }

  /** The number of a value. */
  add(value: unknown): number {
    if (typeof value !== "object" || value === null) return this.#primitive(value)
    const known = this.#ids.get(value)
    if (known !== undefined) return known
    const base = this.#top
    this.#top += head
    const shape = Array.isArray(value) ? this.#items(value) : this.#fields(value as Fields)
    const length = this.#top - base
    this.#put(base, length)
    this.#put(base + 1, shape)
    const id = this.#node(value, base, length)
    this.#top = base
    return id
  }

  #primitive(value: unknown): number {
    const known = this.#primitives.get(value)
    if (known !== undefined) return known
    assert(typeof value !== "function" && typeof value !== "symbol", "a state is plain data")
    this.#primitives.set(value, this.#values.length)
    this.#values.push(value)
    this.#starts.push(isPrimitive)
    return this.#values.length - 1
  }

  #items(items: ReadonlyArray<unknown>): number {
    for (const item of items) this.#push(this.add(item))
    return array
  }

  #fields(fields: Fields): number {
    const prototype: unknown = Object.getPrototypeOf(fields)
    assert(prototype === Object.prototype || prototype === null, "a state is plain data")
    let shape = 0
    for (const name of Object.keys(fields)) {
      const value = fields[name]
      if (value === undefined) continue
      shape = this.#shapeWith(shape, name)
      this.#push(this.add(value))
    }
    return shape
  }

  #shapeWith(shape: number, name: string): number {
    const larger = this.#shapes[shape] as Map<string, number>
    const known = larger.get(name)
    if (known !== undefined) return known
    larger.set(name, this.#shapes.length)
    this.#shapes.push(new Map())
    return this.#shapes.length - 1
  }

  #push(id: number): void {
    this.#put(this.#top, id)
    this.#top++
  }

  #put(at: number, cell: number): void {
    if (at >= this.#draft.length) {
      const longer = new Int32Array(this.#draft.length * 2)
      longer.set(this.#draft)
      this.#draft = longer
    }
    this.#draft[at] = cell
  }

  // The number of the node that the draft has from `base` on.
  #node(value: object, base: number, length: number): number {
    const mask = this.#slots.length - 1
    let probe = hashAt(this.#draft, base, length) & mask
    for (;;) {
      const id = this.#slots[probe] as number
      if (id < 0) break
      if (this.#holds(id, base, length)) return id
      probe = (probe + 1) & mask
    }
    const id = this.#values.length
    this.#slots[probe] = id
    this.#starts.push(this.#cells.size)
    for (let k = 0; k < length; k++) this.#cells.push(this.#draft[base + k] as number)
    const kept = this.#kept(value, base)
    this.#values.push(kept)
    this.#ids.set(kept, id)
    if (id > this.#slots.length * fullest) this.#grow()
    return id
  }

  #holds(id: number, base: number, length: number): boolean {
    const start = this.#starts.at(id)
    for (let k = 0; k < length; k++) {
      if (this.#cells.at(start + k) !== this.#draft[base + k]) return false
    }
    return true
  }

  // The value, made of parts that are kept already.
  #kept(value: object, base: number): object {
    let at = base + head
    if (Array.isArray(value))
      return Array.from(value, () => this.#values[this.#draft[at++] as number])
    const kept: Fields = { ...(value as Fields) }
    for (const name of Object.keys(kept)) {
      if (kept[name] !== undefined) kept[name] = this.#values[this.#draft[at++] as number]
    }
    return kept
  }

  #grow(): void {
    const next = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = next.length - 1
    const from = this.#top
    for (let id = 0; id < this.#values.length; id++) {
      const start = this.#starts.at(id)
      if (start === isPrimitive) continue
      const length = this.#cells.at(start)
      for (let k = 0; k < length; k++) this.#put(from + k, this.#cells.at(start + k))
      let probe = hashAt(this.#draft, from, length) & mask
      while ((next[probe] as number) >= 0) probe = (probe + 1) & mask
      next[probe] = id
    }
    this.#slots = next
  }
}
