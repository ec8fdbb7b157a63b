/** What the files of a run of Zyzzyva say, replayed: as event.ts. */
import { isZyzzyvaClient, zyzzyvaLaneConfig } from "../core/prophecy/lane-client.ts"
import {
  type ClientInput,
  type ClientState,
  type ClientStep,
  stepClient,
} from "../core/zyzzyva/client.ts"
import type { Input, State, ZyzzyvaStep } from "../core/zyzzyva/state.ts"
import {
  type ClientsGapOf,
  type ClientStepOf,
  type OpenEnd,
  type ReplicaGapOf,
  type ReplicaStepOf,
  type Said,
  type SketcherEvent,
  type SketcherGap,
  unsaid,
} from "./event.ts"

export interface ReplicaEvent extends ReplicaStepOf<State, Input, ZyzzyvaStep> {
  /** What the line says was changed, as JSON data. */
  readonly said: Said
}
export interface ClientEvent extends ClientStepOf<ClientState, ClientInput, ClientStep> {
  readonly said: Said
}
export type ReplicaGap = ReplicaGapOf<State>
export type ClientsGap = ClientsGapOf<ClientState>

/** Steps of Zyzzyva.tla: what TLC follows. */
export type ZyzzyvaStepEvent = ReplicaEvent | ClientEvent
export type ZyzzyvaEvent =
  | ZyzzyvaStepEvent
  | SketcherEvent
  | ReplicaGap
  | ClientsGap
  | SketcherGap
  | OpenEnd

/** A step of one of a sketcher's lanes, which is a client: none where nothing was received. */
export const laneStep = (event: SketcherEvent): ClientEvent | undefined => {
  const { config, before: sketcher, input, place, n } = event
  if (input._tag !== "Reply" || input.message._tag === "Reply") return undefined
  const { message } = input
  const { client } = message
  const index = client - config.firstClient
  const before = sketcher.lanes[index]?.client
  if (before === undefined || !isZyzzyvaClient(before)) return undefined
  const received = { _tag: "Receive", message } as const
  const step = stepClient(zyzzyvaLaneConfig(config, index), before, received)
  const base = { _tag: "ClientStep", place, n, client, before } as const
  return { ...base, input: received, step, said: unsaid }
}
