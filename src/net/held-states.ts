/**
 * The trees of the states of a replica's last checkpoints: what it gives to others in parts, and
 * what it need not fetch itself.
 *
 * Outside the specification: for how long the state of a checkpoint can still be had after the
 * replica has a later one.
 */
import type { ClientEntry } from "../core/client-table.ts"
import type { Bytes, Digest, Seq } from "../core/ids.ts"
import { nodeBytes, type TextTree } from "../core/service/text-tree.ts"
import { bytesDigest, rootBytes, tableTree } from "./digests.ts"

/** Checkpoints that are kept: a transfer takes longer than the time between two of them. */
const kept = 4

interface Held {
  readonly seq: Seq
  readonly root: Bytes
  readonly trees: ReadonlyArray<TextTree>
  /** By digest; made when first asked for. */
  nodes: Map<Digest, TextTree> | undefined
}

const collect = (tree: TextTree, into: Map<Digest, TextTree>): void => {
  into.set(tree.digest, tree)
  if (tree._tag === "List") for (const child of tree.children) collect(child, into)
}

export class HeldStates {
  #held: ReadonlyArray<Held> = []

  /** The state of a checkpoint that was taken or fetched. */
  add(seq: Seq, service: TextTree, table: ReadonlyArray<ClientEntry>): void {
    const tree = tableTree(table)
    const root = rootBytes({ seq, service: service.digest, table: tree.digest })
    const others = this.#held.filter((h) => h.seq !== seq)
    this.#held = [{ seq, root, trees: [service, tree], nodes: undefined }, ...others].slice(0, kept)
  }

  /** The bytes of the root of a state that is held, given by its digest. */
  root(digest: Digest): Bytes | undefined {
    return this.#held.find((h) => bytesDigest(h.root) === digest)?.root
  }

  /** The bytes of a node, whatever checkpoint it is of. */
  node(digest: Digest): Bytes | undefined {
    for (const held of this.#held) {
      const found = this.#nodesOf(held).get(digest)
      if (found !== undefined) return nodeBytes(found)
    }
    return undefined
  }

  #nodesOf(held: Held): Map<Digest, TextTree> {
    if (held.nodes !== undefined) return held.nodes
    const nodes = new Map<Digest, TextTree>()
    for (const tree of held.trees) collect(tree, nodes)
    held.nodes = nodes
    return nodes
  }
}
