/**
 * The one place where the simulator knows kinds of messages: their names, what a delivered one is
 * as an input, and what nobody can forge in one. A new kind that needs nothing special needs
 * nothing here.
 */
import type { Bytes, ReplicaId, Seq, View } from "../core/ids.ts"
import type { Authentic, Message, PrePrepare, State as StateMessage } from "../core/pbft/message.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import { mayAsk } from "../core/pbft/proposal.ts"
import { recoveringReplica } from "../core/pbft/rejoin.ts"
import { type Config, type Input, type State, settledSeq } from "../core/pbft/state.ts"
import { isSigned, type SignedRequest } from "../core/request.ts"
import { verifies } from "./authenticators.ts"

/** A replica tells how far it is, so that others send again what it lacks; no protocol message. */
export interface Progress {
  readonly _tag: "Progress"
  readonly view: View
  /** Whether it takes part in the view. */
  readonly active: boolean
  /** Whether it has the NEW-VIEW of the view; in view 0, which needs none, as `active`. */
  readonly newView: boolean
  readonly low: Seq
  readonly executed: Seq
  readonly replica: ReplicaId
}

/** What was executed tentatively is not told: its commits may have to be sent again. */
export const progressOf = ({ id }: Pick<Config, "id">, state: State): Progress => ({
  _tag: "Progress",
  view: state.view,
  active: state.active,
  newView: state.active || state.newView !== undefined,
  low: state.log.low,
  executed: settledSeq(state),
  replica: id,
})

export type WireMessage = Message | Progress

/** A State as it travels here: with the service's state itself, in one piece. */
export type CarriedState = StateMessage & { readonly snapshot: Bytes }

const parts: ReadonlyArray<readonly [field: string, letter: string]> = [
  ["view", "v"],
  ["seq", "n"],
  ["client", "c"],
  ["timestamp", "t"],
]

/** As in `Commit v0 n3`: what fates, cuts and stories call a message. Digests are left out. */
export const nameOf = (message: WireMessage): string => {
  const fields = message as unknown as Readonly<Record<string, unknown>>
  let name: string = message._tag
  for (const [field, letter] of parts) {
    if (typeof fields[field] === "number") name += ` ${letter}${fields[field]}`
  }
  return name
}

/** Whether a message is one that a list of beginnings of names means; an empty list means all. */
export const isAmong = (name: string, beginnings: ReadonlyArray<string>): boolean =>
  beginnings.length === 0 ||
  beginnings.some((b) => name.startsWith(b) && (name.length === b.length || name[b.length] === " "))

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

/**
 * Fields that a Byzantine sender does not get to choose: who it is, and what only another process
 * can make. A whole message of another process inside of one (it has a `_tag`) is never changed: so
 * are VIEW-CHANGEs signed, and a simulation needs no signatures.
 */
export const unforgeable: ReadonlySet<string> = new Set([
  "_tag",
  "replica",
  "authenticator",
  "signature",
])

/** Seals a changed message: a pre-prepare's digest must be its batch's to be looked at at all. */
export const sealed = <M extends WireMessage>(config: Config, message: M): M =>
  message._tag === "PrePrepare" && isWhole(message.batch)
    ? { ...message, digest: config.batchDigest(message.batch) }
    : message
