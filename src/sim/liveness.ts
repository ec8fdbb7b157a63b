/** What the calm phase of a run must come to. */
import type { Seq } from "../core/ids.ts"
import type { Standing } from "./protocol.ts"

/** The correct replicas as they are now. */
export interface Correct {
  /** Those that run. */
  readonly running: ReadonlyArray<Standing>
  /** The last sequence number that all of them must come to. */
  readonly executed: Seq
  /** Whether those on their way back must have come back. */
  readonly mustReturn: boolean
}

/**
 * The last number that all who run must come to, where `alone` of them may have executed more: of a
 * request that only they verify the others never hear enough, and nobody waits for it (ADR 27).
 */
export const commonTo = (running: ReadonlyArray<Standing>, alone: number): Seq =>
  running.map((r) => r.executed).sort((a, b) => b - a)[alone] ?? 0

/**
 * What has not happened and must, in words; null when all has: every request has its result, and
 * every correct replica has caught up, and has come back where it was recovered. `left`: how many
 * requests of correct clients have no result that stays.
 */
export const missing = (
  { running, executed, mustReturn }: Correct,
  left: number,
): string | null => {
  if (left > 0) return `${left} requests have no result that stays`
  const late = running.find((r) => r.executed < executed)
  if (late === undefined) {
    const returning = running.find((r) => mustReturn && r.returning)
    return returning === undefined
      ? null
      : `replica ${returning.id} does not count as correct again`
  }
  const where = `${late.active ? "in" : "on its way to"} view ${late.view}`
  return `replica ${late.id} stays at ${late.executed} of ${executed} ${where}`
}
