/**
 * What leaves a replica: effects of steps, and own messages that are sent again.
 *
 * Outside the specification: nothing; a state leaves as the offer of it (state-wire.ts).
 */
import type { Broadcast, SendToClient, SendToReplicas } from "../core/effect.ts"
import type { CompleteReply, LoopPeers } from "./loop-options.ts"
import type { Kinds, StateKeeper } from "./protocol.ts"

export type Send<K extends Kinds> =
  | Broadcast<K["Message"]>
  | SendToClient<K["Reply"]>
  | SendToReplicas<K["Message"]>

/** Where it goes. */
export interface Outlets<K extends Kinds> {
  readonly peers: LoopPeers<K>
  readonly states: Pick<StateKeeper<K>, "give">
  /** What the core leaves open in a reply; calls back now or later. Without it nothing is. */
  readonly completeReply?: CompleteReply<K> | undefined
}

/** Hands it to the connections. */
export const sendOut = <K extends Kinds>(outlets: Outlets<K>, send: Send<K>): void => {
  const { peers, states, completeReply } = outlets
  switch (send._tag) {
    case "Broadcast":
      return peers.broadcast(send.message)
    case "SendToClient":
      if (completeReply === undefined) return peers.toClient(send.client, send.message)
      return completeReply(send.message, (reply) => peers.toClient(send.client, reply))
    case "SendToReplicas":
      for (const replica of send.replicas) {
        if (!states.give(replica, send.message)) peers.toReplica(replica, send.message)
      }
  }
}
