/** What an invariant looks at of a process: by number, each once. */
import { assert } from "../core/assert.ts"
import { Nodes } from "./nodes.ts"
import type { Space } from "./space.ts"

/** What is looked at of a process; undefined: all of it. */
export type PartOf = ((process: unknown) => unknown) | undefined

export class JudgedParts {
  readonly #space: Space
  readonly #of: PartOf
  readonly #nodes = new Nodes()
  readonly #known: ReadonlyArray<Array<number | undefined>>

  constructor(space: Space, of: PartOf) {
    this.#space = space
    this.#of = of
    this.#known = space.processes.map(() => [])
  }

  /** Whether equal numbers of two processes are equal parts. */
  get isShared(): boolean {
    return this.#of !== undefined
  }

  /** The number of the part of a process. */
  id(process: number, local: number): number {
    if (this.#of === undefined) return local
    const known = this.#known[process] as Array<number | undefined>
    const hit = known[local]
    if (hit !== undefined) return hit
    const made = this.#nodes.add(this.#of(this.#value(process, local)))
    known[local] = made
    return made
  }

  /** The part with a number. */
  at(process: number, id: number): unknown {
    return this.#of === undefined ? this.#value(process, id) : this.#nodes.at(id)
  }

  #value(process: number, local: number): unknown {
    const ids = this.#space.processes[process]
    assert(ids !== undefined, "the process exists")
    return ids.at(local)
  }
}
