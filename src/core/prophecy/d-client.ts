/**
 * D-Prophecy's client: NSDI '10, section 5, as far as it is known; spec/tla/DProphecy.tla. No
 * sketcher is trusted: replicas keep sketches of the ordered reads that they executed, and a client
 * takes the result of one of them if 2f + 1 state the same sketch of it. The executor counts by its
 * own sketch, not by its result. What is ordered takes 2f + 1 answers as well: so f + 1 correct
 * replicas have the sketch of a read that was answered.
 */
import type { CancelTimer, SendToReplicas, SetTimer } from "../effect.ts"
import type { Bytes, ClientId, Digest, ReplicaId, Timestamp } from "../ids.ts"
import { ignore, type Machine, type Step } from "../machine.ts"
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  type ClientStep,
  initClient,
  stepClient,
  type UnsignedRequest,
} from "../pbft/client.ts"
import type { Authentic, Reply } from "../pbft/message.ts"
import type { Group } from "../quorum.ts"
import type { DClientAction } from "./d-action.ts"
import type { SketchRead, SketchReply } from "./d-message.ts"
import { decodePlaced, nowhere } from "./position.ts"
import type { Sketch } from "./sketch-table.ts"
import type { CallId, Respond } from "./sketcher-state.ts"

export interface DClientConfig {
  readonly group: Group
  readonly id: ClientId
  /** Timestamps start above this one: a client that comes back must not use one again. */
  readonly firstTimestamp: Timestamp
  readonly retransmitMs: number
  /** How long it waits for sketches, in milliseconds. */
  readonly sketchMs: number
}

/** The request that is not answered: it waits for sketches (`asked`), or for the group. */
export interface DCall {
  readonly id: CallId
  readonly operation: Bytes
  readonly stage: "asked" | "ordered"
  readonly executor: ReplicaId
  /** By replica: what it stated. */
  readonly sketches: ReadonlyArray<Sketch | undefined>
  /** The executor's result and its digest. */
  readonly result: { readonly bytes: Bytes; readonly digest: Digest } | undefined
}

export interface DClientState {
  readonly call: DCall | undefined
  readonly client: ClientState
}

export type DClientInput =
  | {
      readonly _tag: "Read"
      readonly id: CallId
      readonly operation: Bytes
      /** Drawn at random among all replicas. */
      readonly executor: ReplicaId
    }
  | { readonly _tag: "Write"; readonly id: CallId; readonly operation: Bytes }
  | {
      readonly _tag: "SketchReply"
      readonly message: Authentic<SketchReply>
      /** Of the message's result; empty where it has none. */
      readonly digest: Digest
    }
  | { readonly _tag: "SketchTimeout"; readonly id: CallId }
  | { readonly _tag: "Reply"; readonly message: Authentic<Reply> }
  | { readonly _tag: "Retransmit" }

/** To every replica. */
export interface SendSketchRead {
  readonly _tag: "SendSketchRead"
  readonly message: SketchRead
}

type DTimer = "sketches" | "retransmit"

export type DClientEffect =
  | SendToReplicas<UnsignedRequest>
  | SendSketchRead
  | Respond
  | SetTimer<DTimer>
  | CancelTimer<DTimer>

/** ClientTimeout is PBFT's own: asking everyone changes nothing here. */
export type DClientStep = Step<DClientState, DClientEffect, DClientAction | "ClientTimeout">

/** The PBFT client in it: that one takes f + 1 equal answers, this one needs 2f + 1. */
export const ordering = (config: DClientConfig): ClientConfig => ({
  group: { ...config.group, f: 2 * config.group.f },
  id: config.id,
  firstTimestamp: config.firstTimestamp,
  retransmitMs: config.retransmitMs,
  // It waits equally long each time.
  maxRetransmitMs: config.retransmitMs,
  replyQuorum: 2 * config.group.f + 1,
  wholeOnly: true,
  resultDigest: (result) => result,
})

export const initDClient = (config: DClientConfig): DClientState => ({
  call: undefined,
  client: initClient(ordering(config)),
})

