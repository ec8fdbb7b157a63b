/**
 * The lines of a sketcher's trace as text, without the line break; docs/trace-format.md. Digests of
 * results are not written down where a reader has the results.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { replyText } from "../pbft/trace.ts"
import { messageData } from "../zyzzyva/trace.ts"
import { fullSketcherProjection } from "./projection.ts"
import type { SketcherInput, SketcherState, SketcherStep } from "./sketcher-state.ts"
import { sketcherChanges } from "./trace-changes.ts"

/** Step number `n` (from 1) of a sketcher: it took `input` in the state `before`. */
export const sketcherLine = (
  n: number,
  before: SketcherState,
  step: SketcherStep,
  input: SketcherInput,
): string =>
  `{"n":${n},"action":"${step.action}","in":${inputText(input)},` +
  `"post":${sketcherChanges(before, step.state)}}`

/** In place of `dropped` lines, the last of them for step `n`: the state after it. */
export const sketcherDropLine = (n: number, dropped: number, state: SketcherState): string =>
  JSON.stringify({ n, dropped, state: fullSketcherProjection(state) })

const inputText = (input: SketcherInput): string => {
  switch (input._tag) {
    case "Read": {
      const { id, key, operation, fresh, after, replica } = input
      return JSON.stringify({ type: "Read", id, key, operation, fresh, after, replica })
    }
    case "Write":
      return JSON.stringify({ type: "Write", id: input.id, operation: input.operation })
    case "FastReply": {
      const { sketcher, id, replica, result } = input.message
      // What came in chunks is known by its digest alone.
      const { digest } = input
      const known = result === "" ? { result, digest } : { result }
      return JSON.stringify({ type: "FastReply", sketcher, id, replica, ...known })
    }
    case "Reply":
      return input.message._tag === "Reply"
        ? replyText(input.message)
        : JSON.stringify(messageData(input.message))
    case "FastTimeout":
    case "GiveUp":
      return `{"type":"${input._tag}","id":${input.id}}`
    case "Retransmit":
      return `{"type":"Retransmit","lane":${input.lane}}`
    case "Readmit":
      return `{"type":"Readmit","replica":${input.replica}}`
    case "Restart":
      return `{"type":"Restart","firstTimestamp":${input.firstTimestamp}}`
  }
}
