/** Calls of a sketcher on their way into the group: at once, or when a lane is free. */
import { assert } from "../assert.ts"
import type { Timestamp } from "../ids.ts"
import { submitIn } from "./lane.ts"
import type {
  Call,
  CallId,
  Lane,
  SketcherConfig,
  SketcherEffect,
  SketcherState,
} from "./sketcher-state.ts"

/** A state in the making, with what is to be done about it. */
export interface Draft {
  readonly state: SketcherState
  readonly effects: ReadonlyArray<SketcherEffect>
}

export const callOf = (state: SketcherState, id: CallId): Call | undefined =>
  state.calls.find((call) => call.id === id)

/** With the call in its place: by id, which is where a new one goes at the end. */
export const withCall = (state: SketcherState, call: Call): SketcherState => {
  const before = state.calls.findLastIndex(({ id }) => id < call.id) + 1
  const after = state.calls[before]?.id === call.id ? before + 1 : before
  return {
    ...state,
    calls: [...state.calls.slice(0, before), call, ...state.calls.slice(after)],
  }
}

export const withoutCall = (state: SketcherState, id: CallId): SketcherState => ({
  ...state,
  calls: state.calls.filter((call) => call.id !== id),
})

export const withLane = (state: SketcherState, index: number, lane: Lane): SketcherState => ({
  ...state,
  lanes: state.lanes.map((known, k) => (k === index ? lane : known)),
})

const freeLane = ({ lanes }: SketcherState): number => lanes.findIndex((l) => l.call === undefined)

const submit = (config: SketcherConfig, draft: Draft, call: Call): Draft => {
  const index = freeLane(draft.state)
  const lane = draft.state.lanes[index]
  assert(lane !== undefined, "a lane is free")
  const took = submitIn(config, index, lane as Lane, call)
  const state = withLane(withCall(draft.state, { ...call, stage: "ordered" }), index, took.lane)
  return { state, effects: [...draft.effects, ...took.effects] }
}

/** The call goes to the group, at once or in its turn. */
export const begin = (config: SketcherConfig, draft: Draft, call: Call): Draft => {
  if (freeLane(draft.state) >= 0) return submit(config, draft, call)
  const state = withCall(draft.state, { ...call, stage: "queued" })
  return { ...draft, state: { ...state, queue: [...state.queue, call.id] } }
}

/** The next call in the queue takes the lane that is free now. */
export const proceed = (config: SketcherConfig, draft: Draft): Draft => {
  const [next, ...queue] = draft.state.queue
  if (next === undefined) return draft
  const call = callOf(draft.state, next)
  assert(call !== undefined, "a queued call is not answered")
  return submit(config, { ...draft, state: { ...draft.state, queue } }, call as Call)
}

/** The highest timestamp that a lane has used: where one that comes back goes on. */
export const highestTimestamp = ({ lanes }: SketcherState): Timestamp =>
  lanes.reduce((highest, { client }) => Math.max(highest, client.timestamp), 0)
