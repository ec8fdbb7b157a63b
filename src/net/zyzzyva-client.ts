/**
 * Zyzzyva's clients as what runs them sees them. Certificates and asking again are behind one call.
 *
 * Outside the specification: when a client goes on without the last answers: at once where they
 * cannot come. `ClientCommit` may happen there as soon as there are enough. And which of its
 * certificates and proofs are lost: those that others would not believe.
 */
import type { Timestamp } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  clientView,
  initClient,
  pendingCertificate,
  stepClient,
  type UnsignedRequest,
} from "../core/zyzzyva/client.ts"
import type { Authentic, ClientMessage, Commit, Pom, Request } from "../core/zyzzyva/message.ts"
import { clientLine, clientsDropLine } from "../core/zyzzyva/trace.ts"
import { authenticatorOf } from "./authenticate.ts"
import { BadMessage } from "./bad-message.ts"
import type { ClientKinds, ClientProtocol } from "./client-protocol.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { limitsOf } from "./core-config.ts"
import { storeFingerprint } from "./handshake.ts"
import type { EndpointKeys } from "./keys.ts"
import { replierInTurn } from "./replier.ts"
import { authenticAnswer, canBeShown } from "./zyzzyva-authenticate.ts"
import { readZyzzyvaMessage, writeZyzzyvaMessage } from "./zyzzyva-codec.ts"
import { zyzzyvaClientConfig } from "./zyzzyva-config.ts"
import { ZyzzyvaVerifier } from "./zyzzyva-signature.ts"

export interface ZyzzyvaClientKinds extends ClientKinds {
  readonly State: ClientState
  readonly Input: ClientInput
  readonly Message: UnsignedRequest | Commit | Pom
  readonly Sent: Request | Commit | Pom
  readonly Reply: Authentic<ClientMessage>
}

/** `firstTimestamp`: every client's timestamps start above it. */
export const zyzzyvaClient = (
  config: ClusterConfig,
  keys: EndpointKeys,
  firstTimestamp: Timestamp,
): ClientProtocol<ZyzzyvaClientKinds> => {
  const group = groupOf(config.replicas.length)
  const limits = limitsOf(config)
  const verifier = new ZyzzyvaVerifier(
    storeFingerprint(config),
    config.replicas.map((r) => r.publicKey),
  )
  const cores = new Map<number, ClientConfig>()
  const coreOf = (client: number): ClientConfig => {
    const known = cores.get(client) ?? zyzzyvaClientConfig(config, client, firstTimestamp)
    cores.set(client, known)
    return known
  }
  return {
    group,
    first: (client) => initClient(coreOf(client)),
    step: (client, state, input) => stepClient(coreOf(client), state, input),
    submit: ({ timestamp }, asked) => {
      const replier = replierInTurn(config, asked, timestamp)
      return { _tag: "Submit", operation: asked.operation, ...replier }
    },
    timeout: (waitedMs) => ({ _tag: "Timeout", waitedMs }),
    received: (message) => ({ _tag: "Receive", message }),
    firstWaitMs: config.retransmitMs,
    view: (client, state) => clientView(coreOf(client), state),
    asksPrimary: ({ operation, toAll, responses }) =>
      operation !== undefined && !toAll && responses.every((r) => r === undefined),
    isReady: (client, state, absent) => {
      const shown = pendingCertificate(coreOf(client), state)
      if (shown === undefined) return false
      const answered = new Set(shown.signers.map((s) => s.replica))
      return state.responses.every((_, replica) => answered.has(replica) || absent(replica))
    },
    unanswered: ({ state, action }) =>
      action === "ClientCommit"
        ? state.responses.flatMap((r, replica) => (r === undefined ? [replica] : []))
        : [],
    outgoing: (message, known) => {
      if (message._tag !== "Request") {
        return canBeShown(group, verifier, message) ? message : undefined
      }
      // The same request goes out with the same authenticator again.
      const same = known?._tag === "Request" && known.timestamp === message.timestamp
      const authenticator = same
        ? known.authenticator
        : authenticatorOf(keys.client(message.client), message)
      return { ...message, authenticator }
    },
    isRequest: (sent) => sent._tag === "Request",
    write: writeZyzzyvaMessage,
    read: (reader, replica) => {
      const decoded = readZyzzyvaMessage(reader, limits)
      return decoded instanceof BadMessage ? decoded : authenticAnswer(replica, decoded.message)
    },
    trace: { line: clientLine, drop: clientsDropLine },
  }
}
