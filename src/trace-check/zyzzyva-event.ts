/** What the files of a run of Zyzzyva say, replayed: as event.ts. */
import type { ClientInput, ClientState, ClientStep } from "../core/zyzzyva/client.ts"
import type { Input, State, ZyzzyvaStep } from "../core/zyzzyva/state.ts"
import type { ClientsGapOf, ClientStepOf, OpenEnd, ReplicaGapOf, ReplicaStepOf } from "./event.ts"

export type ReplicaEvent = ReplicaStepOf<State, Input, ZyzzyvaStep>
export type ClientEvent = ClientStepOf<ClientState, ClientInput, ClientStep>
export type ReplicaGap = ReplicaGapOf<State>
export type ClientsGap = ClientsGapOf<ClientState>

export type ZyzzyvaEvent = ReplicaEvent | ClientEvent | ReplicaGap | ClientsGap | OpenEnd
