/** Sets of small integers, one a row, as bits. Rows and bits come as they are named. */
const rowBits = 9
const inPiece = (1 << rowBits) - 1
const firstWords = 2

/** The lowest bit of a word that is not 0, by its place. */
export const lowestBit = (word: number): number => 31 - Math.clz32(word & -word)

export class BitRows {
  #pieces: Array<Int32Array | undefined> = []
  #words = firstWords

  /** Of 32 bits each, in every row. */
  get words(): number {
    return this.#words
  }

  /** Bits `32 k` to `32 k + 31` of a row. */
  word(row: number, k: number): number {
    const piece = this.#pieces[row >>> rowBits]
    if (piece === undefined || k >= this.#words) return 0
    return piece[(row & inPiece) * this.#words + k] as number
  }

  has(row: number, bit: number): boolean {
    return ((this.word(row, bit >>> 5) >>> (bit & 31)) & 1) === 1
  }

  add(row: number, bit: number): void {
    this.addWord(row, bit >>> 5, 1 << (bit & 31))
  }

  /** Adds to a row the bits `32 k` and following that `word` has. */
  addWord(row: number, k: number, word: number): void {
    if (k >= this.#words) this.#widen(k + 1)
    const at = row >>> rowBits
    const piece = (this.#pieces[at] ??= new Int32Array((inPiece + 1) * this.#words))
    const cell = (row & inPiece) * this.#words + k
    piece[cell] = (piece[cell] as number) | word
  }

  #widen(words: number): void {
    const from = this.#words
    let to = from
    while (to < words) to *= 2
    this.#pieces = this.#pieces.map((piece) => {
      if (piece === undefined) return undefined
      const wide = new Int32Array((inPiece + 1) * to)
      for (let row = 0; row <= inPiece; row++) {
        wide.set(piece.subarray(row * from, (row + 1) * from), row * to)
      }
      return wide
    })
    this.#words = to
  }
}
