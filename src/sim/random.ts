/**
 * Where all chance of a simulation comes from: xoshiro128** (Blackman, Vigna 2018), its state
 * filled by splitmix32. Whole numbers only, so that a seed gives the same draws on every machine.
 */

/** FNV-1a over the characters: two names are two streams of draws. */
const textHash = (text: string): number => {
  let h = 0x811c9dc5
  for (let k = 0; k < text.length; k++) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193)
  return h >>> 0
}

const rotated = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits))

const mixed = (x: number): number => {
  const a = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  const b = Math.imul(a ^ (a >>> 15), 0x735a2d97)
  return (b ^ (b >>> 15)) >>> 0
}

export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  /** The stream called `name` of a seed, a whole number from 0 to 2^53 - 1. */
  constructor(seed: number, name = "") {
    const from = mixed((seed >>> 0) ^ textHash(name)) ^ mixed(Math.floor(seed / 2 ** 32) + 1)
    this.#a = mixed(from + 0x9e3779b9)
    this.#b = mixed(from + 0x3c6ef372)
    this.#c = mixed(from + 0xdaa66d2b)
    this.#d = mixed(from + 0x78dde6e4) | 1
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotated(this.#d, 11)
    return result
  }

  /** 0 to `count` - 1; the bias of at most count / 2^32 does not matter here. */
  below(count: number): number {
    return Math.floor((this.next() / 2 ** 32) * count)
  }

  /** `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.next() < p * 2 ** 32
  }

  /** One of these; there is at least one. */
  one<A>(all: ReadonlyArray<A>): A {
    return all[this.below(all.length)] as A
  }

  /** Each of these with probability `p`. */
  some<A>(all: ReadonlyArray<A>, p: number): ReadonlyArray<A> {
    return all.filter(() => this.chance(p))
  }

  /** `count` of these in another order. */
  sample<A>(all: ReadonlyArray<A>, count: number): ReadonlyArray<A> {
    const rest = all.slice()
    const taken: Array<A> = []
    while (taken.length < count && rest.length > 0) {
      taken.push(...rest.splice(this.below(rest.length), 1))
    }
    return taken
  }
}
