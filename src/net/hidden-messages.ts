/**
 * A replica that keeps messages of some kinds from some of the others, for tests: it takes its
 * steps as ever, and what it says does not leave, also when it is said again.
 *
 * Outside the specification: a Byzantine replica there says what it likes, to whom it likes.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { LoopPeers } from "./loop-options.ts"
import type { Kinds } from "./protocol.ts"

/** What is kept from whom. */
export interface Hiding {
  readonly kinds: ReadonlyArray<string>
  /** Undefined: from every other replica. */
  readonly from: ReadonlyArray<ReplicaId> | undefined
}

/** Of `hides Commit`, or `hides PrePrepare,Commit from 2,3`. */
export const hidingOf = (text: string): Hiding | undefined => {
  const found = /^hides ([A-Za-z]+(?:,[A-Za-z]+)*)(?: from (\d+(?:,\d+)*))?$/.exec(text)
  if (found === null) return undefined
  const [, kinds = "", from] = found
  return { kinds: kinds.split(","), from: from?.split(",").map(Number) }
}

/** The same connections, but for what is hidden. */
export const hiding = <K extends Kinds>(
  peers: LoopPeers<K>,
  of: {
    readonly n: number
    readonly id: ReplicaId
    readonly misbehaviour: { readonly hidden: Hiding | undefined }
  },
): LoopPeers<K> => {
  const { n, id, misbehaviour } = of
  const isHidden = ({ kinds, from }: Hiding, tag: string, replica: ReplicaId): boolean =>
    kinds.includes(tag) && (from === undefined || from.includes(replica))
  return {
    toReplica: (replica, message) => {
      const { hidden } = misbehaviour
      if (hidden !== undefined && isHidden(hidden, message._tag, replica)) return
      peers.toReplica(replica, message)
    },
    broadcast: (message) => {
      const { hidden } = misbehaviour
      if (hidden === undefined) return peers.broadcast(message)
      for (let replica = 0; replica < n; replica++) {
        if (replica === id || isHidden(hidden, message._tag, replica)) continue
        peers.toReplica(replica, message)
      }
    },
    sendChunk: (replica, chunk) => peers.sendChunk(replica, chunk),
    toClient: (client, reply) => peers.toClient(client, reply),
    tellProgress: (progress) => peers.tellProgress(progress),
    flush: () => peers.flush(),
    isConnected: (replica) => peers.isConnected(replica),
    isLost: (replica) => peers.isLost(replica),
    queuedBytes: (replica) => peers.queuedBytes(replica),
    pause: () => peers.pause(),
    resume: () => peers.resume(),
  }
}
