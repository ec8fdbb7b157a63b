/**
 * A map from bytes to bytes. Its tree has three levels or more: the keys are dealt to buckets, a
 * bucket's text lists its entries in order of their keys, and buckets are gathered in groups. So
 * equal maps have equal digests whatever their history, and a checkpoint hashes only the buckets
 * and groups that were touched. (A sum of the entries' hashes would be cheaper still, but whoever
 * chooses the entries can find collisions of sums: Wagner, CRYPTO 2002.)
 */
import { assert } from "../assert.ts"
import type { Bytes } from "../ids.ts"
import { field, fieldAt } from "./byte-text.ts"
import {
  decodeOperation,
  encodeResult,
  type KeyValueOperation,
  type KeyValueResult,
} from "./key-value-operation.ts"
import type { Hash, Service } from "./service.ts"
import { leaf, list, type TextTree, textOf, treeOf } from "./text-tree.ts"

const buckets = 1024

const groupSize = 32

interface Bucket {
  readonly entries: Map<Bytes, Bytes>
  /** The entries as text; undefined since the last change. */
  tree: TextTree | undefined
}

/** The groups of buckets and all of them; undefined or another since the last change. */
interface Groups {
  readonly trees: Array<TextTree | undefined>
  whole: TextTree | undefined
}

// FNV-1a: spreads the keys. Nothing but speed depends on it.
const bucketOf = (key: Bytes): number => {
  let h = 0x811c9dc5
  for (let k = 0; k < key.length; k++) h = Math.imul(h ^ key.charCodeAt(k), 0x01000193)
  return (h ^ (h >>> 16)) & (buckets - 1)
}

const emptyBuckets = (): Array<Bucket> =>
  Array.from({ length: buckets }, () => ({ entries: new Map(), tree: undefined }))

const noGroups = (): Groups => ({ trees: [], whole: undefined })

const compare = (a: Bytes, b: Bytes): number => (a < b ? -1 : a > b ? 1 : 0)

const bucketTree = (hash: Hash, { entries }: Bucket, empty: TextTree): TextTree => {
  if (entries.size === 0) return empty
  // Order-free: sorted.
  const sorted = [...entries].sort(([a], [b]) => compare(a, b))
  return treeOf(hash, sorted.map(([key, value]) => field(key) + field(value)).join(""))
}

const groupTree = (
  hash: Hash,
  members: ReadonlyArray<Bucket>,
  { empty, before }: { readonly empty: TextTree; readonly before: TextTree | undefined },
): TextTree => {
  if (before !== undefined && members.every((b) => b.tree !== undefined)) return before
  for (const bucket of members) bucket.tree ??= bucketTree(hash, bucket, empty)
  return list(
    hash,
    members.map((b) => b.tree as TextTree),
  )
}

/** The tree of all buckets; `groups` keeps what has not changed for the next time. */
const wholeTree = (
  hash: Hash,
  { all, groups, empty }: { all: ReadonlyArray<Bucket>; groups: Groups; empty: TextTree },
): TextTree => {
  let changed = groups.whole === undefined
  for (let k = 0; k < buckets / groupSize; k++) {
    const before = groups.trees[k]
    const members = all.slice(k * groupSize, (k + 1) * groupSize)
    const now = groupTree(hash, members, { empty, before })
    groups.trees[k] = now
    if (now !== before) changed = true
  }
  const whole = changed ? list(hash, groups.trees as Array<TextTree>) : groups.whole
  groups.whole = whole
  return whole as TextTree
}

const done: KeyValueResult = { _tag: "Done" }
const absent: KeyValueResult = { _tag: "Absent" }

