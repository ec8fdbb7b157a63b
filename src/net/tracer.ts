/**
 * Writes the steps of one machine as trace lines; docs/trace-format.md.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { Input, PbftStep, State } from "../core/pbft/state.ts"
import { dropLine, replicaLine } from "../core/pbft/trace.ts"
import type { TraceWriter } from "./trace-writer.ts"

export interface Tracer {
  /** Whether anybody wants the steps. */
  readonly on: boolean
  readonly step: (before: State, step: PbftStep, input: Input) => void
}

export const noTracer: Tracer = { on: false, step: () => undefined }

export const makeTracer = (writer: TraceWriter): Tracer => ({
  on: true,
  step: (before, step, input) =>
    writer.record(
      (n) => replicaLine(n, before, step, input),
      (n, dropped) => dropLine(n, dropped, step.state),
    ),
})
