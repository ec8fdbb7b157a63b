/**
 * The steps of D-Prophecy's clients as lines of a trace; docs/trace-format.md.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Effect, type Scope } from "effect"
import type { ClientId, Timestamp } from "../core/ids.ts"
import { header } from "../core/pbft/trace.ts"
import type { DClientInput, DClientState, DClientStep } from "../core/prophecy/d-client.ts"
import { dClientLine, dClientsDropLine } from "../core/prophecy/d-trace.ts"
import type { ClusterConfig, Endpoint } from "./cluster-config.ts"
import {
  scopedTrace,
  type TraceError,
  type TraceOptions,
  traceHeaderOf,
} from "./replica-services.ts"

export interface TracedDClients {
  readonly endpoint: number
  readonly firstTimestamp: Timestamp
  /** Without it nothing is written. */
  readonly trace: TraceOptions | undefined
  readonly log: (line: string) => void
}

/** A step that one of the clients took. */
export interface DClientTook {
  readonly client: ClientId
  readonly before: DClientState
  readonly step: DClientStep
  readonly input: DClientInput
  /** All clients' states after it. */
  readonly states: () => ReadonlyMap<ClientId, DClientState>
}

export type DClientStepped = (took: DClientTook) => void

/** Opens the file; the scope's end writes what waits and closes it. */
export const traceDClients = (
  config: ClusterConfig,
  { endpoint, firstTimestamp, trace, log }: TracedDClients,
): Effect.Effect<DClientStepped, TraceError, Scope.Scope> => {
  const { from, to } = config.endpoints[endpoint] as Endpoint
  if (trace === undefined) return Effect.succeed(() => undefined)
  const { run, spec, directory } = trace
  const node = { kind: "d-clients", from, to, firstTimestamp } as const
  const headerOf = (incarnation: number): string => {
    const startedAt = new Date().toISOString()
    return header({ ...traceHeaderOf(config), run, spec, node, incarnation, startedAt })
  }
  return Effect.map(
    scopedTrace(directory, `d-clients-${endpoint}`, headerOf, log),
    ({ writer }): DClientStepped =>
      ({ client, before, step, input, states }) =>
        writer.record(
          (n) => dClientLine({ n, client }, before, step, input),
          (n, dropped) => dClientsDropLine(n, dropped, states()),
        ),
  )
}
