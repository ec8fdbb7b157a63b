/**
 * The state of one checkpoint while it is put together: which nodes of its tree are known, which
 * are still to be asked for, and at the end its texts. Each node is known by its digest, from the
 * root down, so a wrong one fits nowhere.
 *
 * Outside the specification: see state-wire.ts.
 */
import type { Bytes, Digest } from "../core/ids.ts"
import { readNode } from "../core/service/text-tree.ts"

/** Where nodes may already be: an older state of this replica, what an earlier start fetched. */
export type KnownNode = (digest: Digest) => Bytes | undefined

/** The roots of the trees that a state is made of. */
export interface Trees {
  readonly service: Digest
  readonly table: Digest
}

export class StateAssembly {
  readonly #root: Trees
  readonly #known: KnownNode
  readonly #nodes = new Map<Digest, Bytes>()
  /** Asked of nobody so far, in the order of the text. */
  #wanted: Array<Digest> = []
  readonly #seen = new Set<Digest>()
  #missing = 0
  #broken = false

  constructor(root: Trees, known: KnownNode) {
    this.#root = root
    this.#known = known
    this.#meet(root.service)
    this.#meet(root.table)
  }

  /** Whether every node is there. */
  get complete(): boolean {
    return this.#missing === 0 && !this.#broken
  }

  /** How many nodes are known to be missing. */
  get missing(): number {
    return this.#missing
  }

  // A node of the tree: there already, or wanted.
  #meet(digest: Digest): void {
    if (this.#seen.has(digest)) return
    this.#seen.add(digest)
    const bytes = this.#known(digest)
    if (bytes !== undefined) return this.#keep(digest, bytes)
    this.#missing++
    this.#wanted.push(digest)
  }

  #keep(digest: Digest, bytes: Bytes): void {
    const node = readNode(bytes)
    // Its digest is right, so whoever took the checkpoint has it like this: no text comes of it.
    if (node === undefined) this.#broken = true
    this.#nodes.set(digest, bytes)
    if (node === undefined || !("children" in node)) return
    for (const child of node.children) this.#meet(child)
  }

  /** The next digests to ask for, at most so many; they count as asked for. */
  take(count: number): ReadonlyArray<Digest> {
    return this.#wanted.splice(0, count)
  }

  /** Nobody has answered for these: they are wanted again, before the others. */
  giveBack(digests: ReadonlyArray<Digest>): void {
    const still = digests.filter((d) => !this.#nodes.has(d))
    this.#wanted = [...still, ...this.#wanted]
  }

  /** A node that was missing, with its true digest. */
  add(digest: Digest, bytes: Bytes): void {
    if (!this.#seen.has(digest) || this.#nodes.has(digest)) return
    this.#missing--
    this.#keep(digest, bytes)
  }

  /** The texts, once it is complete. */
  texts(): { readonly service: Bytes; readonly table: Bytes } {
    return { service: this.#text(this.#root.service), table: this.#text(this.#root.table) }
  }

  #text(digest: Digest): Bytes {
    const node = readNode(this.#nodes.get(digest) ?? "")
    if (node === undefined) return ""
    return "text" in node ? node.text : node.children.map((d) => this.#text(d)).join("")
  }
}
