/**
 * When a replica is recovered: time is cut into turns, and turn k is that of replica k mod n. So as
 * long as a recovery takes less than a turn, and the machines' clocks agree to within one, no two
 * replicas are recovered at once (TOCS section 5.2: at most f are).
 *
 * Outside the specification: when a replica is recovered. `Recover` may happen there at any moment.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { ReplicaStatus } from "./status.ts"

/** When the next turn of a replica begins, in milliseconds since 1970; it has one in `everyMs`. */
export const nextTurn = (
  now: number,
  { id, n, everyMs }: { readonly id: ReplicaId; readonly n: number; readonly everyMs: number },
): number => {
  const turnMs = everyMs / n
  const current = Math.floor(now / turnMs)
  const ahead = (((id - current) % n) + n) % n
  return Math.ceil((current + (ahead === 0 ? n : ahead)) * turnMs)
}

/** Why the replica is to skip its turn, if it is: another one counts as faulty already. */
export const reasonToSkip = ({ peers, recovery }: ReplicaStatus): string | undefined => {
  if (recovery !== null && !recovery.recovered) return "it is being recovered"
  const away = peers.find((p) => !p.connected)
  if (away !== undefined) return `replica ${away.replica} is not connected`
  const waiting = peers.find((p) => p.awaited > 0)
  return waiting && `replica ${waiting.replica} is being recovered`
}
