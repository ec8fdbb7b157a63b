/** The values that one process of a model has had, each once, by number. */
import { assert } from "../core/assert.ts"
import type { ProcessModel } from "./model.ts"
import type { Nodes } from "./nodes.ts"

export class LocalStates {
  readonly #values: Array<unknown> = []
  readonly #nodes: Nodes
  readonly #key: ((value: unknown) => string) | undefined
  /** By key, or by the number of the node. */
  readonly #ids = new Map<string | number, number>()

  /** Processes of one model share `nodes`: what is equal at two of them is there once. */
  constructor({ key, initial }: ProcessModel<unknown>, nodes: Nodes) {
    this.#nodes = nodes
    this.#key = key
    this.add(initial)
  }

  get size(): number {
    return this.#values.length
  }

  at(id: number): unknown {
    assert(id >= 0 && id < this.#values.length, "a local state is known by its number")
    return this.#values[id]
  }

  /** The number of a value. */
  add(value: unknown): number {
    const node = this.#key === undefined ? this.#nodes.add(value) : undefined
    const key = node ?? (this.#key?.(value) as string)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    const id = this.#values.length
    this.#ids.set(key, id)
    this.#values.push(node === undefined ? value : this.#nodes.at(node))
    return id
  }
}
