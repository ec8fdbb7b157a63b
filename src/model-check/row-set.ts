/**
 * A set of rows of small integers, numbered in order of arrival. Exact: rows are compared in full,
 * so no two distinct rows are ever taken for one. Costs 4 bytes a cell and 6 to 11 a row; kept in
 * pieces, so that growing does not copy what is there.
 */
const rowsInPiece = 1 << 16
const firstSlots = 1 << 12
const fullest = 0.75

/** A hash of `width` cells from `at` on. */
export const hashAt = (cells: Int32Array, at: number, width: number): number => {
  let h = 0x811c9dc5
  for (let k = 0; k < width; k++) {
    h = Math.imul(h ^ (cells[at + k] as number), 0x01000193)
    h ^= h >>> 15
  }
  h = Math.imul(h ^ (h >>> 13), 0x5bd1e995)
  return (h ^ (h >>> 15)) >>> 0
}

export class RowSet {
  readonly width: number
  readonly #pieces: Array<Int32Array> = []
  #slots = new Int32Array(firstSlots).fill(-1)
  #size = 0

  constructor(width: number) {
    this.width = width
  }

  get size(): number {
    return this.#size
  }

  /** Bytes held now. */
  get bytes(): number {
    return 4 * (this.#slots.length + this.#pieces.length * rowsInPiece * this.width)
  }

  /** Bytes held at the worst moment of adding `more` rows: old and new table at once. */
  bytesWith(more: number): number {
    const rows = Math.ceil((this.#size + more) / rowsInPiece) * rowsInPiece * this.width
    let slots = this.#slots.length
    while (this.#size + more > slots * fullest) slots *= 2
    const old = slots === this.#slots.length ? 0 : slots / 2
    return 4 * (rows + slots + old)
  }

  /** Cell `column` of row `id`. */
  cell(id: number, column: number): number {
    const piece = this.#pieces[Math.floor(id / rowsInPiece)] as Int32Array
    return piece[(id % rowsInPiece) * this.width + column] as number
  }

  /** Copies row `id` into `into`. */
  read(id: number, into: Int32Array): void {
    const piece = this.#pieces[Math.floor(id / rowsInPiece)] as Int32Array
    const from = (id % rowsInPiece) * this.width
    for (let k = 0; k < this.width; k++) into[k] = piece[from + k] as number
  }

  /** Adds `row`; its number if it was new, otherwise -1 - number. */
  add(row: Int32Array): number {
    const mask = this.#slots.length - 1
    let probe = hashAt(row, 0, this.width) & mask
    for (;;) {
      const id = this.#slots[probe] as number
      if (id < 0) break
      if (this.#holds(id, row)) return -1 - id
      probe = (probe + 1) & mask
    }
    const id = this.#size
    this.#slots[probe] = id
    this.#write(id, row)
    this.#size++
    if (this.#size > this.#slots.length * fullest) this.#grow()
    return id
  }

  /** The rows in order, in pieces that are not copies, for a file. */
  *saved(): Iterable<Int32Array> {
    for (let from = 0; from < this.#size; from += rowsInPiece) {
      const count = Math.min(rowsInPiece, this.#size - from)
      yield (this.#pieces[from / rowsInPiece] as Int32Array).subarray(0, count * this.width)
    }
  }

  #holds(id: number, row: Int32Array): boolean {
    const piece = this.#pieces[Math.floor(id / rowsInPiece)] as Int32Array
    const at = (id % rowsInPiece) * this.width
    for (let k = 0; k < this.width; k++) if (piece[at + k] !== row[k]) return false
    return true
  }

  #write(id: number, row: Int32Array): void {
    if (id % rowsInPiece === 0) this.#pieces.push(new Int32Array(rowsInPiece * this.width))
    const piece = this.#pieces[Math.floor(id / rowsInPiece)] as Int32Array
    piece.set(row, (id % rowsInPiece) * this.width)
  }

  #grow(): void {
    const next = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = next.length - 1
    let id = 0
    for (const piece of this.saved()) {
      for (let at = 0; at < piece.length; at += this.width) {
        let probe = hashAt(piece, at, this.width) & mask
        while ((next[probe] as number) >= 0) probe = (probe + 1) & mask
        next[probe] = id
        id++
      }
    }
    this.#slots = next
  }
}
