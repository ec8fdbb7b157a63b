/** A lane of a sketcher: a client of the group (lane-client.ts) that has one call under way. */
import type { Bytes, Timestamp } from "../ids.ts"
import type { ClientEffect } from "../pbft/client.ts"
import type { ClientEffect as ZyzzyvaEffect } from "../zyzzyva/client.ts"
import { firstClient, type LaneInput, stepLaneClient } from "./lane-client.ts"
import type { Call, Lane, SketcherConfig, SketcherEffect } from "./sketcher-state.ts"

/** What an input did to a lane; `result` when that completed its call. */
export interface LaneStep {
  readonly lane: Lane
  readonly effects: ReadonlyArray<SketcherEffect>
  readonly action: string
  readonly result: Bytes | undefined
}

/** Lanes without a call, with timestamps above `firstTimestamp`. */
export const idleLanes = (config: SketcherConfig, firstTimestamp: Timestamp): ReadonlyArray<Lane> =>
  Array.from({ length: config.lanes }, (_, index) => ({
    call: undefined,
    client: firstClient(config, index, firstTimestamp),
  }))

const effectsOf = (
  index: number,
  effect: ClientEffect | ZyzzyvaEffect,
): ReadonlyArray<SketcherEffect> => {
  switch (effect._tag) {
    case "SendToReplicas":
      return [effect]
    case "SetTimer":
      return [{ ...effect, timer: `retransmit ${index}` }]
    case "CancelTimer":
      return [{ ...effect, timer: `retransmit ${index}` }]
    case "Complete":
      return []
  }
}

const stepLane = (
  config: SketcherConfig,
  index: number,
  lane: Lane,
  input: LaneInput,
): LaneStep => {
  const took = stepLaneClient(config, index, lane.client, input)
  const all: ReadonlyArray<ClientEffect | ZyzzyvaEffect> = took.effects
  const done = all.find((e) => e._tag === "Complete")
  // A lane without a call remembers no result: nobody asks for it.
  const after: Lane =
    done === undefined
      ? { ...lane, client: took.state }
      : { call: undefined, client: { ...took.state, result: undefined } }
  return {
    lane: took.state === lane.client ? lane : after,
    effects: all.flatMap((effect) => effectsOf(index, effect)),
    action: took.action,
    result: done?.result,
  }
}

/** The lane takes a call. */
export const submitIn = (config: SketcherConfig, index: number, lane: Lane, call: Call): LaneStep =>
  stepLane(config, index, { ...lane, call: call.id }, { _tag: "Submit", operation: call.operation })

/** The lane without its call: it waits for no answer, and uses no timestamp again. */
export const abandonIn = (config: SketcherConfig, index: number, { client }: Lane): Lane => {
  const { timestamp: firstTimestamp, views } = client
  const idle = firstClient(config, index, firstTimestamp)
  return { call: undefined, client: { ...idle, views } }
}

/** The lane hears a replica, or its timer. */
export const hearIn = (
  config: SketcherConfig,
  index: number,
  lane: Lane,
  input: Exclude<LaneInput, { readonly _tag: "Submit" }>,
): LaneStep => stepLane(config, index, lane, input)