const effectsOf = (took: ClientStep): ReadonlyArray<DClientEffect> =>
  took.effects.flatMap((effect) => (effect._tag === "Complete" ? [] : [effect]))

const order = (
  config: DClientConfig,
  state: DClientState,
  call: DCall,
  action: DClientAction,
): DClientStep => {
  const took = stepClient(ordering(config), state.client, {
    _tag: "Submit",
    operation: call.operation,
  })
  return {
    state: {
      call: { ...call, stage: "ordered", executor: 0, sketches: [], result: undefined },
      client: took.state,
    },
    effects: effectsOf(took),
    action,
  }
}

type InputOf<T extends DClientInput["_tag"]> = Extract<DClientInput, { readonly _tag: T }>

/** ClientRead (NSDI '10 section 5). Everyone is asked for its sketch, one to execute the read. */
export const clientRead = (
  config: DClientConfig,
  state: DClientState,
  { id, operation, executor }: InputOf<"Read">,
): DClientStep => {
  if (state.call !== undefined) return ignore(state, "StillWaiting")
  const sketches = new Array<Sketch | undefined>(config.group.n).fill(undefined)
  return {
    state: {
      ...state,
      call: { id, operation, stage: "asked", executor, sketches, result: undefined },
    },
    effects: [
      {
        _tag: "SendSketchRead",
        message: { _tag: "SketchRead", client: config.id, id, operation, executor },
      },
      { _tag: "SetTimer", timer: "sketches", ms: config.sketchMs },
    ],
    action: "ClientRead",
  }
}

/** ClientWrite (NSDI '10 section 5). Whatever is not known to be a read is ordered. */
export const clientWrite = (
  config: DClientConfig,
  state: DClientState,
  { id, operation }: InputOf<"Write">,
): DClientStep => {
  if (state.call !== undefined) return ignore(state, "StillWaiting")
  const call: DCall = {
    id,
    operation,
    stage: "ordered",
    executor: 0,
    sketches: [],
    result: undefined,
  }
  return order(config, state, call, "ClientWrite")
}

const isSame = (one: Sketch | undefined, other: Sketch): boolean =>
  one !== undefined &&
  one.digest === other.digest &&
  one.position.seq === other.position.seq &&
  one.position.place === other.position.place

const supporters = (call: DCall, sketch: Sketch): number =>
  call.sketches.filter((stated) => isSame(stated, sketch)).length

/** The sketch of the result that 2f + 1 state. Digests alone would mix up values that come back. */
const agreed = (config: DClientConfig, call: DCall): Sketch | undefined =>
  call.sketches.find(
    (s) =>
      s !== undefined &&
      s.digest === call.result?.digest &&
      supporters(call, s) >= config.group.quorum,
  )

/** Whether no answer that may still come makes enough of them agree. */
const isHopeless = (config: DClientConfig, call: DCall): boolean => {
  const { quorum } = config.group
  const silent = call.sketches.filter((s) => s === undefined).length
  const stated = call.sketches.filter((s) => s !== undefined && s.digest !== "")
  const mayFit = stated.filter((s) => call.result === undefined || s?.digest === call.result.digest)
  return silent < quorum && mayFit.every((s) => supporters(call, s as Sketch) + silent < quorum)
}

const heard = (call: DCall, { message: m, digest }: InputOf<"SketchReply">): DCall => {
  const sketches = call.sketches.slice()
  sketches[m.replica] = { digest: m.digest, position: { seq: m.seq, place: m.place } }
  const isResult = m.replica === call.executor && m.result !== undefined
  return { ...call, sketches, result: isResult ? { bytes: m.result, digest } : call.result }
}

/**
 * ClientRecvSketchReply (NSDI '10 section 5). The executor's result is the answer once 2f + 1
 * replicas state one sketch of it; when they cannot any more, the read is ordered.
 */
