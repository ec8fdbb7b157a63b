/**
 * Decides which messages `step` may believe: the only maker of `Authentic`. A frame's MAC says
 * which peer sent it (src/net/session.ts); here a message is held against that peer, a batch
 * against its digest, and a request against its client's authenticator.
 *
 * A client's authenticator is one MAC a replica over the request's digest (TOCS section 4.1), under
 * a key of this client and this replica, cut to 16 bytes. A primary forwards it inside the
 * pre-prepare, and every backup checks its own entry: the verdicts. A VIEW-CHANGE is signed, and
 * its signature is checked wherever it stands. A batch that was fetched is known by its digest.
 * A replica that lost its disk signs its request to be taken back, whose digest covers its name.
 * The verdict on the time that a primary proposes with a batch is that of this replica's clock.
 *
 * Outside the specification: how an authenticator is checked. A message there has the set of
 * receivers at which its authenticator verifies, and nobody can build another's; a proposed time
 * has the set of receivers that accept it.
 */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { Authentic, PeerMessage, Reply } from "../core/pbft/message.ts"
import type { Input } from "../core/pbft/state.ts"
import { isSigned, type Request, type SignedRequest } from "../core/request.ts"
import { isNearTime } from "../core/agreed-time.ts"
import type { Decoded } from "./codec.ts"
import { digestOfBatchBytes, digestOfRequestBytes, readDigest, requestDigest } from "./digests.ts"
import { type HmacKey, macSize } from "./hmac.ts"
import type { ReplicaKeys } from "./keys.ts"
import type { Dropped, Peer } from "./protocol.ts"
import { RecoveryRequests } from "./recovery-requests.ts"

/** Where something starts and ends. */
type Span = readonly [from: number, to: number]

const authentic = <M>(message: M): Authentic<M> => message as Authentic<M>

/** For a replica with which the client shares no key at present: it verifies nowhere. */
const noEntry = "\0".repeat(macSize)

/** A client's authenticator of its request: an entry a replica, under the client's keys. */
export const authenticatorOf = (
  keys: ReadonlyArray<HmacKey | undefined>,
  request: Request & { readonly _tag?: "Request" | "Read" },
): string => {
  const digest = request._tag === "Read" ? readDigest(request) : requestDigest(request)
  let authenticator = ""
  for (const key of keys) authenticator += key?.macOfDigest(digest).slice(0, macSize) ?? noEntry
  return authenticator
}

/** Compares the start of `mac` with the entry at `at` in time that tells nothing about either. */
const sameEntry = (mac: string, authenticator: string, at: number): boolean => {
  if (authenticator.length < at + macSize) return false
  let different = 0
  for (let k = 0; k < macSize; k++) {
    different |= mac.charCodeAt(k) ^ authenticator.charCodeAt(at + k)
  }
  return different === 0
}

/** Whether replica `id` of `n` finds the client's MAC of the digest at its place. */
export const isClientsEntry = (of: {
  /** The keys of the entry that are good now. */
  readonly keys: ReadonlyArray<HmacKey>
  readonly digest: string
  readonly authenticator: string
  readonly id: ReplicaId
  readonly n: number
}): boolean =>
  of.authenticator.length === of.n * macSize &&
  of.keys.some((key) => sameEntry(key.macOfDigest(of.digest), of.authenticator, of.id * macSize))

/** Makes verdicts for one replica. */
export class Authenticator {
  readonly #keys: ReplicaKeys
  readonly #id: ReplicaId
  readonly #n: number
  readonly #clients: number
  readonly #agreedTimeMs: number
  readonly #recoveries: RecoveryRequests

  constructor(of: {
    readonly keys: ReplicaKeys
    readonly id: ReplicaId
    readonly n: number
    readonly clients: number
    readonly agreedTimeMs: number
    readonly recoverers: ClientId
    readonly recoveryPeriodMs: number
  }) {
    this.#keys = of.keys
    this.#id = of.id
    this.#n = of.n
    this.#clients = of.clients
    this.#agreedTimeMs = of.agreedTimeMs
    this.#recoveries = new RecoveryRequests({ ...of, verifier: of.keys.verifier })
  }

