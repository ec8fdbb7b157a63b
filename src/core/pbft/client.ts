/**
 * The client: OSDI '99 section 4.1, TOCS sections 4.1 and 5.1; spec/tla/Pbft.tla, section
 * "Clients". One request at a time; answers.ts says when the replicas' answers are enough.
 */
import { assert } from "../assert.ts"
import type { CancelTimer, Complete, SendToReplicas, SetTimer } from "../effect.ts"
import type { Bytes, ClientId, Digest, ReplicaId, Timestamp, View } from "../ids.ts"
import { ignore, type Machine, type Step } from "../machine.ts"
import { type Group, primaryOf } from "../quorum.ts"
import { isBig, type Request as PlainRequest } from "../request.ts"
import type { ClientAction } from "./action.ts"
import { type Answer, answerOf, replaces, resultOf } from "./answers.ts"
import type { Authentic, Reply } from "./message.ts"

export interface ClientConfig {
  readonly group: Group
  readonly id: ClientId
  /** Timestamps start above this one: a client that comes back must not use one again. */
  readonly firstTimestamp: Timestamp
  /** How long the client waits before it sends its request to every replica, in milliseconds. */
  readonly retransmitMs: number
  /** Each time in vain it waits twice as long as before, up to this, in milliseconds. */
  readonly maxRetransmitMs: number
  /**
   * Equal results of committed batches that an ordered request needs: f + 1; a strong quorum where
   * clients read without an order (TOCS section 5.1).
   */
  readonly replyQuorum: number
  /** An operation of so many bytes goes to every replica at once; without it none does. */
  readonly bigRequestBytes?: number | undefined
  /** Digest of a result, as replicas send it in place of the result. */
  readonly resultDigest: (result: Bytes) => Digest
  /** It asks everyone for the whole result: digests, which a primary may ask for, do not count. */
  readonly wholeOnly?: true
}

export interface ClientState {
  /** The last view in which each replica answered. */
  readonly views: ReadonlyArray<View>
  readonly timestamp: Timestamp
  /** The operation whose result is awaited. */
  readonly operation: Bytes | undefined
  /** Whether the request went to every replica. */
  readonly toAll: boolean
  /** Whether it is not to be ordered. */
  readonly readOnly: boolean
  /** Answers by replica to the awaited request. */
  readonly replies: ReadonlyArray<Answer | undefined>
  /** The last result that was accepted. */
  readonly result: Bytes | undefined
}

export type ClientInput =
  | {
      readonly _tag: "Submit"
      readonly operation: Bytes
      /** Ask everyone for the answer without an order: the operation changes nothing. */
      readonly readOnly?: true
      /** Whom to ask for the whole result, the others for its digest; without it, everyone. */
      readonly replier?: ReplicaId
    }
  /** The timer that was set last has fired, after that many milliseconds. */
  | { readonly _tag: "Timeout"; readonly waitedMs: number }
  | { readonly _tag: "Receive"; readonly message: Authentic<Reply> }

/** A client's request; its authenticator is the driver's to make. */
export type UnsignedRequest = (
  | { readonly _tag: "Request"; readonly replier?: ReplicaId }
  | { readonly _tag: "Read" }
) &
  PlainRequest

/** Exactly what a client may ask for. */
export type ClientEffect =
  | SendToReplicas<UnsignedRequest>
  | SetTimer<"retransmit">
  | CancelTimer<"retransmit">
  | Complete

export type ClientStep = Step<ClientState, ClientEffect, ClientAction>

const noReplies = (config: ClientConfig): ReadonlyArray<Answer | undefined> =>
  new Array<Answer | undefined>(config.group.n).fill(undefined)

export const initClient = (config: ClientConfig): ClientState => ({
  views: new Array<View>(config.group.n).fill(0),
  timestamp: config.firstTimestamp,
  operation: undefined,
  toAll: false,
  readOnly: false,
  replies: noReplies(config),
  result: undefined,
})

/** The view that the client takes the replicas to be in: f + 1 of them answered in it or later. */
export const clientView = (config: ClientConfig, { views }: ClientState): View =>
  [...views].sort((a, b) => b - a)[config.group.f] ?? 0

const everyone = ({ group }: ClientConfig): ReadonlyArray<ReplicaId> =>
  Array.from({ length: group.n }, (_, replica) => replica)

const send = (
  message: UnsignedRequest,
  replicas: ReadonlyArray<ReplicaId>,
  ms: number,
): ReadonlyArray<ClientEffect> => [
  { _tag: "SendToReplicas", replicas, message },
  { _tag: "SetTimer", timer: "retransmit", ms },
]

