/**
 * The sketcher as a service of Effect: starts with its scope, ends with it, and gives answers or
 * typed errors. What `prophecy sketcher` and the main job stand on.
 *
 * Outside the specification: how long anybody waits. SketcherGiveUp may happen at any moment there.
 */
import { Context, Data, Effect, type Scope } from "effect"
import type { Bytes } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import type { ClusterConfig, Limits } from "./cluster-config.ts"
import { OrderedTimers } from "./ordered-timers.ts"
import type { TraceError, TraceOptions } from "./replica-services.ts"
import { SketcherLoop } from "./sketcher-loop.ts"
import type { AnswersDiffer, Done, Outcome, Read } from "./sketcher-outcome.ts"
import { traceSketcher } from "./sketcher-trace.ts"
import type { Counters } from "./status.ts"

/** The group did not answer in time; whether a write takes effect is unknown. */
export class NoOutcome extends Data.TaggedError("NoOutcome")<{ readonly afterMs: number }> {
  override get message(): string {
    return `the replicas did not answer within ${this.afterMs} ms`
  }
}

/** Too many requests wait already; this one was not sent. */
export class SketcherBusy extends Data.TaggedError("SketcherBusy")<{ readonly waiting: number }> {
  override get message(): string {
    return `${this.waiting} requests wait already: try again later`
  }
}

/** The operation is longer than the group takes; it was not sent. */
export class OperationTooLarge extends Data.TaggedError("OperationTooLarge")<{
  readonly bytes: number
  readonly limit: number
}> {
  override get message(): string {
    return `an operation of ${this.bytes} bytes; the limit is ${this.limit}`
  }
}

export type SketcherError = NoOutcome | SketcherBusy | OperationTooLarge | AnswersDiffer

/** The configuration has no such endpoint. */
export class NoEndpoint extends Data.TaggedError("NoEndpoint")<{
  readonly endpoint: number
  readonly endpoints: number
}> {
  override get message(): string {
    return `endpoint ${this.endpoint}: the configuration has endpoints 0 to ${this.endpoints - 1}`
  }
}

export interface SketcherOptions {
  /** The endpoint whose secret it holds; default the first. */
  readonly endpoint?: number
  /** False: proxied PBFT, the baseline. */
  readonly sketches?: boolean
  /** How many sketches each of the table's two generations holds. */
  readonly generation?: number
  /** A replica that answered badly so often is not drawn for a while; 0: however often. */
  readonly maxStrikes?: number
  /** How long the drawn replica may take, in milliseconds. */
  readonly fastReadMs?: number
  /** How long a replica with too many strikes is not drawn, in milliseconds. */
  readonly readmitMs?: number
  /** How long the group may take for an answer, in milliseconds. */
  readonly timeoutMs?: number
  /** Without it no trace is written. */
  readonly trace?: TraceOptions
  readonly log?: (line: string) => void
}

export const sketcherDefaults = {
  endpoint: 0,
  sketches: true,
  generation: 50_000,
  maxStrikes: 3,
  fastReadMs: 250,
  readmitMs: 10_000,
  timeoutMs: 10_000,
} as const

export interface SketcherStatus {
  readonly connected: ReadonlyArray<number>
  readonly waiting: number
  /** How many answers were fast, and why the others were not. */
  readonly ways: Counters
  readonly actions: Counters
  readonly network: Counters
  readonly trace: { readonly steps: number; readonly dropped: number } | null
}

/** What is asked of a sketcher. */
export type Asked =
  | ({ readonly kind: "read" } & Read)
  | { readonly kind: "write"; readonly operation: Bytes }

export interface SketcherShape {
  /** Without Effect, which costs more than all the rest: `done` is called once, later. */
  readonly ask: (asked: Asked, done: (outcome: Outcome | SketcherError) => void) => Cancel
  readonly read: (read: Read) => Effect.Effect<Outcome, SketcherError>
  readonly write: (operation: Bytes) => Effect.Effect<Outcome, SketcherError>
  /** Waits until a strong quorum of the replicas is connected. */
  readonly connected: Effect.Effect<void>
  readonly status: Effect.Effect<SketcherStatus>
  readonly tracePath: string | null
}

/** Waits no longer; `done` is not called any more. */
export type Cancel = () => void

