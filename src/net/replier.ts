/**
 * Whom a client asks for the whole result: each connected replica in turn, so that one that is gone
 * is not waited for.
 *
 * Outside the specification: which of them. Clients may ask any of `Repliers` there.
 */
import type { ReplicaId, Timestamp } from "../core/ids.ts"
import type { Asked } from "./client-protocol.ts"
import type { ClusterConfig } from "./cluster-config.ts"

/** The part `replier` of a client's next request; none where all are to answer in full. */
export const replierInTurn = (
  { digestReplies }: Pick<ClusterConfig, "digestReplies">,
  { connected }: Pick<Asked, "connected">,
  timestamp: Timestamp,
): { readonly replier?: ReplicaId } => {
  const replier = digestReplies ? connected[timestamp % Math.max(1, connected.length)] : undefined
  return replier === undefined ? {} : { replier }
}
