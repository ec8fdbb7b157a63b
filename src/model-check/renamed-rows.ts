/**
 * Rows of local states, where states that differ only in the names of interchangeable things count
 * as one: in place of a row, the first of its renamings in the order of rows.
 */

export const permutations = (items: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  items.length === 0
    ? [[]]
    : items.flatMap((first) =>
        permutations(items.filter((i) => i !== first)).map((rest) => [first, ...rest]),
      )

/** Whether a renaming renames anything. */
export const renames = (to: ReadonlyArray<number>): boolean => to.some((b, k) => b !== k)

const isBefore = (a: Int32Array, b: Int32Array): boolean => {
  for (let k = 0; k < b.length; k++) {
    if (a[k] !== b[k]) return (a[k] as number) < (b[k] as number)
  }
  return false
}

export class RenamedRows {
  /** How many renamings there are, but for the identity. */
  readonly count: number
  readonly #rename: (renaming: number, cell: number, local: number) => number
  readonly #known: ReadonlyArray<ReadonlyArray<Array<number | undefined>>>
  readonly #other: Int32Array

  /** `rename` gives the number of a cell's local state under a renaming; it is asked once. */
  constructor(
    width: number,
    count: number,
    rename: (renaming: number, cell: number, local: number) => number,
  ) {
    this.count = count
    this.#rename = rename
    const cells = Array.from({ length: width }, () => 0)
    this.#known = Array.from({ length: count }, () => cells.map(() => []))
    this.#other = new Int32Array(width)
  }

  /** The number of local state `local` of a cell under a renaming. */
  local(renaming: number, cell: number, local: number): number {
    const memory = this.#known[renaming]?.[cell] as Array<number | undefined>
    const known = memory[local]
    if (known !== undefined) return known
    const made = this.#rename(renaming, cell, local)
    memory[local] = made
    return made
  }

  /** Puts the representative of its class in place of `row`. */
  canonical(row: Int32Array): void {
    if (this.count === 0) return
    const original = this.count > 1 ? row.slice() : row
    const other = this.#other
    for (let renaming = 0; renaming < this.count; renaming++) {
      for (let k = 0; k < other.length; k++) {
        other[k] = this.local(renaming, k, original[k] as number)
      }
      if (isBefore(other, row)) row.set(other)
    }
  }

  /** The first, in the order of texts, of the texts that the renamings of `row` have. */
  firstText(row: Int32Array, textOf: (locals: ReadonlyArray<number>) => string): string {
    let first = textOf([...row])
    for (let renaming = 0; renaming < this.count; renaming++) {
      const other = textOf([...row].map((local, cell) => this.local(renaming, cell, local)))
      if (other < first) first = other
    }
    return first
  }
}
