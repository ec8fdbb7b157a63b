/**
 * A text as a Merkle tree: its leaves, in order, are the text. Trees are values: two of them share
 * the parts in which they do not differ, so the tree of each checkpoint costs what changed since
 * the one before, and whoever holds an older one needs only the parts that it has not.
 *
 * A node's digest is that of its bytes: `L` and the text of a leaf, or `N` and the digests of the
 * children. A node is known by its digest, wherever it comes from.
 */
import type { Bytes, Digest } from "../ids.ts"
import type { Hash } from "./service.ts"

export interface Leaf {
  readonly _tag: "Leaf"
  readonly digest: Digest
  readonly text: Bytes
}

export interface List {
  readonly _tag: "List"
  readonly digest: Digest
  readonly children: ReadonlyArray<TextTree>
}

export type TextTree = Leaf | List

/** The longest text of a leaf that `treeOf` makes. */
export const leafSize = 16 * 1024
/** The most children of a list that `treeOf` makes. */
export const fanOut = 64

/** The bytes of a node, of which its digest is. */
export const nodeBytes = (tree: TextTree): Bytes =>
  tree._tag === "Leaf" ? `L${tree.text}` : `N${tree.children.map((c) => c.digest).join("")}`

export const leaf = (hash: Hash, text: Bytes): Leaf => ({
  _tag: "Leaf",
  digest: hash(`L${text}`),
  text,
})

export const list = (hash: Hash, children: ReadonlyArray<TextTree>): List => ({
  _tag: "List",
  digest: hash(`N${children.map((c) => c.digest).join("")}`),
  children,
})

/** Lists over lists until one is left. */
export const grouped = (hash: Hash, nodes: ReadonlyArray<TextTree>): TextTree => {
  const [first] = nodes
  if (nodes.length === 1 && first !== undefined) return first
  if (nodes.length <= fanOut) return list(hash, nodes)
  const above: Array<TextTree> = []
  for (let from = 0; from < nodes.length; from += fanOut) {
    above.push(list(hash, nodes.slice(from, from + fanOut)))
  }
  return grouped(hash, above)
}

/** The tree of a text that has no structure of its own. */
export const treeOf = (hash: Hash, text: Bytes): TextTree => {
  if (text.length <= leafSize) return leaf(hash, text)
  const leaves: Array<Leaf> = []
  for (let from = 0; from < text.length; from += leafSize) {
    leaves.push(leaf(hash, text.slice(from, from + leafSize)))
  }
  return grouped(hash, leaves)
}

/** The text whose tree it is. */
export const textOf = (tree: TextTree): Bytes =>
  tree._tag === "Leaf" ? tree.text : tree.children.map(textOf).join("")

/** What the bytes of a node say: its text, or its children's digests. Undefined: they are none. */
export const readNode = (
  bytes: Bytes,
): { readonly text: Bytes } | { readonly children: ReadonlyArray<Digest> } | undefined => {
  if (bytes[0] === "L") return { text: bytes.slice(1) }
  const size = bytes.length - 1
  if (bytes[0] !== "N" || size % digestLength !== 0) return undefined
  const children = Array.from({ length: size / digestLength }, (_, k) =>
    bytes.slice(1 + k * digestLength, 1 + (k + 1) * digestLength),
  )
  return { children }
}

/** A digest's length in the bytes of a list: SHA-256 in hexadecimal. */
const digestLength = 64
