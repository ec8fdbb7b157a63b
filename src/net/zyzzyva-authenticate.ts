/**
 * Decides which of Zyzzyva's messages `step` may believe: the only maker of its `Authentic`. A
 * frame's MAC says which peer sent it; a client's MACs are checked as PBFT's are (authenticate.ts);
 * every signature that is in a message is verified, and every batch held against its digest. Of a
 * replica that lost its disk a request to be taken back is believed, which is signed.
 *
 * An answer is the exception: its client knows it by the frame's MAC alone, and checks the
 * signatures of those that it shows to others when it shows them (bad-signers.ts). Whoever answered
 * and did not sign helps a request to complete at once and makes no certificate.
 *
 * Outside the specification: how an authenticator is checked. A message there is deliverable when
 * those whose signatures it shows have given them.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import {
  type Authentic,
  type ClientMessage,
  isForClient,
  type Message,
} from "../core/zyzzyva/message.ts"
import { claims } from "../core/zyzzyva/signed.ts"
import type { Input } from "../core/zyzzyva/state.ts"
import { isClientsEntry } from "./authenticate.ts"
import { digestOfBatchBytes, digestOfRequestBytes } from "./digests.ts"
import type { HmacKey } from "./hmac.ts"
import type { Dropped, Peer } from "./protocol.ts"
import type { RecoveryRequests } from "./recovery-requests.ts"
import type { ZyzzyvaDecoded } from "./zyzzyva-codec.ts"
import type { ZyzzyvaVerifier } from "./zyzzyva-signature.ts"

const authentic = <M>(message: M): Authentic<M> => message as Authentic<M>

export interface Judging {
  readonly group: Group
  readonly id: ReplicaId
  readonly clients: number
  /** The keys for this replica's entry in a client's authenticators that are good now. */
  readonly goodForClient: (client: number) => ReadonlyArray<HmacKey>
  readonly verifier: ZyzzyvaVerifier
  readonly recoveries: RecoveryRequests
}

/** Makes verdicts for one replica. */
export class ZyzzyvaAuthenticator {
  readonly #of: Judging

  constructor(of: Judging) {
    this.#of = of
  }

  #isClients(client: number, digest: string, authenticator: string): boolean {
    const { group, id, clients, goodForClient, recoveries } = this.#of
    const replica = recoveries.replicaOf(client)
    if (replica !== undefined) return recoveries.isSigned(replica, digest, authenticator)
    if (client >= clients) return false
    return isClientsEntry({ keys: goodForClient(client), digest, authenticator, id, n: group.n })
  }

  // Who asks: an endpoint for its clients, a replica for itself.
  #mayAsk(peer: Peer, client: number): boolean {
    if (peer.kind === "endpoint") return isOf(peer, client)
    return this.#of.recoveries.replicaOf(client) === peer.id
  }

  #isSigned(message: Message): boolean {
    const { group, verifier } = this.#of
    return claims(group, message).every(verifier.isSigned)
  }

  /** What a message from `peer` is as an input; `bytes` are those that were decoded. */
  input(peer: Peer, decoded: ZyzzyvaDecoded, bytes: Buffer): Input | Dropped {
    const { message } = decoded
    const { recoveries } = this.#of
    switch (message._tag) {
      case "SpecResponse":
      case "ReadResponse":
      case "LocalCommit":
        return "WrongReceiver"
      case "Request":
      case "Read": {
        if (!this.#mayAsk(peer, message.client)) return "WrongSender"
        const { from, to } = decoded as Extract<ZyzzyvaDecoded, { readonly from: number }>
        const digest = digestOfRequestBytes(bytes, from, to)
        if (!this.#isClients(message.client, digest, message.authenticator)) return "BadMac"
        if (!recoveries.isDue(message)) return "TooSoon"
        return { _tag: "Receive", message: authentic(message) }
      }
      case "Commit":
        if (!isOf(peer, message.client)) return "WrongSender"
        break
      case "Pom":
      case "State":
        break
      case "OrderReq":
        return this.#order(peer, decoded as Ordered, bytes)
      case "NewView":
        // It is signed, whoever passes it on.
        if (peer.kind !== "replica") return "WrongSender"
        break
      default:
        if (peer.kind !== "replica" || message.replica !== peer.id) return "WrongSender"
    }
    if (!this.#isSigned(message)) return "BadSignature"
    return { _tag: "Receive", message: authentic(message) }
  }

  // From its primary, or from who holds it: it is signed.
  #order(peer: Peer, { message, parts }: Ordered, bytes: Buffer): Input | Dropped {
    if (peer.kind !== "replica") return "WrongSender"
    if (digestOfBatchBytes(bytes, parts.from, parts.to) !== message.digest) return "BadDigest"
    if (!this.#isSigned(message)) return "BadSignature"
    const { recoveries } = this.#of
    const verdicts = parts.batch.map((request, k) => {
      const { client, authenticator } = request
      const from = parts.starts[k] as number
      const digest = digestOfRequestBytes(bytes, from, parts.starts[k + 1] ?? parts.to)
      return this.#isClients(client, digest, authenticator) && recoveries.isDue(request)
    })
    return { _tag: "ReceiveOrderReq", message: authentic(message), verdicts }
  }
}

type Ordered = Extract<ZyzzyvaDecoded, { readonly parts: unknown }>

const isOf = (peer: Peer, client: number): boolean =>
  peer.kind === "endpoint" && client >= peer.from && client <= peer.to

/** An answer as its client may believe it: from the replica at the other end. */
export const authenticAnswer = (
  replica: ReplicaId,
  message: Message,
): Authentic<ClientMessage> | Dropped => {
  if (!isForClient(message)) return "WrongReceiver"
  return message.replica === replica ? authentic<ClientMessage>(message) : "WrongSender"
}
