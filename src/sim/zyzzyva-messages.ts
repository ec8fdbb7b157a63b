/**
 * What Zyzzyva's messages are in a simulation: signatures that only their maker makes, what a
 * delivered message is as an input, and what nobody can forge in one.
 */
import type { Bytes, ReplicaId, Seq } from "../core/ids.ts"
import { type Group, primaryOf } from "../core/quorum.ts"
import { recoveringReplica } from "../core/recovery-request.ts"
import type { SignedRequest } from "../core/request.ts"
import { claims, digested } from "../core/zyzzyva/signed.ts"
import {
  type Authentic,
  isForClient,
  type Message,
  type OrderReq,
  type PeerMessage,
  type ReplicaMessage,
  type Request,
  type Signable,
  type State as StateMessage,
} from "../core/zyzzyva/message.ts"
import type { Config, Input } from "../core/zyzzyva/state.ts"
import type { Hash, Service } from "../core/service/service.ts"
import { authenticatorFor, verifies } from "./authenticators.ts"
import type { PlaceOf } from "./early-messages.ts"
import type { Progress } from "./progress.ts"
import { idOf, isReplicaName, type NodeName } from "./scenario.ts"
import { everyone } from "./world.ts"

export type ZyzzyvaMessage = Message | Progress

/** A State as it travels here: with the service's state itself, in one piece. */
export type CarriedState = StateMessage & { readonly snapshot: Bytes }

/** A message as it travels: requests to be taken back authenticated, states with the service's. */
export const carried = (
  { group }: Config,
  message: PeerMessage | Request,
  snapshotAt: (seq: Seq) => Bytes,
): ZyzzyvaMessage => {
  if (message._tag === "Request") {
    return { ...message, authenticator: authenticatorFor(message, everyone(group.n)) }
  }
  if (message._tag !== "State") return message
  const whole: CarriedState = { ...message, snapshot: snapshotAt(message.stable.seq) }
  return whole
}

/** The service's state that came with an input; undefined where its digest is another. */
export const stateIn = (input: Input, emptyService: () => Service): Bytes | undefined => {
  if (input._tag !== "Receive" || input.message._tag !== "State") return undefined
  const { service, snapshot } = input.message as typeof input.message & CarriedState
  const scratch = emptyService()
  return scratch.restore(snapshot) && scratch.digest() === service ? snapshot : undefined
}

/** Signatures: a digest of who signs and what, which the run's liars do not compute for others. */
export class Signatures {
  readonly #hash: Hash
  /** Contents are kept and passed on as they are: each is hashed once. */
  readonly #known = new WeakMap<object, boolean>()

  constructor(hash: Hash) {
    this.#hash = hash
  }

  sign(signer: ReplicaId, content: Signable): Bytes {
    return this.#hash(`${signer} signs ${canonical(content)}`)
  }

  /** Whether every signature in a message is that of its signer. */
  verify(group: Group, message: Message): boolean {
    const known = this.#known.get(message)
    if (known !== undefined) return known
    const good = claims(group, message).every(
      ({ signer, content, signature }) => this.sign(signer, content) === signature,
    )
    this.#known.set(message, good)
    return good
  }
}

// Fields in order of their names: how a message was put together does not matter.
const canonical = (data: unknown): string => {
  if (Array.isArray(data)) return `[${data.map(canonical).join(",")}]`
  if (typeof data !== "object" || data === null) return JSON.stringify(data)
  const fields = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, value]) => `${name}:${canonical(value)}`).join(",")}}`
}

/** Why a receiver drops a message before its machine sees it. */
type Dropped =
  | "BadAuthenticator"
  | "BadDigest"
  | "BadSignature"
  | "TooSoon"
  | "UnknownClient"
  | "WrongReceiver"

// What is not signed counts only from who says it.
const isFromSender = (from: NodeName, message: Message): boolean => {
  switch (message._tag) {
    case "FillHole":
    case "FetchState":
    case "ViewConfirm":
      return isReplicaName(from) && idOf(from) === message.replica
    default:
      return true
  }
}

type AsReceived = Authentic<Exclude<ReplicaMessage, OrderReq>>

/** Who judges messages: their signatures, and whether a request to be taken back is due. */
export interface Judges {
  readonly signatures: Signatures
  readonly accepts: (request: SignedRequest) => boolean
}

const isRecovery = (config: Config, { client }: Pick<SignedRequest, "client">): boolean =>
  recoveringReplica(config, client) !== undefined

/** What a message is for replica `config.id`, or why it is dropped. */
export const inputOf = (
  config: Config,
  { signatures, accepts }: Judges,
  { from, message }: { readonly from: NodeName; readonly message: Message },
): Input | Dropped => {
  if (isForClient(message)) return "WrongReceiver"
  if (!isFromSender(from, message)) return "BadAuthenticator"
  if (!signatures.verify(config.group, message)) return "BadSignature"
  const isWhole = digested(message).every((d) => config.batchDigest(d.batch) === d.digest)
  if (!isWhole) return "BadDigest"
  if (message._tag === "Request" || message._tag === "Read") {
    if (message.client >= config.clients) return "UnknownClient"
    if (!verifies(message, config.id)) return "BadAuthenticator"
    if (isRecovery(config, message) && !accepts(message)) return "TooSoon"
  }
  if (message._tag === "OrderReq") {
    const verdicts = message.batch.map((r) => {
      if (isRecovery(config, r) && !accepts(r)) return false
      return r.client < config.clients && verifies(r, config.id)
    })
    return { _tag: "ReceiveOrderReq", message: message as Authentic<OrderReq>, verdicts }
  }
  return { _tag: "Receive", message: message as AsReceived }
}

/** The view and sender of a message that counts only in its view; undefined for all others. */
export const earlyPlaceOf =
  (group: Group): PlaceOf<Input> =>
  (input) => {
    if (input._tag === "ReceiveOrderReq") {
      const { view } = input.message
      return { view, replica: primaryOf(group, view) }
    }
    if (input._tag !== "Receive") return undefined
    const { message } = input
    switch (message._tag) {
      case "SpecHeader":
      case "Checkpoint":
        return { view: message.view, replica: message.replica }
      default:
        return undefined
    }
  }

/** The same of what is taken on the way to its view as well. */
export const wordPlace: PlaceOf<Input> = (input) => {
  if (input._tag !== "Receive") return undefined
  const { message } = input
  if (message._tag !== "Accusation" && message._tag !== "ViewConfirm") return undefined
  return { view: message.view, replica: message.replica }
}

/** A message that was changed, signed anew by who sends it, as far as it bears that signature. */
export const sealedBy = <M extends ZyzzyvaMessage>(
  { config, signatures }: { readonly config: Config; readonly signatures: Signatures },
  message: M,
): M => {
  if (message._tag === "Progress" || !("signature" in message)) return message
  const own = claims(config.group, message as Message).find(
    (c) => c.signature === message.signature && c.signer === config.id,
  )
  if (own === undefined) return message
  return { ...message, signature: signatures.sign(config.id, own.content) }
}
