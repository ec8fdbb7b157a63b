/**
 * Clients of D-Prophecy as a service of Effect: no sketcher is trusted. They start with their
 * scope, end with it, and give answers or typed errors. The replicas' configuration must say
 * `sketches`.
 *
 * Outside the specification: how long anybody waits, and how many calls may wait.
 */
import { Data, Effect, type Scope } from "effect"
import type { Bytes } from "../core/ids.ts"
import type { Position } from "../core/prophecy/position.ts"
import { groupOf } from "../core/quorum.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { DClientLoop } from "./d-client-loop.ts"
import { traceDClients } from "./d-clients-trace.ts"
import type { TraceError, TraceOptions } from "./replica-services.ts"
import { NoEndpoint, NoOutcome, OperationTooLarge, SketcherBusy } from "./sketcher.ts"
import type { Counters } from "./status.ts"

/** The configuration's replicas keep no sketches. */
export class NoSketches extends Data.TaggedError("NoSketches")<{ readonly file: string }> {
  override get message(): string {
    return `${this.file}: clients of D-Prophecy need "sketches": true, of all replicas`
  }
}

export type DClientError = NoOutcome | SketcherBusy | OperationTooLarge

export interface DOutcome {
  readonly result: Bytes
  /** Where in the agreed order the answer is from. */
  readonly position: Position
  /** `fast`: one replica executed it, and 2f + 1 stated the same sketch of it. */
  readonly path: "fast" | "replicated"
}

export interface DClientsOptions {
  /** The endpoint whose secret they hold; default the first. */
  readonly endpoint?: number
  /** How long a client waits for sketches, in milliseconds. Default 250. */
  readonly sketchMs?: number
  /** How long an answer may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  /** Write every step down. */
  readonly trace?: TraceOptions
  readonly log?: (line: string) => void
}

export interface DClientsShape {
  readonly read: (operation: Bytes) => Effect.Effect<DOutcome, DClientError>
  readonly write: (operation: Bytes) => Effect.Effect<DOutcome, DClientError>
  /** Waits until a strong quorum of the replicas is connected. */
  readonly connected: Effect.Effect<void>
  readonly status: Effect.Effect<{
    readonly connected: ReadonlyArray<number>
    readonly waiting: number
    readonly actions: Counters
    readonly network: Counters
  }>
}

const defaults = { endpoint: 0, sketchMs: 250, timeoutMs: 10_000, log: () => undefined } as const

/** Starts the clients of an endpoint; they run until the scope closes. */
export const makeDClients = (
  config: ClusterConfig,
  options: DClientsOptions = {},
): Effect.Effect<DClientsShape, NoEndpoint | NoSketches | TraceError, Scope.Scope> =>
  Effect.gen(function* () {
    const { endpoint, sketchMs, timeoutMs, log, trace } = {
      trace: undefined,
      ...defaults,
      ...options,
    }
    const endpoints = config.endpoints.length
    if (endpoint >= endpoints) return yield* new NoEndpoint({ endpoint, endpoints })
    if (!config.sketches) return yield* new NoSketches({ file: config.file })
    const { quorum } = groupOf(config.replicas.length)
    const waiting: Array<() => void> = []
    // Microseconds: clients that come back start above every timestamp that they used before.
    const firstTimestamp = Date.now() * 1_000
    const stepped = yield* traceDClients(config, { endpoint, firstTimestamp, trace, log })
    const loop = yield* Effect.acquireRelease(
      Effect.sync((): DClientLoop => {
        const connections = (): void => {
          if (loop.connected().length >= quorum) for (const go of waiting.splice(0)) go()
        }
        const given = { config, endpoint, firstTimestamp, sketchMs, log }
        return new DClientLoop({ ...given, connections, stepped })
      }),
      (l) => Effect.sync(() => l.close()),
    )
    const { operationBytes: limit, waitingRequests } = config.limits
    const ask = (kind: "read" | "write", operation: Bytes): Effect.Effect<DOutcome, DClientError> =>
      Effect.callback<DOutcome, DClientError>((resume) => {
        const bytes = operation.length
        if (bytes > limit) return resume(Effect.fail(new OperationTooLarge({ bytes, limit })))
        if (loop.waiting >= waitingRequests) {
          return resume(Effect.fail(new SketcherBusy({ waiting: loop.waiting })))
        }
        loop.ask({ kind, operation, done: (answer) => resume(Effect.succeed(answer)) })
      }).pipe(
        Effect.timeoutOrElse({
          duration: timeoutMs,
          orElse: () => Effect.fail(new NoOutcome({ afterMs: timeoutMs })),
        }),
      )
    return {
      read: (operation) => ask("read", operation),
      write: (operation) => ask("write", operation),
      connected: Effect.callback<void>((resume) => {
        const go = (): void => resume(Effect.void)
        if (loop.connected().length >= quorum) go()
        else waiting.push(go)
      }),
      status: Effect.sync(() => ({
        connected: loop.connected(),
        waiting: loop.waiting,
        actions: loop.actions.toJSON(),
        network: loop.network.toJSON(),
      })),
    }
  })