export const clientRecvSketchReply = (
  config: DClientConfig,
  state: DClientState,
  input: InputOf<"SketchReply">,
): DClientStep => {
  const { message: m } = input
  const known = state.call
  if (m.client !== config.id) return ignore(state, "ForAnotherClient")
  if (known?.stage !== "asked" || m.id !== known.id) return ignore(state, "NothingAwaited")
  if (known.sketches[m.replica] !== undefined) return ignore(state, "DuplicateReply")
  const action = "ClientRecvSketchReply"
  const call = heard(known, input)
  const sketch = agreed(config, call)
  const cancel = { _tag: "CancelTimer", timer: "sketches" } as const
  if (sketch !== undefined && call.result !== undefined) {
    const { id } = call
    const { position } = sketch
    const respond: Respond = {
      _tag: "Respond",
      id,
      path: "fast",
      position,
      result: call.result.bytes,
    }
    return { state: { ...state, call: undefined }, effects: [cancel, respond], action }
  }
  if (!isHopeless(config, call)) return { state: { ...state, call }, effects: [], action }
  const took = order(config, state, call, action)
  return { ...took, effects: [cancel, ...took.effects] }
}

/** ClientSketchTimeout (NSDI '10 section 5). Too few answered in time: the read is ordered. */
export const clientSketchTimeout = (
  config: DClientConfig,
  state: DClientState,
  { id }: InputOf<"SketchTimeout">,
): DClientStep => {
  const { call } = state
  if (call?.stage !== "asked" || call.id !== id) return ignore(state, "NothingAwaited")
  return order(config, state, call, "ClientSketchTimeout")
}

/** ClientRecvOrderedReply (NSDI '10 section 5, OSDI '99 section 4.1). 2f + 1 equal answers. */
export const clientRecvOrderedReply = (
  config: DClientConfig,
  state: DClientState,
  { message }: InputOf<"Reply">,
): DClientStep => {
  const input: ClientInput = { _tag: "Receive", message }
  const took = stepClient(ordering(config), state.client, input)
  if (took.state === state.client) return ignore(state, took.action.replace("Ignore:", ""))
  const action = "ClientRecvOrderedReply"
  const done = took.effects.find((e) => e._tag === "Complete")
  const { call } = state
  if (done === undefined || call === undefined) {
    return { state: { ...state, client: took.state }, effects: effectsOf(took), action }
  }
  const { position, result } = decodePlaced(done.result)
  const respond: Respond = { _tag: "Respond", id: call.id, path: "replicated", position, result }
  return {
    // Nobody asks for the last result.
    state: { call: undefined, client: { ...took.state, result: undefined } },
    effects: [...effectsOf(took), respond],
    action,
  }
}

// Not an action of DProphecy.tla: whom a request is sent to makes no difference there.
const retransmit = (config: DClientConfig, state: DClientState): DClientStep => {
  const took = stepClient(ordering(config), state.client, {
    _tag: "Timeout",
    waitedMs: config.retransmitMs,
  })
  if (took.effects.length === 0) return ignore(state, "NothingAwaited")
  return {
    state: { ...state, client: took.state },
    effects: effectsOf(took),
    action: "ClientTimeout",
  }
}

/** One input, one action. Deterministic, total, and without any effect of its own. */
export const stepDClient = (
  config: DClientConfig,
  state: DClientState,
  input: DClientInput,
): DClientStep => {
  switch (input._tag) {
    case "Read":
      return clientRead(config, state, input)
    case "Write":
      return clientWrite(config, state, input)
    case "SketchReply":
      return clientRecvSketchReply(config, state, input)
    case "SketchTimeout":
      return clientSketchTimeout(config, state, input)
    case "Reply":
      return clientRecvOrderedReply(config, state, input)
    case "Retransmit":
      return retransmit(config, state)
  }
}

export const dClient: Machine<
  DClientConfig,
  DClientState,
  DClientInput,
  DClientEffect,
  DClientAction | "ClientTimeout"
> = { init: initDClient, step: stepDClient }

/** A replica's statement that it has no sketch. */
export const noSketch: Sketch = { digest: "", position: nowhere }
