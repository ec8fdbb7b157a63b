/**
 * Writes the steps of one machine as trace lines; docs/trace-format.md.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { Kinds, LoopStep, TraceText } from "./protocol.ts"
import type { TraceWriter } from "./trace-writer.ts"

export interface Tracer<K extends Kinds> {
  /** Whether anybody wants the steps. */
  readonly on: boolean
  readonly step: (before: K["State"], step: LoopStep<K>, input: K["Input"]) => void
}

export const noTracer: Tracer<Kinds> = { on: false, step: () => undefined }

export const makeTracer = <K extends Kinds>(
  { line, drop }: TraceText<K>,
  writer: TraceWriter,
): Tracer<K> => ({
  on: true,
  step: (before, step, input) =>
    writer.record(
      (n) => line(n, before, step, input),
      (n, dropped) => drop(n, dropped, step.state),
    ),
})