/**
 * ClientSubmit (OSDI '99 section 4.1, TOCS section 5.1). The next request, one at a time: what only
 * reads and what is big goes to everyone, anything else to the primary.
 */
export const clientSubmit = (
  config: ClientConfig,
  state: ClientState,
  input: Submit,
): ClientStep => {
  if (state.operation !== undefined) return ignore(state, "StillWaiting")
  const timestamp = state.timestamp + 1
  assert(Number.isSafeInteger(timestamp), "timestamps are safe integers")
  const { operation, replier } = input
  const readOnly = input.readOnly === true
  const content = { client: config.id, timestamp, operation }
  const message: UnsignedRequest = readOnly
    ? { _tag: "Read", ...content }
    : { _tag: "Request", ...content, ...(replier === undefined ? {} : { replier }) }
  const primary = primaryOf(config.group, clientView(config, state))
  const toAll = readOnly || isBig(config, operation)
  return {
    state: { ...state, timestamp, operation, toAll: false, readOnly, replies: noReplies(config) },
    effects: send(message, toAll ? everyone(config) : [primary], config.retransmitMs),
    action: "ClientSubmit",
  }
}

type Submit = Extract<ClientInput, { readonly _tag: "Submit" }>

// At least as long as the first time: a driver may have made the timer fire early.
const nextWait = ({ retransmitMs, maxRetransmitMs }: ClientConfig, waitedMs: number): number =>
  Math.min(Math.max(2 * waitedMs, retransmitMs), maxRetransmitMs)

/**
 * ClientTimeout (OSDI '99 section 4.1, TOCS section 5.1). No result in time: every replica is asked
 * to order the request, and for the whole result. The next wait is twice as long.
 */
export const clientTimeout = (
  config: ClientConfig,
  state: ClientState,
  waitedMs: number,
): ClientStep => {
  const { operation, timestamp, toAll, readOnly } = state
  if (operation === undefined) return ignore(state, "NothingAwaited")
  const replies = readOnly ? noReplies(config) : state.replies
  const message = { _tag: "Request" as const, client: config.id, timestamp, operation }
  return {
    state: toAll ? state : { ...state, toAll: true, readOnly: false, replies },
    effects: send(message, everyone(config), nextWait(config, waitedMs)),
    action: "ClientTimeout",
  }
}

/**
 * ClientRecvReply (OSDI '99 section 4.1, TOCS section 5.1). A replica's answer; when there are
 * enough that agree, the request is done.
 */
export const clientRecvReply = (
  config: ClientConfig,
  state: ClientState,
  m: Authentic<Reply>,
): ClientStep => {
  if (m.client !== config.id) return ignore(state, "ForAnotherClient")
  if (state.operation === undefined) return ignore(state, "NothingAwaited")
  if (m.timestamp !== state.timestamp) return ignore(state, "WrongTimestamp")
  if ((m.readOnly === true) !== state.readOnly) return ignore(state, "AnotherKind")
  if (config.wholeOnly === true && m.digest === true) return ignore(state, "UnaskedDigest")
  const answer = answerOf(m)
  if (!replaces(state.replies[m.replica], answer)) return ignore(state, "DuplicateReply")
  const replies = state.replies.slice()
  replies[m.replica] = answer
  const known = state.views[m.replica] ?? 0
  const views =
    m.view > known ? state.views.map((v, k) => (k === m.replica ? m.view : v)) : state.views
  const action = "ClientRecvReply"
  const result = resultOf(config, replies, { answer, readOnly: state.readOnly })
  if (result === undefined) return { state: { ...state, views, replies }, effects: [], action }
  const { timestamp } = state
  return {
    state: {
      ...state,
      operation: undefined,
      toAll: false,
      readOnly: false,
      views,
      replies: noReplies(config),
      result,
    },
    effects: [
      { _tag: "CancelTimer", timer: "retransmit" },
      { _tag: "Complete", timestamp, result },
    ],
    action,
  }
}

/** One input, one action. Deterministic, total, and without any effect of its own. */
export const stepClient = (
  config: ClientConfig,
  state: ClientState,
  input: ClientInput,
): ClientStep => {
  switch (input._tag) {
    case "Submit":
      return clientSubmit(config, state, input)
    case "Timeout":
      return clientTimeout(config, state, input.waitedMs)
    case "Receive":
      return clientRecvReply(config, state, input.message)
  }
}

export const client: Machine<ClientConfig, ClientState, ClientInput, ClientEffect, ClientAction> = {
  init: initClient,
  step: stepClient,
}
