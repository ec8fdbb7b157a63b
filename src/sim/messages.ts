/**
 * The one place where the simulator knows PBFT's kinds of messages: what a delivered one is as an
 * input, and what nobody can forge in one. A new kind that needs nothing special needs nothing
 * here.
 */
import type { Bytes, Seq } from "../core/ids.ts"
import type {
  AddressedMessage,
  Authentic,
  DirectMessage,
  Message,
  PrePrepare,
  State as StateMessage,
} from "../core/pbft/message.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import { mayAsk } from "../core/pbft/proposal.ts"
import { recoveringReplica } from "../core/recovery-request.ts"
import type { Config, Input } from "../core/pbft/state.ts"
import { isSigned, type SignedRequest } from "../core/request.ts"
import { authenticatorFor, verifies } from "./authenticators.ts"
import type { PlaceOf } from "./early-messages.ts"
import type { Progress } from "./progress.ts"
import { everyone } from "./world.ts"

export type WireMessage = Message | Progress

/** A State as it travels here: with the service's state itself, in one piece. */
export type CarriedState = StateMessage & { readonly snapshot: Bytes }

/** A message as it travels: requests to be taken back authenticated, states with the service's. */
export const carried = (
  config: Config,
  message: DirectMessage | AddressedMessage | StateMessage,
  snapshotAt: (seq: Seq) => Bytes,
): WireMessage => {
  if (message._tag === "Request") {
    return { ...message, authenticator: authenticatorFor(message, everyone(config.group.n)) }
  }
  if (message._tag !== "State") return message
  const whole: CarriedState = { ...message, snapshot: snapshotAt(message.seq) }
  return whole
}

/** Why a receiver drops a message before its machine sees it. */
export type Dropped =
  | "BadAuthenticator"
  | "BadDigest"
  | "TooSoon"
  | "UnknownClient"
  | "WrongReceiver"

const isRecovery = (config: Config, { client }: Pick<SignedRequest, "client">): boolean =>
  recoveringReplica(config, client) !== undefined

/**
 * What a well-authenticated message is for replica `config.id`, which takes as the time that a
 * primary proposes, and as a request to be taken back, what it `accepts`; src/net does the same.
 */
export const inputOf = (
  config: Config,
  message: Message,
  accepts: (request: SignedRequest) => boolean,
): Input | Dropped => {
  switch (message._tag) {
    case "Reply":
      return "WrongReceiver"
    case "Request":
    case "Read":
      if (!mayAsk(config, message.client)) return "UnknownClient"
      if (!verifies(message, config.id)) return "BadAuthenticator"
      if (isRecovery(config, message) && !accepts(message)) return "TooSoon"
      return { _tag: "Receive", message: message as Authentic<typeof message> }
    case "PrePrepare": {
      const { batch, digest } = message
      // One that only names requests is held against its digest when they are there.
      if (isWhole(batch) && config.batchDigest(batch) !== digest) return "BadDigest"
      const verdicts = batch.map((r) => {
        if (!isSigned(r)) return true
        if (r.client === config.clock) return accepts(r)
        if (isRecovery(config, r) && !accepts(r)) return false
        return r.client < config.clients && verifies(r, config.id)
      })
      return { _tag: "ReceivePrePrepare", message: message as Authentic<PrePrepare>, verdicts }
    }
    default:
      return { _tag: "Receive", message: message as Authentic<typeof message> }
  }
}

/** Seals a changed message: a pre-prepare's digest must be its batch's to be looked at at all. */
export const sealed = <M extends WireMessage>(config: Config, message: M): M =>
  message._tag === "PrePrepare" && isWhole(message.batch)
    ? { ...message, digest: config.batchDigest(message.batch) }
    : message

/** The view and sender of a message of a view's log; undefined for all others. */
export const earlyPlace: PlaceOf<Input> = (input) => {
  if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return undefined
  const { message } = input
  switch (message._tag) {
    case "PrePrepare":
    case "Prepare":
    case "Commit":
      return { view: message.view, replica: message.replica }
    default:
      return undefined
  }
}
