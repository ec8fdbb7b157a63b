/**
 * What leaves a replica: effects of steps, and own messages that are sent again.
 *
 * Outside the specification: nothing; a state leaves as the offer of it (state-wire.ts).
 */
import type { SendToReplicas } from "../core/effect.ts"
import type { DirectMessage, Request, State as StateMessage } from "../core/pbft/message.ts"
import type { Effect } from "../core/pbft/state.ts"
import type { CompleteReply, LoopPeers } from "./loop-options.ts"
import type { StateExchange } from "./state-exchange.ts"

export type Send =
  | Extract<Effect, { readonly _tag: "Broadcast" | "SendToClient" }>
  | SendToReplicas<DirectMessage | StateMessage | Request>

/** Where it goes. */
export interface Outlets {
  readonly peers: LoopPeers
  readonly exchange: Pick<StateExchange, "give">
  /** What the core leaves open in a reply; calls back now or later. Without it nothing is. */
  readonly completeReply?: CompleteReply | undefined
}

/** Hands it to the connections. */
export const sendOut = ({ peers, exchange, completeReply }: Outlets, send: Send): void => {
  switch (send._tag) {
    case "Broadcast":
      return peers.broadcast(send.message)
    case "SendToClient":
      if (completeReply === undefined) return peers.toClient(send.client, send.message)
      return completeReply(send.message, (reply) => peers.toClient(send.client, reply))
    case "SendToReplicas":
      for (const replica of send.replicas) {
        if (send.message._tag === "State") exchange.give(replica, send.message)
        else peers.toReplica(replica, send.message)
      }
  }
}
