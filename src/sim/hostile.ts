/** Messages that a scenario writes out for Byzantine replicas and hostile clients. */
import { assert } from "../core/assert.ts"
import type { Message } from "../core/pbft/message.ts"
import type { Config } from "../core/pbft/state.ts"
import type { SignedRequest } from "../core/request.ts"
import { authenticatorFor } from "./authenticators.ts"
import { operationBytes } from "./operation.ts"
import { type Cluster, idOf, type SaidRequest, type Say } from "./scenario.ts"

/** Nobody makes the authenticator of a correct client but that client. */
export const requestOf = (cluster: Cluster, said: SaidRequest): SignedRequest => {
  const { client, timestamp } = said
  const request = { client, timestamp, operation: operationBytes(said.operation) }
  const hostile = client >= cluster.clients
  const authenticator = hostile ? authenticatorFor(request, said.verifiesAt) : ""
  return { ...request, authenticator }
}

export const messageOf = (
  { cluster, config }: { readonly cluster: Cluster; readonly config: Config },
  { from, message }: Say,
): Message => {
  const replica = idOf(from)
  switch (message._tag) {
    case "Request":
    case "Read":
      return { _tag: message._tag, ...requestOf(cluster, message) }
    case "PrePrepare": {
      const batch = message.batch.map((r) => requestOf(cluster, r))
      const { view, seq } = message
      const digest = config.batchDigest(batch)
      return { _tag: "PrePrepare", view, seq, digest, batch, replica }
    }
    case "Prepare":
    case "Commit": {
      const { _tag, view, seq, digest } = message
      return { _tag, view, seq, digest, replica }
    }
    case "ViewChange":
      return { ...message, replica, signature: "" }
    case "NewView":
      return { ...message, changes: [], replica, signature: "" }
    case "Checkpoint":
      return { _tag: "Checkpoint", seq: message.seq, digest: message.digest, replica }
    case "Accusation":
      assert(false, "reading a scenario of PBFT refuses messages of Zyzzyva")
  }
}
