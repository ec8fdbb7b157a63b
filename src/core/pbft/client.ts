/**
 * The client: OSDI '99 section 4.1, TOCS section 4.1; spec/tla/Pbft.tla, section "Clients". One
 * request at a time; its result is what f + 1 replicas answer alike.
 */
import { assert } from "../assert.ts"
import type { CancelTimer, Complete, SendToReplicas, SetTimer } from "../effect.ts"
import type { Bytes, ClientId, ReplicaId, Timestamp, View } from "../ids.ts"
import { ignore, type Machine, type Step } from "../machine.ts"
import { type Group, primaryOf, weakQuorum } from "../quorum.ts"
import type { Request as PlainRequest } from "../request.ts"
import type { ClientAction } from "./action.ts"
import type { Authentic, Reply } from "./message.ts"

export interface ClientConfig {
  readonly group: Group
  readonly id: ClientId
  /** Timestamps start above this one: a client that comes back must not use one again. */
  readonly firstTimestamp: Timestamp
  /** How long the client waits before it sends its request to every replica, in milliseconds. */
  readonly retransmitMs: number
}

export interface ClientState {
  /** The last view in which each replica answered. */
  readonly views: ReadonlyArray<View>
  readonly timestamp: Timestamp
  /** The operation whose result is awaited. */
  readonly operation: Bytes | undefined
  /** Whether the request went to every replica. */
  readonly toAll: boolean
  /** Answers by replica to the awaited request. */
  readonly replies: ReadonlyArray<Bytes | undefined>
  /** The last result that was accepted. */
  readonly result: Bytes | undefined
}

export type ClientInput =
  | { readonly _tag: "Submit"; readonly operation: Bytes }
  | { readonly _tag: "Timeout" }
  | { readonly _tag: "Receive"; readonly message: Authentic<Reply> }

/** A client's request; its authenticator is the driver's to make. */
export interface UnsignedRequest extends PlainRequest {
  readonly _tag: "Request"
}

/** Exactly what a client may ask for. */
export type ClientEffect =
  | SendToReplicas<UnsignedRequest>
  | SetTimer<"retransmit">
  | CancelTimer<"retransmit">
  | Complete

export type ClientStep = Step<ClientState, ClientEffect, ClientAction>

const noReplies = (config: ClientConfig): ReadonlyArray<Bytes | undefined> =>
  new Array<Bytes | undefined>(config.group.n).fill(undefined)

export const initClient = (config: ClientConfig): ClientState => ({
  views: new Array<View>(config.group.n).fill(0),
  timestamp: config.firstTimestamp,
  operation: undefined,
  toAll: false,
  replies: noReplies(config),
  result: undefined,
})

/** The view that the client takes the replicas to be in: f + 1 of them answered in it or later. */
export const clientView = (config: ClientConfig, { views }: ClientState): View =>
  [...views].sort((a, b) => b - a)[config.group.f] ?? 0

const send = (
  config: ClientConfig,
  replicas: ReadonlyArray<ReplicaId>,
  timestamp: Timestamp,
  operation: Bytes,
): ReadonlyArray<ClientEffect> => [
  {
    _tag: "SendToReplicas",
    replicas,
    message: { _tag: "Request", client: config.id, timestamp, operation },
  },
  { _tag: "SetTimer", timer: "retransmit", ms: config.retransmitMs },
]

/** ClientSubmit (OSDI '99 section 4.1). The next request goes to the primary, one at a time. */
export const clientSubmit = (
  config: ClientConfig,
  state: ClientState,
  operation: Bytes,
): ClientStep => {
  if (state.operation !== undefined) return ignore(state, "StillWaiting")
  const timestamp = state.timestamp + 1
  assert(Number.isSafeInteger(timestamp), "timestamps are safe integers")
  return {
    state: { ...state, timestamp, operation, toAll: false, replies: noReplies(config) },
    effects: send(
      config,
      [primaryOf(config.group, clientView(config, state))],
      timestamp,
      operation,
    ),
    action: "ClientSubmit",
  }
}

/** ClientTimeout (OSDI '99 section 4.1). No result in time: the request goes to every replica. */
export const clientTimeout = (config: ClientConfig, state: ClientState): ClientStep => {
  if (state.operation === undefined) return ignore(state, "NothingAwaited")
  const everyone = Array.from({ length: config.group.n }, (_, replica) => replica)
  return {
    state: state.toAll ? state : { ...state, toAll: true },
    effects: send(config, everyone, state.timestamp, state.operation),
    action: "ClientTimeout",
  }
}

/** ClientRecvReply (OSDI '99 section 4.1). f + 1 equal answers: one of them is correct's. */
export const clientRecvReply = (
  config: ClientConfig,
  state: ClientState,
  m: Authentic<Reply>,
): ClientStep => {
  if (m.client !== config.id) return ignore(state, "ForAnotherClient")
  if (state.operation === undefined) return ignore(state, "NothingAwaited")
  if (m.timestamp !== state.timestamp) return ignore(state, "WrongTimestamp")
  if (state.replies[m.replica] !== undefined) return ignore(state, "DuplicateReply")
  const replies = state.replies.slice()
  replies[m.replica] = m.result
  const known = state.views[m.replica] ?? 0
  const views =
    m.view > known ? state.views.map((v, k) => (k === m.replica ? m.view : v)) : state.views
  const action = "ClientRecvReply"
  const same = replies.filter((r) => r === m.result).length
  if (same < weakQuorum(config.group))
    return { state: { ...state, views, replies }, effects: [], action }
  const { timestamp } = state
  const { result } = m
  return {
    state: {
      ...state,
      operation: undefined,
      toAll: false,
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
      return clientSubmit(config, state, input.operation)
    case "Timeout":
      return clientTimeout(config, state)
    case "Receive":
      return clientRecvReply(config, state, input.message)
  }
}

export const client: Machine<ClientConfig, ClientState, ClientInput, ClientEffect, ClientAction> = {
  init: initClient,
  step: stepClient,
}
