/**
 * A replica's disk. Records gather in a group; a group is being written for a while and is then
 * durable, all of it. Whoever stops while a group is being written finds none, some or all of it
 * again: its first records, in order. A snapshot is durable at once, as in src/net/store.ts.
 */
import type { Bytes, Seq, View } from "../core/ids.ts"
import type { DurableRecord } from "../core/pbft/state.ts"
import type { Random } from "./random.ts"
import type { Crash } from "./scenario.ts"

/** What a record promises; a checkpoint belongs to view 0, and what is of no number to 0. */
export interface RecordPlace {
  readonly view: View
  readonly seq: Seq
  readonly content: string
}

/** What a record is known by: the kind of the promise, its place, what is promised. */
export const recordKey = (tag: string, { view, seq, content }: RecordPlace): string =>
  `${tag} v${view} n${seq} ${content}`

const placeOf = (record: DurableRecord): RecordPlace => {
  switch (record._tag) {
    case "PrePrepared":
    case "Prepared":
      return { view: record.view, seq: record.seq, content: record.digest }
    case "CheckpointTaken":
      return { view: 0, seq: record.seq, content: record.digest }
    case "CheckpointStable":
      return { view: 0, seq: record.seq, content: "" }
    case "ViewLeft":
      return { view: record.viewChange.view, seq: 0, content: JSON.stringify(record.viewChange) }
    case "NewViewTaken":
      return { view: record.newView.view, seq: 0, content: JSON.stringify(record.newView) }
    case "ViewEntered":
      return { view: record.view, seq: 0, content: "" }
    case "Rejoined":
    case "Recovering":
      return { view: 0, seq: 0, content: String(record.incarnation) }
    case "RecoveryPoint":
    case "RecoveryBound":
      return { view: 0, seq: record.seq, content: "" }
  }
}

const keyOf = (record: DurableRecord): string => recordKey(record._tag, placeOf(record))

export class Disk {
  #durable: ReadonlyArray<DurableRecord> = []
  readonly #keys = new Set<string>()
  #group: Array<DurableRecord> = []
  #writing: ReadonlyArray<DurableRecord> = []
  readonly #snapshots = new Map<Seq, Bytes>()

  /** Records in the order in which they were written. */
  get durable(): ReadonlyArray<DurableRecord> {
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

  append(record: DurableRecord): void {
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
    return taken === undefined ? undefined : this.#snapshots.get(taken.seq)
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
  compact(records: ReadonlyArray<DurableRecord>, now: { low: Seq; view: View }): void {
    const { low } = now
    // What is at or below the stable checkpoint is vouched for by that, and the way to the view by
    // the view. What was said in older views is in P and Q, as far as it counts.
    for (const record of this.#group) {
      const { seq, view } = placeOf(record)
      if (seq <= low || view < now.view) this.#keys.add(keyOf(record))
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

  #keep(records: ReadonlyArray<DurableRecord>): void {
    this.#durable = [...this.#durable, ...records]
    for (const record of records) this.#keys.add(keyOf(record))
  }
}
