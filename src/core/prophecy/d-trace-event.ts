/**
 * What a trace of D-Prophecy's clients holds under `in` and `state` (docs/trace-format.md), as
 * schemas: the counterpart of d-trace.ts, for readers.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Schema } from "effect"
import type { Bytes, Digest } from "../ids.ts"
import type { Authentic } from "../pbft/message.ts"
import { ClientState, replyMarks } from "../pbft/trace-event.ts"
import { BytesText, Natural } from "../request.ts"
import type { DClientInput } from "./d-client.ts"
import type { SketchReply } from "./d-message.ts"
import type { DClientData } from "./d-projection.ts"

const type = <T extends string>(name: T) => ({ type: Schema.Literal(name) })
const At = Schema.Struct({ seq: Natural, place: Natural })

/** The input of a step of one of the clients. */
export const DClientTraceInput = Schema.Union([
  Schema.Struct({ ...type("Read"), id: Natural, operation: BytesText, executor: Natural }),
  Schema.Struct({ ...type("Write"), id: Natural, operation: BytesText }),
  Schema.Struct({
    ...type("SketchReply"),
    client: Natural,
    id: Natural,
    replica: Natural,
    digest: Schema.String,
    seq: Natural,
    place: Natural,
    result: Schema.optionalKey(BytesText),
  }),
  Schema.Struct({ ...type("SketchTimeout"), id: Natural }),
  Schema.Struct({
    ...type("Reply"),
    view: Natural,
    client: Natural,
    timestamp: Natural,
    replica: Natural,
    result: BytesText,
    ...replyMarks,
  }),
  Schema.Struct({ ...type("Retransmit") }),
])
export type DClientTraceInput = typeof DClientTraceInput.Type

const Stated = Schema.Struct({ replica: Natural, digest: Schema.String, position: At })

const State = Schema.Struct({
  call: Schema.NullOr(
    Schema.Struct({
      id: Natural,
      operation: BytesText,
      stage: Schema.Literals(["asked", "ordered"]),
      executor: Natural,
      sketches: Schema.Array(Stated),
      result: Schema.NullOr(Schema.Struct({ bytes: BytesText, digest: Schema.String })),
    }),
  ),
  ordering: ClientState,
}) satisfies Schema.Schema<DClientData>

/** All states of the clients of a process, in a drop line. */
export const DClientsTraceState = Schema.Array(Schema.Struct({ client: Natural, ...State.fields }))

// The client wrote the step down because the message's sender was verified.
const authentic = <M>(m: M): Authentic<M> => m as Authentic<M>

/** The input that `stepDClient` was given. */
export const dClientInputOf = (
  traced: DClientTraceInput,
  digestOf: (result: Bytes) => Digest,
): DClientInput => {
  switch (traced.type) {
    case "Read": {
      const { type: _tag, id, operation, executor } = traced
      return { _tag, id, operation, executor }
    }
    case "Write":
      return { _tag: "Write", id: traced.id, operation: traced.operation }
    case "SketchReply": {
      const { type: _tag, result, ...said } = traced
      const digest = result === undefined ? "" : digestOf(result)
      return { _tag, message: authentic<SketchReply>({ _tag, ...said, result }), digest }
    }
    case "SketchTimeout":
      return { _tag: "SketchTimeout", id: traced.id }
    case "Reply": {
      const { type: _tag, ...fields } = traced
      return { _tag, message: authentic({ _tag, ...fields }) }
    }
    case "Retransmit":
      return { _tag: "Retransmit" }
  }
}