export class Sketcher extends Context.Service<Sketcher, SketcherShape>()("prophecy/net/Sketcher") {}

export const isOutcome = (outcome: Outcome | SketcherError): outcome is Outcome =>
  !("_tag" in outcome)

/** What calls when their time is up. */
type Patience = OrderedTimers<() => void>

const askingOf =
  (
    loop: SketcherLoop,
    limits: Limits,
    { patience, timeoutMs }: { readonly patience: Patience; readonly timeoutMs: number },
  ): SketcherShape["ask"] =>
  (asked, done) => {
    const refused = refusal(loop, limits, asked.operation)
    if (refused !== undefined) {
      queueMicrotask(() => done(refused))
      return () => undefined
    }
    // Nobody waits any more: the lane is free for the next operation.
    const late = (): void => {
      loop.giveUp(id)
      done(new NoOutcome({ afterMs: timeoutMs }))
    }
    patience.set(late, timeoutMs)
    const answered: Done = (outcome) => {
      patience.cancel(late)
      done(outcome)
    }
    const id =
      asked.kind === "read" ? loop.read(asked, answered) : loop.write(asked.operation, answered)
    return () => {
      patience.cancel(late)
      loop.giveUp(id)
    }
  }

const refusal = (
  loop: SketcherLoop,
  { operationBytes: limit, waitingRequests }: Limits,
  { length: bytes }: Bytes,
): SketcherError | undefined => {
  if (bytes > limit) return new OperationTooLarge({ bytes, limit })
  const { waiting } = loop
  return waiting >= waitingRequests ? new SketcherBusy({ waiting }) : undefined
}

const statusOf = (loop: SketcherLoop): Omit<SketcherStatus, "trace"> => ({
  connected: loop.connected(),
  waiting: loop.waiting,
  ways: loop.ways.toJSON(),
  actions: loop.actions.toJSON(),
  network: loop.network.toJSON(),
})

/** Starts a sketcher that runs until the scope closes. */
export const makeSketcher = (
  config: ClusterConfig,
  options: SketcherOptions = {},
): Effect.Effect<SketcherShape, NoEndpoint | TraceError, Scope.Scope> =>
  Effect.gen(function* () {
    const { timeoutMs, ...settings } = { ...sketcherDefaults, ...options }
    const { endpoint } = settings
    if (config.endpoints[endpoint] === undefined) {
      return yield* new NoEndpoint({ endpoint, endpoints: config.endpoints.length })
    }
    // Microseconds: one that comes back starts above every timestamp that it used before.
    const firstTimestamp = Date.now() * 1_000
    const trace = yield* traceSketcher(config, { ...settings, firstTimestamp })
    const waiting: Array<() => void> = []
    const { quorum } = groupOf(config.replicas.length)
    const loop = yield* Effect.acquireRelease(
      Effect.sync(
        (): SketcherLoop =>
          new SketcherLoop({
            config,
            log: () => undefined,
            ...settings,
            firstTimestamp,
            stepped: trace.stepped,
            connections: () => {
              if (loop.connected().length >= quorum) for (const go of waiting.splice(0)) go()
            },
          }),
      ),
      (l) => Effect.sync(() => l.close()),
    )
    const patience: Patience = yield* Effect.acquireRelease(
      Effect.sync((): Patience => new OrderedTimers((late) => late())),
      (timers) => Effect.sync(() => timers.close()),
    )
    const ask = askingOf(loop, config.limits, { patience, timeoutMs })
    const effect = (asked: Asked): Effect.Effect<Outcome, SketcherError> =>
      Effect.callback<Outcome, SketcherError>((resume) => {
        const cancel = ask(asked, (outcome) =>
          resume(isOutcome(outcome) ? Effect.succeed(outcome) : Effect.fail(outcome)),
        )
        return Effect.sync(cancel)
      })
    return {
      ask,
      read: (read) => effect({ kind: "read", ...read }),
      write: (operation) => effect({ kind: "write", operation }),
      connected: Effect.callback<void>((resume) => {
        const go = (): void => resume(Effect.void)
        if (loop.connected().length >= quorum) go()
        else waiting.push(go)
      }),
      status: Effect.sync(() => ({ ...statusOf(loop), trace: trace.counts() })),
      tracePath: trace.path,
    }
  })
