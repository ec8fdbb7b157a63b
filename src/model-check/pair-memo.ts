/**
 * What was found out of pairs of small integers: 12 bytes an entry, in a table that is at most
 * three quarters full. Pairs are compared, so none is taken for another.
 */
const firstEntries = 1 << 10
const perEntry = 3
const fullest = 0.75

export class PairMemo {
  /** One, other, what was found plus one; 0 where there is no entry. */
  #cells = new Int32Array(firstEntries * perEntry)
  #entries = firstEntries
  #size = 0

  get size(): number {
    return this.#size
  }

  /** What was found of a pair, which is not negative; -1 if nothing was yet. */
  get(one: number, other: number): number {
    return (this.#cells[this.#find(one, other) + 2] as number) - 1
  }

  set(one: number, other: number, found: number): void {
    const at = this.#find(one, other)
    if (this.#cells[at + 2] === 0) this.#size++
    this.#write(at, one, other, found + 1)
    if (this.#size > this.#entries * fullest) this.#grow()
  }

  // Where the pair is, or where there is room for it.
  #find(one: number, other: number): number {
    const mask = this.#entries - 1
    let h = Math.imul(one, 0x9e3779b1) ^ Math.imul(other, 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
    for (let probe = (h ^ (h >>> 13)) & mask; ; probe = (probe + 1) & mask) {
      const at = probe * perEntry
      if (this.#cells[at + 2] === 0) return at
      if (this.#cells[at] === one && this.#cells[at + 1] === other) return at
    }
  }

  #write(at: number, one: number, other: number, value: number): void {
    this.#cells[at] = one
    this.#cells[at + 1] = other
    this.#cells[at + 2] = value
  }

  #grow(): void {
    const before = this.#cells
    this.#entries *= 2
    this.#cells = new Int32Array(this.#entries * perEntry)
    for (let at = 0; at < before.length; at += perEntry) {
      const value = before[at + 2] as number
      if (value === 0) continue
      const [one, other] = [before[at] as number, before[at + 1] as number]
      this.#write(this.#find(one, other), one, other, value)
    }
  }
}
