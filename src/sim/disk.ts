/**
 * A replica's disk. Records gather in a group; a group is being written for a while and is then
 * durable, all of it. Whoever stops while a group is being written finds none, some or all of it
 * again: its first records, in order. A snapshot is durable at once, as in src/net/store.ts.
 */
import type { Bytes, Seq } from "../core/ids.ts"
import type { DurableRecord } from "../core/pbft/state.ts"
import type { Random } from "./random.ts"
import type { Crash } from "./scenario.ts"

/** What a record is known by: the kind of the promise, its number or view, what is promised. */
export const recordKey = (tag: string, seq: Seq, digest: string): string =>
  `${tag} ${seq} ${digest}`

const seqOf = (record: DurableRecord): Seq | undefined => ("seq" in record ? record.seq : undefined)

const keyOf = (record: DurableRecord): string => {
  switch (record._tag) {
    case "ViewLeft":
      return recordKey(record._tag, record.viewChange.view, "")
    case "NewViewTaken":
      return recordKey(record._tag, record.newView.view, "")
    case "ViewEntered":
      return recordKey(record._tag, record.view, "")
    case "CheckpointStable":
      return recordKey(record._tag, record.seq, "")
    default:
      return recordKey(record._tag, record.seq, record.digest)
  }
}

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

  append(record: DurableRecord): void {
    this.#group.push(record)
  }

  saveSnapshot(seq: Seq, snapshot: Bytes): void {
    this.#snapshots.set(seq, snapshot)
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
  compact(records: ReadonlyArray<DurableRecord>, low: Seq): void {
    // What is at or below the stable checkpoint is vouched for by that.
    for (const record of this.#group) if ((seqOf(record) ?? 0) <= low) this.#keys.add(keyOf(record))
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
