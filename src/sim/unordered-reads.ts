/**
 * Reads that were answered without an order: whether each has a place between the requests that
 * were executed. Whoever had its answer before a read was asked stands before it, whoever asked
 * after its answer stands behind it, and a plain map that is read there answers the same. Each read
 * is given the first place that fits, in the order in which they were asked: a later one could only
 * push those after it further.
 */
import type { Bytes } from "../core/ids.ts"
import type { Observed } from "./client-node.ts"

/** A request that was executed, and how many were executed before it. */
export interface PlacedRequest {
  readonly operation: Bytes
  readonly place: number
}

export interface ReadsToPlace {
  /** All requests that were executed, in order. */
  readonly order: ReadonlyArray<PlacedRequest>
  /** Those of them that were answered. */
  readonly answered: ReadonlyArray<readonly [Observed, PlacedRequest]>
  readonly reads: ReadonlyArray<Observed>
  /** What reading after the first `place` requests gives. */
  readonly resultAt: (place: number, read: Observed) => Bytes
}

interface PlacedRead {
  readonly read: Observed
  readonly place: number
}

/** The reads that have no place. */
export const misplacedReads = (of: ReadsToPlace): ReadonlyArray<Observed> => {
  const placed: Array<PlacedRead> = []
  const wrong: Array<Observed> = []
  for (const read of of.reads.toSorted((a, b) => a.submittedAt - b.submittedAt)) {
    const place = placeOf(of, placed, read)
    if (place === undefined) wrong.push(read)
    else placed.push({ read, place })
  }
  return wrong
}

const placeOf = (
  { order, answered, resultAt }: ReadsToPlace,
  placed: ReadonlyArray<PlacedRead>,
  read: Observed,
): number | undefined => {
  const { submittedAt, completedAt = Number.POSITIVE_INFINITY, result } = read
  const before = (o: Observed): boolean => (o.completedAt ?? Number.POSITIVE_INFINITY) < submittedAt
  const first = Math.max(
    0,
    ...answered.filter(([o]) => before(o)).map(([, { place }]) => place + 1),
    ...placed.filter((p) => before(p.read)).map((p) => p.place),
  )
  const last = Math.min(
    order.length,
    ...answered.filter(([o]) => o.submittedAt > completedAt).map(([, { place }]) => place),
  )
  for (let place = first; place <= last; place++) {
    if (resultAt(place, read) === result) return place
  }
  return undefined
}
