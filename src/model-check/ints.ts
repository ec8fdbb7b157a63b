/** A sequence of 32-bit integers that grows, in pieces: growing does not copy what is there. */
const pieceBits = 14
const inPiece = (1 << pieceBits) - 1

export class Ints {
  readonly #pieces: Array<Int32Array> = []
  #size = 0

  get size(): number {
    return this.#size
  }

  push(value: number): void {
    if ((this.#size & inPiece) === 0) this.#pieces.push(new Int32Array(inPiece + 1))
    const piece = this.#pieces[this.#size >>> pieceBits] as Int32Array
    piece[this.#size & inPiece] = value
    this.#size++
  }

  at(index: number): number {
    return (this.#pieces[index >>> pieceBits] as Int32Array)[index & inPiece] as number
  }

  set(index: number, value: number): void {
    ;(this.#pieces[index >>> pieceBits] as Int32Array)[index & inPiece] = value
  }
}
