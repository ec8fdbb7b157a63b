/**
 * The client: TOCS 27(4) 2009, section 3.2; spec/tla/Zyzzyva.tla, section "Clients". One request at
 * a time. The client decides whether it is complete: by answers of all, or by a certificate of most
 * that as many acknowledge.
 */
import { assert } from "../assert.ts"
import type { CancelTimer, Complete, SendToReplicas, SetTimer } from "../effect.ts"
import type { Bytes, ClientId, Digest, ReplicaId, Seq, Timestamp, View } from "../ids.ts"
import { ignore, type Machine, none, type Step } from "../machine.ts"
import { type Group, primaryOf } from "../quorum.ts"
import { type Marks, marksOf, type Request } from "../request.ts"
import type { ClientAction } from "./action.ts"
import {
  areEnough,
  contradictions,
  joined,
  largest,
  matching,
  type Responses,
  responseOf,
} from "./answers.ts"
import type {
  Authentic,
  Certificate,
  ClientMessage,
  Commit,
  LocalCommit,
  Pom,
  ReadResponse,
  SpecResponse,
} from "./message.ts"
import type { Needs } from "./state.ts"

export interface ClientConfig {
  readonly group: Group
  readonly needs: Needs
  readonly id: ClientId
  /** Timestamps start above this one: a client that comes back must not use one again. */
  readonly firstTimestamp: Timestamp
  /** How long it waits for the answers of all, once it has enough for a certificate. */
  readonly commitMs: number
  /** How long it waits before it asks every replica, in milliseconds. */
  readonly retransmitMs: number
  /** Each time in vain it waits twice as long as before, up to this, in milliseconds. */
  readonly maxRetransmitMs: number
  /** Whether a certificate goes at first to those alone whose answers are in it. */
  readonly preferredQuorums: boolean
  /** Digest of a result, as replicas send it in place of the result. */
  readonly resultDigest: (result: Bytes) => Digest
  /** It asks everyone for the whole result: digests, which a primary may ask for, do not count. */
  readonly wholeOnly?: true
}

/** A certificate that was shown, and the result that its signers gave. */
export interface Shown extends Certificate {
  readonly result: Bytes
}

/** The history that an accepted result belongs to. */
export interface Done {
  readonly seq: Seq
  readonly history: Digest
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
  readonly responses: Responses
  /** The certificate that it showed last. */
  readonly certificate: Shown | undefined
  /** Who acknowledged it, ascending. */
  readonly commits: ReadonlyArray<ReplicaId>
  /** The last result that was accepted, and to which history it belongs. */
  readonly result: Bytes | undefined
  readonly done: Done | undefined
}

export type ClientInput =
  | {
      readonly _tag: "Submit"
      readonly operation: Bytes
      /** Ask everyone for the answer without an order: the operation changes nothing. */
      readonly readOnly?: true
      /** Whom to ask for the whole result, the others for its digest; without it, everyone. */
      readonly replier?: ReplicaId
      /** Ask to be answered when the request is committed, and not before. */
      readonly commitFirst?: true
      /** Ask for answers without signatures, of which no certificate is made. */
      readonly clientOnly?: true
    }
  /** The timer that was set last has fired, after that many milliseconds. */
  | { readonly _tag: "Timeout"; readonly waitedMs: number }
  | { readonly _tag: "Receive"; readonly message: Authentic<ClientMessage> }

/** A client's request; its authenticator is the driver's to make. */
export type UnsignedRequest = (({ readonly _tag: "Request" } & Marks) | { readonly _tag: "Read" }) &
  Request

/** Exactly what a client may ask for. */
export type ClientEffect =
  | SendToReplicas<UnsignedRequest | Commit | Pom>
  | SetTimer<"retransmit">
  | CancelTimer<"retransmit">
  | Complete

export type ClientStep = Step<ClientState, ClientEffect, ClientAction>

const noResponses = ({ group }: ClientConfig): ReadonlyArray<undefined> =>
  new Array<undefined>(group.n).fill(undefined)

export const initClient = (config: ClientConfig): ClientState => ({
  views: new Array<View>(config.group.n).fill(0),
  timestamp: config.firstTimestamp,
  operation: undefined,
  toAll: false,
  readOnly: false,
  responses: noResponses(config),
  certificate: undefined,
  commits: [],
  result: undefined,
  done: undefined,
})

/** The view that the client takes the replicas to be in: f + 1 of them answered in it or later. */
export const clientView = (config: ClientConfig, { views }: ClientState): View =>
  [...views].sort((a, b) => b - a)[config.group.f] ?? 0

const everyone = ({ group }: ClientConfig): ReadonlyArray<ReplicaId> =>
  Array.from({ length: group.n }, (_, replica) => replica)

