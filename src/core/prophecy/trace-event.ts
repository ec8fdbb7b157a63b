/**
 * What a sketcher's trace holds under `in` and `state` (docs/trace-format.md), as schemas: the
 * counterpart of trace.ts, for readers.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Schema } from "effect"
import type { Bytes, Digest } from "../ids.ts"
import type { Authentic } from "../pbft/message.ts"
import { ClientState, replyMarks } from "../pbft/trace-event.ts"
import { BytesText, Natural } from "../request.ts"
import * as Zyzzyva from "../zyzzyva/trace-event.ts"
import { type LaneMessage, resultOf } from "./lane-client.ts"
import { decodePlaced } from "./position.ts"
import type { SketcherData } from "./projection.ts"
import type { SketcherConfig, SketcherInput, SketcherState } from "./sketcher-state.ts"

const type = <T extends string>(name: T) => ({ type: Schema.Literal(name) })
const At = Schema.Struct({ seq: Natural, place: Natural })

/** The input of a sketcher's step. */
export const SketcherTraceInput = Schema.Union([
  Schema.Struct({
    ...type("Read"),
    id: Natural,
    key: Schema.String,
    operation: BytesText,
    fresh: Schema.Boolean,
    after: At,
    replica: Natural,
  }),
  Schema.Struct({ ...type("Write"), id: Natural, operation: BytesText }),
  Schema.Struct({
    ...type("FastReply"),
    sketcher: Natural,
    id: Natural,
    replica: Natural,
    result: BytesText,
    digest: Schema.optionalKey(Schema.String),
  }),
  Schema.Struct({
    ...type("Reply"),
    view: Natural,
    client: Natural,
    timestamp: Natural,
    replica: Natural,
    result: BytesText,
    ...replyMarks,
  }),
  ...Zyzzyva.ReplicaAnswers,
  Schema.Struct({ ...type("FastTimeout"), id: Natural }),
  Schema.Struct({ ...type("GiveUp"), id: Natural }),
  Schema.Struct({ ...type("Retransmit"), lane: Natural }),
  Schema.Struct({ ...type("Readmit"), replica: Natural }),
  Schema.Struct({ ...type("Restart"), firstTimestamp: Natural }),
])
export type SketcherTraceInput = typeof SketcherTraceInput.Type

const TracedSketch = Schema.Struct({ key: Schema.String, digest: Schema.String, position: At })

const LaneClientState = Schema.Union([ClientState, Zyzzyva.ClientState])

/** All of a sketcher's state, in a drop line. */
export const SketcherTraceState = Schema.Struct({
  young: Schema.Array(TracedSketch),
  old: Schema.Array(TracedSketch),
  floor: At,
  calls: Schema.Array(
    Schema.Struct({
      id: Natural,
      kind: Schema.Literals(["read", "write"]),
      key: Schema.String,
      operation: BytesText,
      stage: Schema.Literals(["fast", "ordered", "queued"]),
      replica: Schema.NullOr(Natural),
      digest: Schema.String,
      position: At,
    }),
  ),
  lanes: Schema.Array(Schema.Struct({ call: Schema.NullOr(Natural), client: LaneClientState })),
  queue: Schema.Array(Natural),
  strikes: Schema.Array(Natural),
}) satisfies Schema.Schema<SketcherData>

// The sketcher wrote the step down because the message's authenticator was verified.
const authentic = <M>(m: M): Authentic<M> => m as Authentic<M>

/** What is known where a line is read: the sketcher before it, and how results are hashed. */
export interface Reading {
  readonly config: SketcherConfig
  readonly before: SketcherState
  readonly digestOf: (result: Bytes) => Digest
}

const heard = (message: LaneMessage, { config, before, digestOf }: Reading): SketcherInput => {
  const { client } = before.lanes[message.client - config.firstClient] ?? {}
  const digest = digestOf(decodePlaced(resultOf(client, message)).result)
  return { _tag: "Reply", message, digest }
}

/** The input that `stepSketcher` was given. */
export const sketcherInputOf = (traced: SketcherTraceInput, reading: Reading): SketcherInput => {
  switch (traced.type) {
    case "Read":
    case "Write":
    case "FastTimeout":
    case "GiveUp":
    case "Retransmit":
    case "Readmit":
    case "Restart": {
      const { type: _tag, ...fields } = traced
      return { _tag, ...fields } as SketcherInput
    }
    case "FastReply": {
      const { type: _tag, digest, ...fields } = traced
      const known = digest ?? reading.digestOf(fields.result)
      return { _tag, message: authentic({ _tag, ...fields }), digest: known }
    }
    case "Reply": {
      const { type: _tag, ...fields } = traced
      return heard(authentic({ _tag, ...fields }), reading)
    }
    case "SpecResponse":
    case "ReadResponse":
    case "LocalCommit":
      return heard(Zyzzyva.answerOf(traced), reading)
  }
}
