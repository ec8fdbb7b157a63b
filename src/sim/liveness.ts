/** What the calm phase of a run must come to, and what it need not. */
import type { Seq } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import type { Standing } from "./protocol.ts"
import { type Correct, type Restriction, restrictions } from "./restrictions.ts"

export interface Demand {
  /** What has not happened and must, in words; null when all has. */
  readonly missing: string | null
  /** Why not everything is demanded; null when it is. */
  readonly excuse: string | null
}

const text = ({ until, why }: Restriction, what: string): string =>
  `until ${until}: ${why}; ${what}`

/** The correct replicas as they are now; `executed` is the last number that any has executed. */
export const correctOf = (
  group: Group,
  replicas: ReadonlyArray<Standing>,
  executed: Seq,
): Correct => ({
  group,
  running: replicas.filter(({ up }) => up),
  stable: Math.max(0, ...replicas.map(({ low }) => low)),
  executed,
  view: Math.max(0, ...replicas.map(({ view }) => view)),
})

/** `left`: how many requests of correct clients have no result that stays. */
export const demandOf = (correct: Correct, left: number): Demand => {
  const { running, executed } = correct
  const late = running.filter((r) => r.executed < executed)
  if (left === 0 && late.length === 0) return { missing: null, excuse: null }
  const rowOf = (member: Standing): Restriction | undefined =>
    restrictions.find(({ applies }) => applies(correct, member))
  if (left > 0) return { missing: `${left} requests have no result that stays`, excuse: null }
  const must = late.find((member) => rowOf(member) === undefined)
  if (must !== undefined) {
    const where = `${must.active ? "in" : "on its way to"} view ${must.view}`
    const missing = `replica ${must.id} stays at ${must.executed} of ${executed} ${where}`
    return { missing, excuse: null }
  }
  const rows = late.flatMap((member) => rowOf(member) ?? [])
  return { missing: null, excuse: rows[0] === undefined ? null : text(rows[0], "it stays behind") }
}
