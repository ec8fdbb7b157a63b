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

type Received = Extract<ClientInput, { readonly _tag: "Receive" }>

/** What is received in this step by one of a sketcher's lanes, which is a client. */
export const laneInput = ({ config, before, input }: SketcherEvent): Received | undefined => {
  if (input._tag !== "Reply" || input.message._tag === "Reply") return undefined
  const { message } = input
  const lane = before.lanes[message.client - config.firstClient]
  if (lane === undefined || !isZyzzyvaClient(lane.client)) return undefined
  return { _tag: "Receive", message }
}

/** A step of one of a sketcher's lanes, which is a client: none where nothing was received. */
export const laneStep = (event: SketcherEvent): ClientEvent | undefined => {
  const { config, place, n } = event
  const input = laneInput(event)
  if (input === undefined) return undefined
  const { client } = input.message
  const index = client - config.firstClient
  const before = event.before.lanes[index]?.client
  if (before === undefined || !isZyzzyvaClient(before)) return undefined
  const step = stepClient(zyzzyvaLaneConfig(config, index), before, input)
  return { _tag: "ClientStep", place, n, client, before, input, step, said: unsaid }
}
