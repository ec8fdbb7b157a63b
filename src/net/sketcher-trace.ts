/**
 * A sketcher's steps as lines of a trace; docs/trace-format.md.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Effect, type Scope } from "effect"
import type { SketcherInput, SketcherState, SketcherStep } from "../core/prophecy/sketcher-state.ts"
import { sketcherDropLine, sketcherLine } from "../core/prophecy/trace.ts"
import type { ClusterConfig, Endpoint } from "./cluster-config.ts"
import { scopedTrace, type TraceError, type TraceOptions, traceHeader } from "./replica-services.ts"
import { sketcherQuorum } from "./sketcher-options.ts"

export interface TracedSketcher {
  readonly endpoint: number
  readonly sketches: boolean
  readonly generation: number
  readonly maxStrikes: number
  readonly firstTimestamp: number
  /** Without it nothing is written. */
  readonly trace?: TraceOptions
  readonly log?: (line: string) => void
}

export interface SketcherTrace {
  readonly path: string | null
  readonly stepped: (before: SketcherState, step: SketcherStep, input: SketcherInput) => void
  readonly counts: () => { readonly steps: number; readonly dropped: number } | null
}

const noTrace: SketcherTrace = { path: null, stepped: () => undefined, counts: () => null }

/** Opens the file; the scope's end writes what waits and closes it. */
export const traceSketcher = (
  config: ClusterConfig,
  of: TracedSketcher,
): Effect.Effect<SketcherTrace, TraceError, Scope.Scope> => {
  const { endpoint: id, trace, firstTimestamp, sketches, generation, maxStrikes } = of
  if (trace === undefined) return Effect.succeed(noTrace)
  const { from, to } = config.endpoints[id] as Endpoint
  const { run, spec, directory } = trace
  const lanes = { from, to, firstTimestamp, replyQuorum: sketcherQuorum(config) }
  const node = { kind: "sketcher", id, ...lanes, sketches, generation, maxStrikes } as const
  const headerOf = (incarnation: number): string => {
    const startedAt = new Date().toISOString()
    return traceHeader(config, { run, spec, node, incarnation, startedAt })
  }
  const log = of.log ?? (() => undefined)
  return Effect.map(
    scopedTrace(directory, `sketcher-${id}`, headerOf, log),
    ({ path, writer }): SketcherTrace => ({
      path,
      stepped: (before, step, input) =>
        writer.record(
          (n) => sketcherLine(n, before, step, input),
          (n, dropped) => sketcherDropLine(n, dropped, step.state),
        ),
      counts: () => ({ steps: writer.steps(), dropped: writer.dropped() }),
    }),
  )
}
