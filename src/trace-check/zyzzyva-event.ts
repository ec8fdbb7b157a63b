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
  heardInLane,
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

type Received = Extract<ClientInput, { readonly _tag: "Receive" }>

const heardOf = (event: SketcherEvent) => {
  const heard = heardInLane(event)
  if (heard === undefined) return undefined
  const { message, index, client: before } = heard
  if (message._tag === "Reply" || !isZyzzyvaClient(before)) return undefined
  return { input: { _tag: "Receive", message } satisfies Received, index, before }
}

/** What is received in this step by one of a sketcher's lanes, which is a client. */
export const laneInput = (event: SketcherEvent): Received | undefined => heardOf(event)?.input

/** A step of one of a sketcher's lanes, which is a client: none where nothing was received. */
export const laneStep = (event: SketcherEvent): ClientEvent | undefined => {
  const { config, place, n } = event
  const heard = heardOf(event)
  if (heard === undefined) return undefined
  const { input, index, before } = heard
  const { client } = input.message
  const step = stepClient(zyzzyvaLaneConfig(config, index), before, input)
  return { _tag: "ClientStep", place, n, client, before, input, step, said: unsaid }
}
