/**
 * PBFT's clients as what runs them sees them.
 *
 * Outside the specification: nothing; it names functions of src/core/pbft.
 */
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  clientView,
  initClient,
  stepClient,
  type UnsignedRequest,
} from "../core/pbft/client.ts"
import type { Authentic, Read, Reply, Request } from "../core/pbft/message.ts"
import { clientLine, clientsDropLine } from "../core/pbft/trace.ts"
import type { Timestamp } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import { authenticatorOf, authenticReply } from "./authenticate.ts"
import { BadMessage } from "./bad-message.ts"
import type { ClientKinds, ClientProtocol } from "./client-protocol.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { readMessage, writeMessage } from "./codec.ts"
import { clientCoreConfig, limitsOf } from "./core-config.ts"
import type { EndpointKeys } from "./keys.ts"
import { replierInTurn } from "./replier.ts"

export interface PbftClientKinds extends ClientKinds {
  readonly State: ClientState
  readonly Input: ClientInput
  readonly Message: UnsignedRequest
  readonly Sent: Request | Read
  readonly Reply: Authentic<Reply>
}

/** `firstTimestamp`: every client's timestamps start above it. */
export const pbftClient = (
  config: ClusterConfig,
  keys: EndpointKeys,
  firstTimestamp: Timestamp,
): ClientProtocol<PbftClientKinds> => {
  const group = groupOf(config.replicas.length)
  const limits = limitsOf(config)
  const cores = new Map<number, ClientConfig>()
  const coreOf = (client: number): ClientConfig => {
    const known = cores.get(client) ?? clientCoreConfig(config, client, firstTimestamp)
    cores.set(client, known)
    return known
  }
  return {
    group,
    first: (client) => initClient(coreOf(client)),
    step: (client, state, input) => stepClient(coreOf(client), state, input),
    submit: ({ timestamp }, asked) => {
      const { operation, reads } = asked
      if (reads && config.readOnly) return { _tag: "Submit", operation, readOnly: true }
      return { _tag: "Submit", operation, ...replierInTurn(config, asked, timestamp) }
    },
    timeout: (waitedMs) => ({ _tag: "Timeout", waitedMs }),
    received: (message) => ({ _tag: "Receive", message }),
    firstWaitMs: config.retransmitMs,
    view: (client, state) => clientView(coreOf(client), state),
    asksPrimary: ({ operation, toAll, readOnly }) => operation !== undefined && !toAll && !readOnly,
    isReady: () => false,
    unanswered: () => [],
    outgoing: (message, known) => {
      // The same request goes out with the same authenticator again.
      const same = known?.timestamp === message.timestamp && known._tag === message._tag
      const authenticator = same
        ? known.authenticator
        : authenticatorOf(keys.client(message.client), message)
      return { ...message, authenticator }
    },
    isRequest: () => true,
    write: writeMessage,
    read: (reader, replica) => {
      const decoded = readMessage(reader, limits)
      return decoded instanceof BadMessage ? decoded : authenticReply(replica, decoded.message)
    },
    trace: { line: clientLine, drop: clientsDropLine },
  }
}
