/** What the files of a run of Zyzzyva say, replayed: as event.ts. */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import type { ClientInput, ClientState, ClientStep } from "../core/zyzzyva/client.ts"
import type { Input, State, ZyzzyvaStep } from "../core/zyzzyva/state.ts"
import type { OpenEnd } from "./event.ts"
import type { Place } from "./finding.ts"

/** A replica's step as the model takes it; the trace's line says the same. */
export interface ReplicaEvent {
  readonly _tag: "ReplicaStep"
  readonly place: Place
  readonly n: number
  readonly replica: ReplicaId
  readonly before: State
  readonly input: Input
  readonly step: ZyzzyvaStep
}

export interface ClientEvent {
  readonly _tag: "ClientStep"
  readonly place: Place
  readonly n: number
  readonly client: ClientId
  readonly before: ClientState
  readonly input: ClientInput
  readonly step: ClientStep
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

export type ZyzzyvaEvent = ReplicaEvent | ClientEvent | ReplicaGap | ClientsGap | OpenEnd
