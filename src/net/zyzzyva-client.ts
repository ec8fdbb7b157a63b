/**
 * Zyzzyva's clients as what runs them sees them. Certificates and asking again are behind one call.
 *
 * Outside the specification: when a client goes on without the last answers: at once where they
 * cannot come. `ClientCommit` may happen there as soon as there are enough. When it asks to be
 * answered only when its request is committed: while a replica is not there; and when without
 * signatures: while none is missing. And which of its certificates and proofs are lost: those that
 * others would not believe.
 */
import type { ReplicaId, Timestamp } from "../core/ids.ts"
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
import type {
  Authentic,
  ClientMessage,
  Commit,
  Pom,
  Read,
  Request,
} from "../core/zyzzyva/message.ts"
import { isWitnessIn } from "../core/zyzzyva/needs.ts"
import { clientLine, clientsDropLine } from "../core/zyzzyva/trace.ts"
import { authenticatorOf } from "./authenticate.ts"
import { BadMessage } from "./bad-message.ts"
import { BadSigners } from "./bad-signers.ts"
import type { ClientKinds, ClientProtocol } from "./client-protocol.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { limitsOf } from "./core-config.ts"
import { storeFingerprint } from "./handshake.ts"
import type { EndpointKeys } from "./keys.ts"
import { replierInTurn } from "./replier.ts"
import { authenticAnswer } from "./zyzzyva-authenticate.ts"
import { readZyzzyvaMessage, writeZyzzyvaMessage } from "./zyzzyva-codec.ts"
import { zyzzyvaClientConfig } from "./zyzzyva-config.ts"
import { ZyzzyvaVerifier } from "./zyzzyva-signature.ts"

type Sent = Request | Read | Commit | Pom

export interface ZyzzyvaClientKinds extends ClientKinds {
  readonly State: ClientState
  readonly Input: ClientInput
  readonly Message: UnsignedRequest | Commit | Pom
  readonly Sent: Sent
  readonly Reply: Authentic<ClientMessage>
}

/** Who has not answered. */
export const withoutAnswer = ({
  responses,
}: Pick<ClientState, "responses">): ReadonlyArray<ReplicaId> =>
  responses.flatMap((r, replica) => (r === undefined ? [replica] : []))

// All have answered who can, and not alike, or by digest, or unsigned: all are to be asked, once.
const isInVain = (
  { operation, toAll, readOnly, responses }: ClientState,
  absent: (replica: number) => boolean,
): boolean => {
  const lacks = readOnly || responses.some((r) => r?.digest === true || r?.clientOnly === true)
  if (operation === undefined || toAll || !lacks) return false
  return responses.every((r, replica) => r !== undefined || absent(replica))
}

const isSame = (
  message: UnsignedRequest,
  known: Sent | undefined,
): known is Extract<Sent, { readonly authenticator: string }> =>
  known !== undefined &&
  "authenticator" in known &&
  known._tag === message._tag &&
  known.timestamp === message.timestamp

/** `firstTimestamp`: every client's timestamps start above it. */
export const zyzzyvaClient = (
  config: ClusterConfig,
  keys: EndpointKeys,
  firstTimestamp: Timestamp,
): ClientProtocol<ZyzzyvaClientKinds> => {
  const group = groupOf(config.replicas.length)
  const limits = limitsOf(config)
  const execution = { ...group, separateExecution: config.separateExecution }
  const verifier = new ZyzzyvaVerifier(
    storeFingerprint(config),
    config.replicas.map((r) => r.publicKey),
  )
  const signers = new BadSigners(group, verifier)
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
      const { operation, reads } = asked
      if (reads && config.readOnly) return { _tag: "Submit", operation, readOnly: true }
      const isLacking = asked.connected.length < group.n
      const first = config.commitFirst && isLacking ? { commitFirst: true as const } : {}
      const alone = config.preferredQuorums && !isLacking ? { clientOnly: true as const } : {}
      const executing = asked.connected.filter((replica) => !isWitnessIn(execution, replica))
      const replier = replierInTurn(config, { connected: executing }, timestamp)
      const marks = { ...replier, ...first, ...alone }
      return { _tag: "Submit", operation, ...marks }
    },
    timeout: (waitedMs) => ({ _tag: "Timeout", waitedMs }),
    received: (message) => ({ _tag: "Receive", message }),
    firstWaitMs: config.retransmitMs,
    view: (client, state) => clientView(coreOf(client), state),
    asksPrimary: ({ operation, toAll, readOnly, responses }) =>
      operation !== undefined && !toAll && !readOnly && responses.every((r) => r === undefined),
    isReady: (client, state, absent) => {
      const shown = pendingCertificate(coreOf(client), state)
      if (shown === undefined) return isInVain(state, absent)
      const answered = new Set(shown.signers.map((s) => s.replica))
      return state.responses.every((_, replica) => answered.has(replica) || absent(replica))
    },
    unanswered: ({ state, action }) => (action === "ClientCommit" ? withoutAnswer(state) : []),
    outgoing: (message, known) => {
      if (message._tag === "Commit" || message._tag === "Pom") {
        return signers.canBeShown(message) ? message : undefined
      }
      // The same request goes out with the same authenticator again.
      const authenticator = isSame(message, known)
        ? known.authenticator
        : authenticatorOf(keys.client(message.client), message)
      return { ...message, authenticator }
    },
    isRequest: (sent) => sent._tag === "Request" || sent._tag === "Read",
    write: writeZyzzyvaMessage,
    read: (reader, replica) => {
      const decoded = readZyzzyvaMessage(reader, limits)
      if (decoded instanceof BadMessage) return decoded
      const answer = authenticAnswer(replica, decoded.message)
      return typeof answer === "string" ? answer : signers.heard(answer)
    },
    trace: { line: clientLine, drop: clientsDropLine },
  }
}
