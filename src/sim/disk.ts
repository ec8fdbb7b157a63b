/**
 * A replica's disk. Records gather in a group; a group is being written for a while and is then
 * durable, all of it. Whoever stops while a group is being written finds none, some or all of it
 * again: its first records, in order. A snapshot is durable at once, as in src/net/store.ts.
 */
import type { Bytes, Seq, View } from "../core/ids.ts"
import type { Random } from "./random.ts"
import type { Crash } from "./scenario.ts"

/** What a record promises. */
export interface RecordPlace {
  readonly view: View
  readonly seq: Seq
  readonly content: string
}

/** What a record is known by: the kind of the promise, its place, what is promised. */
export const recordKey = (tag: string, { view, seq, content }: RecordPlace): string =>
  `${tag} v${view} n${seq} ${content}`

/** A record as far as the disk knows it. */
export interface Recorded {
  readonly _tag: string
}

export class Disk<R extends Recorded> {
  readonly #placeOf: (record: R) => RecordPlace
  #durable: ReadonlyArray<R> = []
  readonly #keys = new Set<string>()
  #group: Array<R> = []
  #writing: ReadonlyArray<R> = []
  readonly #snapshots = new Map<Seq, Bytes>()

  /** `placeOf`: what a record promises. */
  constructor(placeOf: (record: R) => RecordPlace) {
    this.#placeOf = placeOf
  }

  #keyOf(record: R): string {
    return recordKey(record._tag, this.#placeOf(record))
  }

  /** Records in the order in which they were written. */
  get durable(): ReadonlyArray<R> {
    return this.#durable
  }

  /** Whether a record with this key has become durable, at any time. */
  holds(key: string): boolean {
    return this.#keys.has(key)
  }

  get pending(): boolean {
    return this.#group.length > 0
  }

  /** It is an empty one from now on; what it once held has been promised all the same. */
  wipe(): void {
    this.#durable = []
    this.#snapshots.clear()
  }

  append(record: R): void {
    this.#group.push(record)
  }

  saveSnapshot(seq: Seq, snapshot: Bytes): void {
    this.#snapshots.set(seq, snapshot)
  }

  /** The snapshot of a checkpoint that the replica holds; empty for the first of all. */
  snapshot(seq: Seq): Bytes {
    return this.#snapshots.get(seq) ?? ""
  }

  /** The snapshot of the last checkpoint on the disk; undefined before the first. */
  lastSnapshot(): Bytes | undefined {
    const taken = this.#durable.findLast((r) => r._tag === "CheckpointTaken")
    return taken === undefined ? undefined : this.#snapshots.get(this.#placeOf(taken).seq)
  }

  /** The group that has gathered goes to the disk. */
  startWriting(): void {
    this.#writing = this.#group
    this.#group = []
  }

  written(): void {
    this.#keep(this.#writing)
    this.#writing = []
  }

  /** The log is replaced by these records, which say all that counts; durable at once. */
  compact(records: ReadonlyArray<R>, now: { low: Seq; view: View }): void {
    const { low } = now
    // What is at or below the stable checkpoint is vouched for by that, and the way to the view by
    // the view. What was said in older views is in what is kept, as far as it counts.
    for (const record of this.#group) {
      const { seq, view } = this.#placeOf(record)
      if (seq <= low || view < now.view) this.#keys.add(this.#keyOf(record))
    }
    this.#group = []
    this.#durable = []
    this.#keep(records)
    // order-free: each is looked at by itself
    for (const seq of this.#snapshots.keys()) if (seq < low) this.#snapshots.delete(seq)
  }

  /** The process stops: how many records of those being written are there afterwards. */
  crash(tail: Crash["tail"], random: Random): number {
    const under = tail === "clean" ? [...this.#writing, ...this.#group] : this.#writing
    const kept =
      tail === "lost" ? 0 : tail === "torn" ? random.below(under.length + 1) : under.length
    this.#keep(under.slice(0, kept))
    this.#writing = []
    this.#group = []
    return kept
  }

  #keep(records: ReadonlyArray<R>): void {
    this.#durable = [...this.#durable, ...records]
    for (const record of records) this.#keys.add(this.#keyOf(record))
  }
}
