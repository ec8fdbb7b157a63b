/** Sets of messages by their numbers, which only grow: each once, as bits, compared in full. */
import { lowestBit } from "./bit-rows.ts"
import { RowSet } from "./row-set.ts"

const firstWords = 2

export class MessageSets {
  #rows = new RowSet(firstWords)
  #scratch = new Int32Array(firstWords)

  get size(): number {
    return this.#rows.size
  }

  /** Of 32 messages each. */
  get words(): number {
    return this.#rows.width
  }

  /** Whether messages `32 k` to `32 k + 31` are in a set, as bits. */
  word(id: number, k: number): number {
    return k < this.#rows.width ? this.#rows.cell(id, k) : 0
  }

  has(id: number, message: number): boolean {
    return ((this.word(id, message >>> 5) >>> (message & 31)) & 1) === 1
  }

  /** The number of the set of these messages. */
  add(messages: Iterable<number>): number {
    this.#scratch.fill(0)
    return this.#with(messages)
  }

  /** The set `id` with `more` added. */
  union(id: number, more: Int32Array): number {
    let isSame = true
    for (const message of more) isSame &&= this.has(id, message)
    if (isSame) return id
    this.#rows.read(id, this.#scratch)
    return this.#with(more)
  }

  /** The messages of a set, ascending. */
  at(id: number): Int32Array {
    const messages: Array<number> = []
    for (let k = 0; k < this.words; k++) {
      for (let word = this.word(id, k); word !== 0; word &= word - 1) {
        messages.push(k * 32 + lowestBit(word))
      }
    }
    return Int32Array.from(messages)
  }

  #with(messages: Iterable<number>): number {
    for (const message of messages) {
      const k = message >>> 5
      if (k >= this.#scratch.length) this.#widen(k + 1)
      this.#scratch[k] = (this.#scratch[k] as number) | (1 << (message & 31))
    }
    const added = this.#rows.add(this.#scratch)
    return added < 0 ? -1 - added : added
  }

  #widen(words: number): void {
    const before = this.#rows
    let to = before.width
    while (to < words) to *= 2
    const wide = new RowSet(to)
    const row = new Int32Array(to)
    for (let id = 0; id < before.size; id++) {
      before.read(id, row)
      wide.add(row)
    }
    this.#rows = wide
    row.fill(0)
    row.set(this.#scratch)
    this.#scratch = row
  }
}
