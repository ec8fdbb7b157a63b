/**
 * A value of a register and what is known of those who wrote and read it. Where written values are
 * unique, an order of the operations is an order of their values, and four times of each value say
 * all that real time asks of it. Times are lines of the history.
 *
 * One value must be before another one when
 *   (ordered)  some operation on it was over before a write or a replicated read of the other began
 *   (seen)     some read of it was over before a fast read of the other began
 * The first is real time and "no future" of D2, the second D3 and D4. A finished write alone does
 * not bind fast reads: that is the delay.
 */
import type { Call, Completion, HistoryEvent } from "./call.ts"

/** Operations of one kind on a value, of which only the outermost bind. */
interface Extremes {
  earliestBegun: Completion | undefined
  latestBegun: Completion | undefined
  earliestEnded: Completion | undefined
}

const none = (): Extremes => ({
  earliestBegun: undefined,
  latestBegun: undefined,
  earliestEnded: undefined,
})

const include = (extremes: Extremes, c: Completion): void => {
  const { earliestBegun, latestBegun, earliestEnded } = extremes
  if (c.call.line < begunAt(earliestBegun)) extremes.earliestBegun = c
  if (latestBegun === undefined || c.call.line > latestBegun.call.line) extremes.latestBegun = c
  if (c.line < endedAt(earliestEnded)) extremes.earliestEnded = c
}

const begunAt = (c: Completion | undefined): number => c?.call.line ?? Infinity
const endedAt = (c: Completion | undefined): number => c?.line ?? Infinity

export class Cluster {
  /** undefined: the value was there from the start. */
  readonly write: Call | undefined
  readonly value: string
  readonly replicated = none()
  readonly fast = none()
  /** Reads that may have been either. As fast reads they bind less, if they have a source. */
  readonly unknown = none()
  writeEnd: Completion | undefined
  /** The latest beginning of a write or a replicated read. */
  latestOrdered: number
  /** The latest beginning of a read that may be fast. */
  latestFast = -Infinity
  /** The earliest end of anything. */
  firstEnd: number
  /** The earliest end of a read. */
  firstSeen = Infinity
  /** A read that is taken as replicated so that the fast ones have a source, by its beginning. */
  chosenSource = -Infinity

  constructor(value: string, write: Call | undefined) {
    this.value = value
    this.write = write
    this.latestOrdered = write?.line ?? -Infinity
    this.firstEnd = write === undefined ? -Infinity : Infinity
  }

  /** When the latest beginning of an operation of the order is, with a read chosen for it. */
  get ordered(): number {
    return Math.max(this.latestOrdered, this.chosenSource)
  }

  /** When a source must have begun, if the replicated reads give none. */
  get needsSourceBefore(): number | undefined {
    const need = Math.min(endedAt(this.fast.earliestEnded), endedAt(this.unknown.earliestEnded))
    return begunAt(this.replicated.earliestBegun) < need || need === Infinity ? undefined : need
  }

  written(completion: Completion): void {
    this.writeEnd = completion
    this.firstEnd = Math.min(this.firstEnd, completion.line)
  }

  read(completion: Completion, kind: "replicated" | "fast" | "unknown"): void {
    const { call, line } = completion
    include(this[kind], completion)
    if (kind === "replicated") this.latestOrdered = Math.max(this.latestOrdered, call.line)
    else this.latestFast = Math.max(this.latestFast, call.line)
    this.firstEnd = Math.min(this.firstEnd, line)
    this.firstSeen = Math.min(this.firstSeen, line)
  }

  mustPrecede(other: Cluster): boolean {
    return this.firstEnd < other.ordered || this.firstSeen < other.latestFast
  }

  /** Operations that bind as all of them do. */
  operations(): ReadonlyArray<HistoryEvent> {
    const kinds = [this.replicated, this.fast, this.unknown]
    const reads = new Set(kinds.flatMap((k) => [k.earliestBegun, k.latestBegun, k.earliestEnded]))
    // Order-free: whoever takes these sorts them.
    const ends = [...reads, this.writeEnd].filter((c) => c !== undefined)
    const begun = new Set([...ends.map((c) => c.call), this.write].filter((c) => c !== undefined))
    // Order-free: as above.
    return [...[...begun].map((call) => ({ begun: call })), ...ends.map((c) => ({ ended: c }))]
  }
}