const setTimer = (ms: number): ClientEffect => ({ _tag: "SetTimer", timer: "retransmit", ms })

/**
 * ClientSubmit (TOCS 27(4) section 3.2, step 1, and section 4). The next request goes to the
 * primary; what only reads, to everyone.
 */
export const clientSubmit = (
  config: ClientConfig,
  state: ClientState,
  input: Submit,
): ClientStep => {
  if (state.operation !== undefined) return ignore(state, "StillWaiting")
  const timestamp = state.timestamp + 1
  assert(Number.isSafeInteger(timestamp), "timestamps are safe integers")
  const { operation } = input
  const readOnly = input.readOnly === true
  const content = { client: config.id, timestamp, operation }
  const message: UnsignedRequest = readOnly
    ? { _tag: "Read", ...content }
    : { _tag: "Request", ...content, ...marksOf(input) }
  const primary = primaryOf(config.group, clientView(config, state))
  return {
    state: { ...state, timestamp, operation, readOnly },
    effects: [
      { _tag: "SendToReplicas", replicas: readOnly ? everyone(config) : [primary], message },
      setTimer(config.retransmitMs),
    ],
    action: "ClientSubmit",
  }
}

type Submit = Extract<ClientInput, { readonly _tag: "Submit" }>

interface Result extends Done {
  readonly result: Bytes
}

const complete = (
  config: ClientConfig,
  state: ClientState,
  { seq, history, result }: Result,
  action: ClientAction,
): ClientStep => ({
  state: {
    ...state,
    operation: undefined,
    toAll: false,
    readOnly: false,
    responses: noResponses(config),
    certificate: undefined,
    commits: [],
    result,
    done: { seq, history },
  },
  effects: [
    { _tag: "CancelTimer", timer: "retransmit" },
    { _tag: "Complete", timestamp: state.timestamp, result },
  ],
  action,
})

/**
 * ClientRecvSpecResponse (TOCS 27(4) section 3.2, cases 4a and 4d). An answer; with enough that are
 * equal, of one view, the request is complete.
 */
export const clientRecvSpecResponse = (
  config: ClientConfig,
  state: ClientState,
  m: Authentic<SpecResponse>,
): ClientStep => {
  if (state.readOnly) return ignore(state, "AnotherKind")
  if (config.wholeOnly === true && m.digest === true) return ignore(state, "UnaskedDigest")
  return counted(config, state, m, "ClientRecvSpecResponse")
}

/**
 * ClientRecvReadResponse (TOCS 27(4) section 4). What a replica has read: of one history at all of
 * them, or committed at as many as make a certificate.
 */
export const clientRecvReadResponse = (
  config: ClientConfig,
  state: ClientState,
  m: Authentic<ReadResponse>,
): ClientStep => {
  if (!state.readOnly) return ignore(state, "AnotherKind")
  return counted(config, state, m, "ClientRecvReadResponse")
}

const counted = (
  config: ClientConfig,
  state: ClientState,
  m: SpecResponse | ReadResponse,
  action: ClientAction,
): ClientStep => {
  if (m.client !== config.id) return ignore(state, "ForAnotherClient")
  if (state.operation === undefined) return ignore(state, "NothingAwaited")
  if (m.timestamp !== state.timestamp) return ignore(state, "WrongTimestamp")
  const old = state.responses[m.replica]
  const response = joined(config, old, responseOf(m))
  if (response === old) return ignore(state, "OldResponse")
  const { view, seq, history } = response
  const responses = state.responses.map((r, k) => (k === m.replica ? response : r))
  const views = state.views.map((v, k) => (k === m.replica ? Math.max(v, view) : v))
  const shown = contradictions(state.responses, responseOf(m)).map((message) => ({
    _tag: "SendToReplicas" as const,
    replicas: everyone(config),
    message,
  }))
  const next = { ...state, responses, views }
  const same = largest(config, responses, response)
  const { result } = same
  if (areEnough(config.needs, same) && result !== undefined) {
    const done = complete(config, next, { seq, history, result }, action)
    return { ...done, effects: [...shown, ...done.effects] }
  }
  const isNew = old === undefined || old.view < view
  const enough = isNew ? same.replicas : same.signers
  const timer = enough.length === config.needs.commit ? [setTimer(config.commitMs)] : none
  return { state: next, effects: [...shown, ...timer], action }
}

const isShown = ({ certificate }: ClientState, place: Omit<Certificate, "signers">): boolean =>
  certificate !== undefined &&
  certificate.view === place.view &&
  certificate.seq === place.seq &&
  certificate.history === place.history

/**
 * The certificate that the signed answers make, if it was not shown yet. Without the result at hand
 * there is none to be had: all replicas are asked for it, and for their signatures.
 */
