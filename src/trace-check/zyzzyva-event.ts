/** What the files of a run of Zyzzyva say, replayed: as event.ts. */
import type { ClientInput, ClientState, ClientStep } from "../core/zyzzyva/client.ts"
import type { Input, State, ZyzzyvaStep } from "../core/zyzzyva/state.ts"
import type { ClientsGapOf, ClientStepOf, OpenEnd, ReplicaGapOf, ReplicaStepOf } from "./event.ts"

export interface ReplicaEvent extends ReplicaStepOf<State, Input, ZyzzyvaStep> {
  /** What the line says was changed, as JSON data. */
  readonly post: unknown
}
export interface ClientEvent extends ClientStepOf<ClientState, ClientInput, ClientStep> {
  readonly post: unknown
}
export type ReplicaGap = ReplicaGapOf<State>
export type ClientsGap = ClientsGapOf<ClientState>

/** Steps of Zyzzyva.tla: what TLC follows. */
export type ZyzzyvaStepEvent = ReplicaEvent | ClientEvent
export type ZyzzyvaEvent = ReplicaEvent | ClientEvent | ReplicaGap | ClientsGap | OpenEnd
