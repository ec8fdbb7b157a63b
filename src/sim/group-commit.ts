/**
 * What leaves a replica only when what was written down before it is durable, as in
 * src/net/runtime.ts: records gather while the disk writes the group before them, and what is to
 * happen after a record waits for its group.
 */
import type { Seq, View } from "../core/ids.ts"
import type { Disk, Recorded } from "./disk.ts"
import type { Random } from "./random.ts"
import type { Crash } from "./scenario.ts"

/** The log is replaced at a stable checkpoint when it holds more records than this. */
const compactRecords = 48

/** Where the replica is, and the records that say all that is durable of it. */
export interface Compacted<R> {
  readonly low: Seq
  readonly view: View
  readonly records: () => ReadonlyArray<R>
}

export interface GroupCommitOptions<R extends Recorded> {
  readonly disk: Disk<R>
  readonly random: Random
  /** Microseconds that making a group durable takes. */
  readonly sync: readonly [least: number, most: number]
  /** Calls `run` after so many microseconds. */
  readonly later: (microseconds: number, run: () => void) => void
}

export class GroupCommit<R extends Recorded> {
  readonly #options: GroupCommitOptions<R>
  /** What waits for the group that gathers, and for the one that is being written. */
  #held: Array<() => void> = []
  #writing: Array<() => void> | undefined
  #compactedAt: Seq = 0
  /** One more with each stop: what was being written then is never told to be. */
  #life = 0

  constructor(options: GroupCommitOptions<R>) {
    this.#options = options
  }

  /** Now, or when what was written down before is durable. */
  gate(act: () => void): void {
    if (this.#options.disk.pending) this.#held.push(act)
    else if (this.#writing !== undefined) this.#writing.push(act)
    else act()
  }

  /** Writes the group that has gathered, or the whole log anew, unless the disk is busy. */
  commit(now: () => Compacted<R>): void {
    const { disk, random, sync, later } = this.#options
    if (this.#writing !== undefined || !disk.pending) return
    const due = this.#held
    this.#held = []
    const { low, view, records } = now()
    if (low > this.#compactedAt && disk.durable.length > compactRecords) {
      disk.compact(records(), { low, view })
      this.#compactedAt = low
      for (const act of due) act()
      return
    }
    this.#writing = due
    disk.startWriting()
    const [least, most] = sync
    const life = this.#life
    later(random.between(least, most), () => {
      if (this.#life !== life) return
      disk.written()
      const acts = this.#writing ?? []
      this.#writing = undefined
      for (const act of acts) act()
      this.commit(now)
    })
  }

  /** The process stops: how many of the records under way the disk kept. */
  crash(tail: Crash["tail"]): number {
    const { disk, random } = this.#options
    const kept = disk.crash(tail, random)
    if (tail === "clean") for (const act of [...(this.#writing ?? []), ...this.#held]) act()
    this.#life++
    this.#held = []
    this.#writing = undefined
    return kept
  }

  /** The process starts again, with a log that begins at `low`. */
  started(low: Seq): void {
    this.#compactedAt = low
  }
}
