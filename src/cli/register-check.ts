/**
 * Judges what clients read: each key is a register whose every written value is unique. A read
 * must return a value that was written, not one from the future, and not one that was known to be
 * overwritten before the read began. Every run that is linearizable passes; this is not the whole
 * of linearizability, but it finds lost, stale and invented values in n log n.
 */

/** One request of a client, as the client saw it. Times are of one clock, in milliseconds. */
export interface Observation {
  readonly client: number
  readonly key: string
  /** `write` of undefined is a removal. */
  readonly kind: "read" | "write"
  readonly value: string | undefined
  readonly startedAt: number
  /** Infinity when no answer came: a write may then take effect at any later time, or never. */
  readonly endedAt: number
  /** How a read was answered, where the service says it. */
  readonly path?: "fast" | "replicated"
}

export interface WrongRead {
  readonly read: Observation
  /** What the read was expected to return instead, in words. */
  readonly reason: string
}

/** When a value was current at the earliest and was first able to be overwritten. */
interface Span {
  readonly startedAt: number
  readonly endedAt: number
}

const describe = (value: string | undefined): string =>
  value === undefined ? "no value" : `"${value.slice(0, 24)}"`

/**
 * The writes that may have made `value` current: one for a value, any removal for none. A removal
 * without an answer and one under way count until the end.
 */
const spansOf = (
  value: string | undefined,
  writes: ReadonlyMap<string, Span>,
  removals: ReadonlyArray<Span>,
): ReadonlyArray<Span> => {
  if (value === undefined) return removals
  const span = writes.get(value)
  return span === undefined ? [] : [span]
}

/** Of each moment the latest start of a write that is known to have taken effect by then. */
class Known {
  readonly #ends: ReadonlyArray<number>
  readonly #starts: ReadonlyArray<number>

  constructor(evidence: ReadonlyArray<{ readonly at: number; readonly startedAt: number }>) {
    const sorted = evidence.toSorted((a, b) => a.at - b.at)
    const starts: Array<number> = []
    for (const { startedAt } of sorted) {
      starts.push(Math.max(startedAt, starts.at(-1) ?? -Infinity))
    }
    this.#ends = sorted.map(({ at }) => at)
    this.#starts = starts
  }

  before(moment: number): number {
    let low = 0
    let high = this.#ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ends[middle] ?? Infinity) < moment) low = middle + 1
      else high = middle
    }
    return this.#starts[low - 1] ?? -Infinity
  }
}

const evidenceOf = (operations: ReadonlyArray<Observation>, writes: ReadonlyMap<string, Span>) =>
  operations.flatMap((operation) => {
    if (operation.endedAt === Infinity) return []
    const { endedAt: at, value } = operation
    if (operation.kind === "write") return [{ at, startedAt: operation.startedAt }]
    const span = value === undefined ? undefined : writes.get(value)
    return span === undefined ? [] : [{ at, startedAt: span.startedAt }]
  })

const judge = (
  read: Observation,
  spans: ReadonlyArray<Span>,
  known: number,
): string | undefined => {
  if (spans.length === 0) return `${describe(read.value)} was never written`
  const past = spans.filter((span) => span.startedAt < read.endedAt)
  if (past.length === 0) return `${describe(read.value)} was written only after the read`
  if (past.some((span) => span.endedAt >= known)) return undefined
  return `${describe(read.value)} had been overwritten ${(read.startedAt - known).toFixed(1)} ms before the read began, or earlier`
}

const wrongReadsOfKey = (operations: ReadonlyArray<Observation>): ReadonlyArray<WrongRead> => {
  const writes = new Map<string, Span>()
  const removals: Array<Span> = [{ startedAt: -Infinity, endedAt: -Infinity }]
  for (const operation of operations) {
    if (operation.kind === "read") continue
    if (operation.value === undefined) removals.push(operation)
    else writes.set(operation.value, operation)
  }
  const known = new Known(evidenceOf(operations, writes))
  return operations.flatMap((read) => {
    if (read.kind === "write" || read.endedAt === Infinity) return []
    const spans = spansOf(read.value, writes, removals)
    const reason = judge(read, spans, known.before(read.startedAt))
    return reason === undefined ? [] : [{ read, reason }]
  })
}

/** Every read that no correct service could have answered so, by key. */
export const wrongReads = (observations: ReadonlyArray<Observation>): ReadonlyArray<WrongRead> =>
  [...Map.groupBy(observations, ({ key }) => key).values()].flatMap(wrongReadsOfKey)
