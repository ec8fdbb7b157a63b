/** Proof, in the traces of others, that a process without a trace broke the protocol. */
import type { Place } from "./finding.ts"

export interface Misbehaviour {
  /** `replica 3` or `client 7`. */
  readonly process: string
  readonly kind: string
  /** What it did, to be read after the process's name. */
  readonly message: string
  /** The two lines that contradict each other. */
  readonly places: readonly [Place, Place]
}

const kept = 20

/** The first proofs of each process, and how many there are. */
export class Misbehaviours {
  readonly #found: Array<Misbehaviour> = []
  readonly #seen = new Set<string>()
  #count = 0

  add(found: Misbehaviour): void {
    this.#count++
    // One proof of a kind a process; a process that misbehaves does it often.
    const key = `${found.process} ${found.kind}`
    if (this.#seen.has(key) || this.#found.length >= kept) return
    this.#seen.add(key)
    this.#found.push(found)
  }

  get first(): ReadonlyArray<Misbehaviour> {
    return this.#found
  }

  get count(): number {
    return this.#count
  }
}
