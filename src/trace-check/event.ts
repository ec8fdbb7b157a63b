/** What the files of a run say, replayed: the steps of its processes and what is missing. */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import {
  type ClientInput,
  type ClientState,
  type ClientStep,
  stepClient,
} from "../core/pbft/client.ts"
import type { Input, PbftStep, State } from "../core/pbft/state.ts"
import {
  type DClientConfig,
  type DClientInput,
  type DClientState,
  type DClientStep,
  ordering,
} from "../core/prophecy/d-client.ts"
import { isZyzzyvaClient, laneConfig } from "../core/prophecy/lane-client.ts"
import type {
  SketcherConfig,
  SketcherInput,
  SketcherState,
  SketcherStep,
} from "../core/prophecy/sketcher-state.ts"
import type { Place } from "./finding.ts"

/** A line, as far as it tells changes: JSON data, parsed when they are asked for. */
export interface Said {
  readonly post: unknown
}

/** Of a step that has no line of its own. */
export const unsaid: Said = { post: undefined }

/** A replica's step as its model takes it; the trace's line says the same. */
export interface ReplicaStepOf<S, I, T> {
  readonly _tag: "ReplicaStep"
  readonly place: Place
  readonly n: number
  readonly replica: ReplicaId
  readonly before: S
  readonly input: I
  readonly step: T
}

export interface ClientStepOf<S, I, T> {
  readonly _tag: "ClientStep"
  readonly place: Place
  readonly n: number
  readonly client: ClientId
  readonly before: S
  readonly input: I
  readonly step: T
}

export interface ReplicaEvent extends ReplicaStepOf<State, Input, PbftStep> {
  /** What the line says was changed. */
  readonly said: Said
}

export interface ClientEvent extends ClientStepOf<ClientState, ClientInput, ClientStep> {
  readonly said: Said
}

/** A sketcher's step. Its lanes are clients of the replicas. */
export interface SketcherEvent {
  readonly _tag: "SketcherStep"
  readonly place: Place
  readonly n: number
  readonly config: SketcherConfig
  readonly before: SketcherState
  readonly input: SketcherInput
  readonly step: SketcherStep
  /** What the line says was changed. */
  readonly said: Said
}

/** A step of a client of D-Prophecy. The PBFT client in it is a client of the replicas. */
export interface DClientEvent {
  readonly _tag: "DClientStep"
  readonly place: Place
  readonly n: number
  /** Its process. */
  readonly node: string
  readonly config: DClientConfig
  readonly before: DClientState
  readonly input: DClientInput
  readonly step: DClientStep
  /** What the line says was changed. */
  readonly said: Said
}

/** Steps of a replica that have no line, and the state after them. */
export interface ReplicaGapOf<S> {
  readonly _tag: "ReplicaGap"
  readonly place: Place
  readonly replica: ReplicaId
  /** undefined: the process was killed, and nobody knows how many. */
  readonly dropped: number | undefined
  /** Whether the process may have started anew in them. */
  readonly starts: boolean
  readonly before: S
  readonly after: S
}

/** Steps of a process of clients that have no line, or its new start, and all states after. */
export interface ClientsGapOf<S> {
  readonly _tag: "ClientsGap"
  readonly place: Place
  readonly dropped: number | undefined
  readonly after: ReadonlyMap<ClientId, S>
}

export type ReplicaGap = ReplicaGapOf<State>
export type ClientsGap = ClientsGapOf<ClientState>

/** Steps of a sketcher that have no line, or its new start, and the state after. */
export interface SketcherGap {
  readonly _tag: "SketcherGap"
  readonly place: Place
  readonly dropped: number | undefined
  readonly config: SketcherConfig
  readonly after: SketcherState
}

/** Steps of clients of D-Prophecy that have no line, or their new start, and all states after. */
export interface DClientsGap {
  readonly _tag: "DClientsGap"
  readonly place: Place
  readonly dropped: number | undefined
  readonly node: string
  readonly after: ReadonlyMap<ClientId, DClientState>
}

/** Steps at the end of a trace that have no line. */
export interface OpenEnd {
  readonly _tag: "OpenEnd"
  readonly place: Place
  /** undefined: nobody knows how many, because the process was killed or still runs. */
  readonly dropped: number | undefined
}

/** Steps of Pbft.tla: what TLC follows. */
export type StepEvent = ReplicaEvent | ClientEvent
export type GapEvent = ReplicaGap | ClientsGap | SketcherGap | DClientsGap | OpenEnd
/** A step of whichever process. */
export type AnyStep = StepEvent | SketcherEvent | DClientEvent
export type TraceEvent = AnyStep | GapEvent
/** What concerns replicas and their clients. */
export type PbftEvent = Exclude<
  TraceEvent,
  SketcherEvent | SketcherGap | DClientEvent | DClientsGap
>

type Received = Extract<ClientInput, { readonly _tag: "Receive" }>

/** What a sketcher hears in this step, and the client in the lane that it is for. */
export const heardInLane = ({ config, before, input }: SketcherEvent) => {
  if (input._tag !== "Reply") return undefined
  const { message } = input
  const index = message.client - config.firstClient
  const client = before.lanes[index]?.client
  return client === undefined ? undefined : { message, index, client }
}

const heardOf = (event: SketcherEvent) => {
  const heard = heardInLane(event)
  if (heard === undefined) return undefined
  const { message, index, client: before } = heard
  if (message._tag !== "Reply" || isZyzzyvaClient(before)) return undefined
  return { input: { _tag: "Receive", message } satisfies Received, index, before }
}

/** What is received in this step by one of the sketcher's lanes, a PBFT client. */
export const laneInput = (event: SketcherEvent): Received | undefined => heardOf(event)?.input

/** A step of one of the sketcher's lanes, a PBFT client: none where nothing was received. */
export const laneStep = (event: SketcherEvent): ClientEvent | undefined => {
  const { config, place, n } = event
  const heard = heardOf(event)
  if (heard === undefined) return undefined
  const { input, index, before } = heard
  const { client } = input.message
  const step = stepClient(laneConfig(config, index), before, input)
  return { _tag: "ClientStep", place, n, client, before, input, step, said: unsaid }
}

/** What is received in this step by the PBFT client in a client of D-Prophecy. */
export const orderingInput = ({ input }: DClientEvent): Received | undefined =>
  input._tag === "Reply" ? { _tag: "Receive", message: input.message } : undefined

/** A step of the PBFT client in a client of D-Prophecy: none where nothing of its was received. */
export const orderingStep = (event: DClientEvent): ClientEvent | undefined => {
  const { config, place, n } = event
  const input = orderingInput(event)
  if (input === undefined) return undefined
  const { client: before } = event.before
  const step = stepClient(ordering(config), before, input)
  return { _tag: "ClientStep", place, n, client: config.id, before, input, step, said: unsaid }
}