  /** Whether the client's authenticator verifies here; `digest` is the request's. */
  #isClients(client: ClientId, digest: string, authenticator: string): boolean {
    const replica = this.#recoveries.replicaOf(client)
    if (replica !== undefined) return this.#recoveries.isSigned(replica, digest, authenticator)
    if (client >= this.#clients) return false
    return isClientsEntry({
      keys: this.#keys.goodForClient(client),
      digest,
      authenticator,
      id: this.#id,
      n: this.#n,
    })
  }

  // Who asks: an endpoint for its clients, a replica for itself.
  #mayAsk(peer: Peer, client: ClientId): boolean {
    if (peer.kind === "replica") return this.#recoveries.replicaOf(client) === peer.id
    return client >= peer.from && client <= peer.to
  }

  /** Whether it, and every VIEW-CHANGE in it, is from the replica that it names. */
  #isSigned(message: PeerMessage): boolean {
    const { verifier } = this.#keys
    if (message._tag === "ViewChange") return verifier.isSigned(message)
    if (message._tag !== "NewView") return true
    return verifier.isSigned(message) && message.changes.every((m) => verifier.isSigned(m))
  }

  /** What a message from `peer` is as an input; `bytes` are those that were decoded. */
  input(peer: Peer, decoded: Decoded, bytes: Buffer): Input | Dropped {
    const { message } = decoded
    if (message._tag === "Request" || message._tag === "Read") {
      if (!this.#mayAsk(peer, message.client)) return "WrongSender"
      const { from, to } = decoded as Extract<Decoded, { readonly from: number }>
      const digest = digestOfRequestBytes(bytes, from, to)
      if (!this.#isClients(message.client, digest, message.authenticator)) return "BadMac"
      if (!this.#recoveries.isDue(message)) return "TooSoon"
      return { _tag: "Receive", message: authentic(message) }
    }
    if (message._tag === "Reply") return "WrongReceiver"
    if (peer.kind !== "replica") return "WrongSender"
    // A batch is known by its digest, and a NEW-VIEW is signed, whoever passes it on.
    const passedOn = message._tag === "Batch" || message._tag === "NewView"
    if (!passedOn && message.replica !== peer.id) return "WrongSender"
    if (message._tag !== "PrePrepare") {
      if (!this.#isSigned(message)) return "BadSignature"
      return { _tag: "Receive", message: authentic(message) }
    }
    if ("items" in decoded) {
      // What the batch's digest is of is not all here: the step holds it against the digest.
      const { items, places } = decoded.items
      const verdicts = items.map(
        (item, k) => !isSigned(item) || this.#judges(item, k, bytes, places[k] as Span),
      )
      return { _tag: "ReceivePrePrepare", message: authentic(message), verdicts }
    }
    const { parts } = decoded as Extract<Decoded, { readonly parts: unknown }>
    if (digestOfBatchBytes(bytes, parts.from, parts.to) !== message.digest) return "BadDigest"
    const verdicts = parts.batch.map((request, k) => {
      const span = [parts.starts[k] as number, parts.starts[k + 1] ?? parts.to] as const
      return this.#judges(request, k, bytes, span)
    })
    return { _tag: "ReceivePrePrepare", message: authentic(message), verdicts }
  }

  /** The verdict on request `k` of a batch, whose bytes lie in the span. */
  #judges(request: SignedRequest, k: number, bytes: Buffer, [from, to]: Span): boolean {
    // The time that the primary proposes is judged by this replica's clock.
    if (k === 0 && this.#agreedTimeMs > 0 && request.client === this.#clients) {
      return isNearTime(request, Date.now(), this.#agreedTimeMs)
    }
    const digest = digestOfRequestBytes(bytes, from, to)
    const isTheirs = this.#isClients(request.client, digest, request.authenticator)
    return isTheirs && this.#recoveries.isDue(request)
  }
}

/** A reply as its client may believe it: from the replica at the other end. */
export const authenticReply = (
  replica: ReplicaId,
  message: Decoded["message"],
): Authentic<Reply> | Dropped => {
  if (message._tag !== "Reply") return "WrongReceiver"
  return message.replica === replica ? authentic(message) : "WrongSender"
}
