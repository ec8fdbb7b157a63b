/**
 * Small symbols for results, their digests and positions: TLC has 32-bit integers and compares
 * states whole. Each kind is mapped one to one over a chain.
 */
import type { Bytes, Digest } from "../core/ids.ts"
import type { Position } from "../core/prophecy/position.ts"
import { Names } from "./names.ts"

/** Numbers up to here are written as they are. */
export const small = 2 ** 30

/** What stands for something that a chain does not know. */
export const none = -1

export class AnswerSymbols {
  readonly #results = new Names("r")
  readonly #digests = new Names("d")
  /** By name of a result the name of its digest. */
  readonly #digestOf = new Map<string, string>()
  /** Numbers of positions that are too big, ascending: by their order they stay what they are. */
  readonly #big: ReadonlyArray<number>
  readonly #ofResult: (result: Bytes) => Digest

  /** `positions`: all that the chain names. */
  constructor(positions: ReadonlyArray<Position>, digestOf: (result: Bytes) => Digest) {
    const big = positions.flatMap(({ seq, place }) => [seq, place]).filter((n) => n >= small)
    this.#big = [...new Set(big)].sort((a, b) => a - b)
    this.#ofResult = digestOf
  }

  digest(digest: Digest): string {
    return digest === "" ? "<<>>" : `<<"${this.#digests.of(digest)}">>`
  }

  /** A result; of one that came in chunks the digest alone is known. */
  result(result: Bytes, digest = this.#ofResult(result)): string {
    const name = this.#results.of(result === "" ? `digest ${digest}` : `result ${result}`)
    this.#digestOf.set(name, this.digest(digest))
    return `<<"${name}">>`
  }

  /** Which result has which digest; to be asked last, when every result has its name. */
  digestsText(): string {
    const all = [...this.#digestOf].map(([name, digest]) => `${name} |-> ${digest}`)
    return all.length === 0 ? "<<>>" : `[${all.join(", ")}]`
  }

  position({ seq, place }: Position): string {
    return `[seq |-> ${this.#rank(seq)}, place |-> ${this.#rank(place)}]`
  }

  #rank(n: number): number {
    return n < small ? n : small + this.#big.indexOf(n)
  }
}

/** Counted from the first of its process; one that no client of it has is none. */
export const timestampRank = (timestamp: number, first: number): number => {
  const rank = timestamp - first
  return rank >= 0 && rank < small ? rank : none
}