const apply = (all: ReadonlyArray<Bucket>, operation: KeyValueOperation): KeyValueResult => {
  const { key } = operation
  const bucket = all[bucketOf(key)] as Bucket
  const present = bucket.entries.get(key)
  const now: KeyValueResult = present === undefined ? absent : { _tag: "Value", value: present }
  switch (operation._tag) {
    case "Get":
      return now
    case "Delete":
      if (present === undefined) return absent
      bucket.entries.delete(key)
      bucket.tree = undefined
      return done
    case "CompareAndSet":
      if (present !== operation.expected) return now
      return put(bucket, key, operation.value)
    case "Put":
      return put(bucket, key, operation.value)
  }
}

const put = (bucket: Bucket, key: Bytes, value: Bytes): KeyValueResult => {
  bucket.entries.set(key, value)
  bucket.tree = undefined
  return done
}

/** The entries of a snapshot, or undefined when it is none: keys must ascend in their buckets. */
const read = (snapshot: Bytes): Array<Bucket> | undefined => {
  const all = emptyBuckets()
  let at = 0
  let last = -1
  let lastKey = ""
  while (at < snapshot.length) {
    const k = fieldAt(snapshot, at)
    const v = k === undefined ? undefined : fieldAt(snapshot, k.to)
    if (k === undefined || v === undefined) return undefined
    const key = snapshot.slice(k.from, k.to)
    const place = bucketOf(key)
    if (place < last || (place === last && compare(key, lastKey) <= 0)) return undefined
    const bucket = all[place] as Bucket
    bucket.entries.set(key, snapshot.slice(v.from, v.to))
    bucket.tree = undefined
    last = place
    lastKey = key
    at = v.to
  }
  return all
}

/** What an operation found at its key; undefined for bytes that are no operation. */
type Before = { readonly key: Bytes; readonly value: Bytes | undefined } | undefined

/** What the last operations found, so that they can be taken back: `most` of them. */
class Found {
  readonly #most: number
  #last: Array<Before> = []

  constructor(most: number) {
    this.#most = most
  }

  add(all: ReadonlyArray<Bucket>, operation: KeyValueOperation | string): void {
    if (this.#most === 0) return
    const key = typeof operation === "string" ? undefined : operation.key
    this.#last.push(
      key === undefined ? undefined : { key, value: all[bucketOf(key)]?.entries.get(key) },
    )
    if (this.#last.length > 2 * this.#most) this.#last = this.#last.slice(-this.#most)
  }

  takeBack(all: ReadonlyArray<Bucket>, count: number): void {
    assert(count <= Math.min(this.#most, this.#last.length), "what is taken back is remembered")
    for (const before of this.#last.splice(this.#last.length - count).reverse()) {
      if (before === undefined) continue
      const bucket = all[bucketOf(before.key)] as Bucket
      if (before.value === undefined) bucket.entries.delete(before.key)
      else bucket.entries.set(before.key, before.value)
      bucket.tree = undefined
    }
  }

  clear(): void {
    this.#last = []
  }
}

const isRead = (bytes: Bytes): boolean => bytes[0] === "G"

/**
 * An empty key-value service; `hash` must be collision-resistant. It can take back its last
 * `undoable` operations that are no reads.
 */
export const keyValueService = (hash: Hash, undoable = 0): Service => {
  const state = { buckets: emptyBuckets(), groups: noGroups() }
  const found = new Found(undoable)
  const empty = leaf(hash, "")
  const tree = (): TextTree => wholeTree(hash, { all: state.buckets, groups: state.groups, empty })
  return {
    execute: (bytes) => {
      const operation = decodeOperation(bytes)
      if (!isRead(bytes)) found.add(state.buckets, operation)
      return encodeResult(
        typeof operation === "string"
          ? { _tag: "BadOperation", why: operation }
          : apply(state.buckets, operation),
      )
    },
    undo: (count) => found.takeBack(state.buckets, count),
    digest: () => tree().digest,
    snapshot: () => textOf(tree()),
    tree,
    isRead,
    restore: (snapshot) => {
      const all = read(snapshot)
      if (all === undefined) return false
      state.buckets = all
      state.groups = noGroups()
      found.clear()
      return true
    },
  }
}
