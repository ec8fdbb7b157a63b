/** What the calm phase of a run must come to, and what it need not. */
import type { State } from "../core/pbft/state.ts"
import { type Correct, type Restriction, restrictions } from "./restrictions.ts"

export interface Demand {
  /** What has not happened and must, in words; null when all has. */
  readonly missing: string | null
  /** Why not everything is demanded; null when it is. */
  readonly excuse: string | null
}

const text = ({ until, why }: Restriction, what: string): string =>
  `until ${until}: ${why}; ${what}`

/** `left`: how many requests of correct clients have no result. */
export const demandOf = (correct: Correct, left: number): Demand => {
  const { running, group, executed } = correct
  const rowOf = (state: State): Restriction | undefined =>
    restrictions.find(({ applies }) => applies(correct, state))
  if (left > 0) {
    const lacking = running.map(rowOf).filter((row) => row?.lacking === true)
    const row = running.length - lacking.length < group.quorum ? lacking[0] : undefined
    return row === undefined
      ? { missing: `${left} requests have no result`, excuse: null }
      : { missing: null, excuse: text(row, "no quorum is left for requests") }
  }
  const late = running.filter((state) => state.executed < executed)
  const must = late.find((state) => rowOf(state) === undefined)
  if (must !== undefined) {
    const { view, active } = must
    const where = `${active ? "in" : "on its way to"} view ${view}`
    return { missing: `a replica stays at ${must.executed} of ${executed} ${where}`, excuse: null }
  }
  const row = late.map(rowOf)[0]
  return { missing: null, excuse: row === undefined ? null : text(row, "it need not catch up") }
}
