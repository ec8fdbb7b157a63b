/**
 * The trees of the states of a replica's last checkpoints: what it gives to others in parts, and
 * what it need not fetch itself.
 *
 * Outside the specification: for how long the state of a checkpoint can still be had after the
 * replica has a later one.
 */
import type { Bytes, Digest, ReplicaId, Seq } from "../core/ids.ts"
import type { Counts } from "./counts.ts"
import type { StateChunk } from "./state-wire.ts"
import { nodeBytes, type TextTree } from "../core/service/text-tree.ts"
import { bytesDigest } from "./digests.ts"

/** Checkpoints that are kept: a transfer takes longer than the time between two of them. */
const kept = 4

/** A state: the bytes of its root, and the trees below it. */
export interface TreedState {
  readonly seq: Seq
  readonly root: Bytes
  readonly trees: ReadonlyArray<TextTree>
}

interface Held extends TreedState {
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
  add(state: TreedState): void {
    const others = this.#held.filter((h) => h.seq !== state.seq)
    this.#held = [{ ...state, nodes: undefined }, ...others].slice(0, kept)
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

/** While more than this waits for a peer, it is given nothing: it asks again. */
const queuedBytesLimit = 1024 * 1024

interface Giving {
  readonly queuedBytes: (replica: ReplicaId) => number
  readonly sendChunk: (replica: ReplicaId, chunk: StateChunk) => void
  readonly counts: Counts
}

/** Gives a peer the nodes that it asks for, as far as they are held. */
export const giveNodes = (
  held: HeldStates,
  { queuedBytes, sendChunk, counts }: Giving,
  replica: ReplicaId,
  digests: ReadonlyArray<Digest>,
): void => {
  if (queuedBytes(replica) >= queuedBytesLimit) return
  const nodes = digests.flatMap((digest): ReadonlyArray<Bytes> => {
    const bytes = held.node(digest)
    return bytes === undefined ? [] : [bytes]
  })
  counts.add("StateNodeGiven", nodes.length)
  if (nodes.length > 0) sendChunk(replica, { _tag: "Nodes", nodes })
}
