/** What the files of a run say, replayed: the steps of its processes and what is missing. */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ClientInput, ClientState, ClientStep } from "../core/pbft/client.ts"
import type { Input, PbftStep, State } from "../core/pbft/state.ts"
import type { Place } from "./finding.ts"

/** A replica's step as the model takes it; the trace's line says the same. */
export interface ReplicaEvent {
  readonly _tag: "ReplicaStep"
  readonly place: Place
  readonly n: number
  readonly replica: ReplicaId
  readonly before: State
  readonly input: Input
  readonly step: PbftStep
  /** What the line says was changed, as JSON data. */
  readonly post: unknown
}

export interface ClientEvent {
  readonly _tag: "ClientStep"
  readonly place: Place
  readonly n: number
  readonly client: ClientId
  readonly before: ClientState
  readonly input: ClientInput
  readonly step: ClientStep
  readonly post: unknown
}

/** Steps of a replica that have no line, and the state after them. */
export interface ReplicaGap {
  readonly _tag: "ReplicaGap"
  readonly place: Place
  readonly replica: ReplicaId
  /** undefined: the process was killed, and nobody knows how many. */
  readonly dropped: number | undefined
  readonly before: State
  readonly after: State
}

/** Steps of a process of clients that have no line, or its new start, and all states after. */
export interface ClientsGap {
  readonly _tag: "ClientsGap"
  readonly place: Place
  readonly dropped: number | undefined
  readonly after: ReadonlyMap<ClientId, ClientState>
}

/** Steps at the end of a trace that have no line. */
export interface OpenEnd {
  readonly _tag: "OpenEnd"
  readonly place: Place
  readonly dropped: number
}

export type StepEvent = ReplicaEvent | ClientEvent
export type TraceEvent = StepEvent | ReplicaGap | ClientsGap | OpenEnd
