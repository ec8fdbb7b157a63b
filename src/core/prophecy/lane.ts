/** A lane of a sketcher: a PBFT client (core/pbft/client.ts) that has one call under way. */
import type { Bytes, Timestamp } from "../ids.ts"
import {
  type ClientConfig,
  type ClientEffect,
  type ClientInput,
  initClient,
  stepClient,
} from "../pbft/client.ts"
import type { Call, Lane, SketcherConfig, SketcherEffect } from "./sketcher-state.ts"

/** What an input did to a lane; `result` when that completed its call. */
export interface LaneStep {
  readonly lane: Lane
  readonly effects: ReadonlyArray<SketcherEffect>
  readonly action: string
  readonly result: Bytes | undefined
}

/** The configuration of the PBFT client in a lane. */
export const laneConfig = (config: SketcherConfig, index: number): ClientConfig => ({
  group: config.group,
  id: config.firstClient + index,
  firstTimestamp: config.firstTimestamp,
  retransmitMs: config.retransmitMs,
  // It waits equally long each time: its call has other ways to end.
  maxRetransmitMs: config.retransmitMs,
  replyQuorum: config.replyQuorum,
  // A lane asks everyone for the whole result.
  resultDigest: (result) => result,
})

/** Lanes without a call, with timestamps above `firstTimestamp`. */
export const idleLanes = (config: SketcherConfig, firstTimestamp: Timestamp): ReadonlyArray<Lane> =>
  Array.from({ length: config.lanes }, (_, index) => ({
    call: undefined,
    client: initClient({ ...laneConfig(config, index), firstTimestamp }),
  }))

const effectsOf = (index: number, effect: ClientEffect): ReadonlyArray<SketcherEffect> => {
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
  input: ClientInput,
): LaneStep => {
  const took = stepClient(laneConfig(config, index), lane.client, input)
  const done = took.effects.find((e) => e._tag === "Complete")
  // A lane without a call remembers no result: nobody asks for it.
  const after: Lane =
    done === undefined
      ? { ...lane, client: took.state }
      : { call: undefined, client: { ...took.state, result: undefined } }
  return {
    lane: took.state === lane.client ? lane : after,
    effects: took.effects.flatMap((effect) => effectsOf(index, effect)),
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
  const idle = initClient({ ...laneConfig(config, index), firstTimestamp })
  return { call: undefined, client: { ...idle, views } }
}

/** The lane hears a replica, or its timer. */
export const hearIn = (
  config: SketcherConfig,
  index: number,
  lane: Lane,
  input: Exclude<ClientInput, { readonly _tag: "Submit" }>,
): LaneStep => stepLane(config, index, lane, input)