export const pendingCertificate = (config: ClientConfig, state: ClientState): Shown | undefined => {
  // What was read makes none.
  if (state.readOnly) return undefined
  for (const response of state.responses) {
    if (response === undefined) continue
    const { signers, result } = matching(config, state.responses, response)
    if (signers.length < config.needs.commit || result === undefined) continue
    if (isShown(state, response)) return undefined
    const { view, seq, history } = response
    return { view, seq, history, signers, result }
  }
  return undefined
}

const commitTo = (replicas: ReadonlyArray<ReplicaId>, { id }: ClientConfig, shown: Shown) => {
  const { view, seq, history, signers } = shown
  const message: Commit = {
    _tag: "Commit",
    client: id,
    certificate: { view, seq, history, signers },
  }
  return { _tag: "SendToReplicas" as const, replicas, message }
}

// The preferred quorum are those who answered in time: enough, and they have that history.
const shownFirst = (config: ClientConfig, { signers }: Shown): ReadonlyArray<ReplicaId> =>
  config.preferredQuorums ? signers.map((s) => s.replica) : everyone(config)

/**
 * ClientCommit (TOCS 27(4) section 3.2, case 4b). The certificate is shown to every replica, or at
 * first to the preferred quorum: the spec's COMMIT, which may reach anyone.
 */
export const clientCommit = (config: ClientConfig, state: ClientState): ClientStep => {
  if (state.operation === undefined) return ignore(state, "NothingAwaited")
  const certificate = pendingCertificate(config, state)
  if (certificate === undefined) return ignore(state, "NothingToShow")
  return {
    state: { ...state, certificate, commits: [] },
    effects: [
      commitTo(shownFirst(config, certificate), config, certificate),
      setTimer(config.retransmitMs),
    ],
    action: "ClientCommit",
  }
}

// At least as long as the first time: a driver may have made the timer fire early.
const nextWait = ({ retransmitMs, maxRetransmitMs }: ClientConfig, waitedMs: number): number =>
  Math.min(Math.max(2 * waitedMs, retransmitMs), maxRetransmitMs)

/**
 * ClientTimeout (TOCS 27(4) section 3.2, case 4c). Too few equal answers, or the certificate did
 * not help: every replica is asked, and shown the certificate again. What was to be read is to be
 * ordered now.
 */
export const clientTimeout = (
  config: ClientConfig,
  state: ClientState,
  waitedMs: number,
): ClientStep => {
  const { operation, timestamp, certificate, readOnly } = state
  if (operation === undefined) return ignore(state, "NothingAwaited")
  const message = { _tag: "Request" as const, client: config.id, timestamp, operation }
  const responses = readOnly ? noResponses(config) : state.responses
  const again = certificate === undefined ? none : [commitTo(everyone(config), config, certificate)]
  return {
    state: state.toAll ? state : { ...state, toAll: true, readOnly: false, responses },
    effects: [
      ...again,
      { _tag: "SendToReplicas", replicas: everyone(config), message },
      setTimer(nextWait(config, waitedMs)),
    ],
    action: "ClientTimeout",
  }
}

/** ClientRecvLocalCommit (TOCS 27(4) section 3.2, case 4b.2). One acknowledges the certificate. */
export const clientRecvLocalCommit = (
  config: ClientConfig,
  state: ClientState,
  m: Authentic<LocalCommit>,
): ClientStep => {
  if (m.client !== config.id) return ignore(state, "ForAnotherClient")
  if (state.operation === undefined) return ignore(state, "NothingAwaited")
  const { certificate } = state
  if (certificate === undefined || !isShown(state, m)) return ignore(state, "NotShown")
  if (state.commits.includes(m.replica)) return ignore(state, "DuplicateLocalCommit")
  const commits = [...state.commits, m.replica].sort((a, b) => a - b)
  const action = "ClientRecvLocalCommit"
  if (commits.length >= config.needs.commit) return complete(config, state, certificate, action)
  return { state: { ...state, commits }, effects: none, action }
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
      return pendingCertificate(config, state) === undefined
        ? clientTimeout(config, state, input.waitedMs)
        : clientCommit(config, state)
    case "Receive":
      return receive(config, state, input.message)
  }
}

const receive = (
  config: ClientConfig,
  state: ClientState,
  m: Authentic<ClientMessage>,
): ClientStep => {
  switch (m._tag) {
    case "SpecResponse":
      return clientRecvSpecResponse(config, state, m)
    case "ReadResponse":
      return clientRecvReadResponse(config, state, m)
    case "LocalCommit":
      return clientRecvLocalCommit(config, state, m)
  }
}

export const client: Machine<ClientConfig, ClientState, ClientInput, ClientEffect, ClientAction> = {
  init: initClient,
  step: stepClient,
}
