/**
 * The client table as a Merkle tree, so that a checkpoint's digest covers it in parts like the
 * service's state: some clients a leaf, which is hashed again when one of their entries changed.
 *
 * Outside the specification: a digest is a symbol there.
 */
import type { Bytes } from "../core/ids.ts"
import type { Hash } from "../core/service/service.ts"
import { grouped, type TextTree, treeOf } from "../core/service/text-tree.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { Reader } from "./reader.ts"
import { Writer } from "./writer.ts"

/** Clients of a part. */
const partSize = 32

interface Part<E> {
  readonly entries: ReadonlyArray<E>
  readonly tree: TextTree
}

const scratch = new Writer(16 * 1024)

type WriteTable<E> = (writer: Writer, entries: ReadonlyArray<E>) => void
type ReadTable<E> = (reader: Reader, limits: CodecLimits) => ReadonlyArray<E>

const textOf = <E>(write: WriteTable<E>, entries: ReadonlyArray<E>): Bytes => {
  scratch.rewind()
  write(scratch, entries)
  return scratch.written().toString("latin1")
}

const isSame = <E>(one: ReadonlyArray<E>, other: ReadonlyArray<E>): boolean =>
  one.length === other.length && one.every((entry, k) => entry === other[k])

/** Makes the trees of one replica's tables, one after the other. */
export const tableTrees = <E>(
  hash: Hash,
  write: WriteTable<E>,
): ((table: ReadonlyArray<E>) => TextTree) => {
  let before: ReadonlyArray<Part<E>> = []
  return (table) => {
    const parts: Array<Part<E>> = []
    for (let from = 0; from === 0 || from < table.length; from += partSize) {
      const entries = table.slice(from, from + partSize)
      const known = before[parts.length]
      if (known !== undefined && isSame(known.entries, entries)) parts.push(known)
      else parts.push({ entries, tree: treeOf(hash, textOf(write, entries)) })
    }
    before = parts
    return grouped(
      hash,
      parts.map((p) => p.tree),
    )
  }
}

/** The table that is the text of such a tree; undefined when it is none. */
export const readTableText = <E>(
  text: Bytes,
  limits: CodecLimits,
  read: ReadTable<E>,
): ReadonlyArray<E> | undefined => {
  const reader = new Reader(Buffer.from(text, "latin1"))
  const table: Array<E> = []
  while (reader.left > 0 && !reader.failed) table.push(...read(reader, limits))
  return reader.failed || table.length > limits.clients ? undefined : table
}
