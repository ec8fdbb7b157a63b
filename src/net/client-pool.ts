/** Clients of a cluster in this process: requests in, results out. */
import { Context, Data, Effect, type Scope } from "effect"
import type { Bytes } from "../core/ids.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import type { Counters } from "./status.ts"

/** Too many requests wait already. */
export class PoolBusy extends Data.TaggedError("PoolBusy")<{ readonly waiting: number }> {
  override get message(): string {
    return `${this.waiting} requests wait already: try again later`
  }
}

/** The operation is longer than the cluster takes. */
export class OperationTooLong extends Data.TaggedError("OperationTooLong")<{
  readonly bytes: number
  readonly limit: number
}> {
  override get message(): string {
    return `an operation of ${this.bytes} bytes; the limit is ${this.limit}`
  }
}

/** The pool was closed before the result came. */
export class PoolClosed extends Data.TaggedError("PoolClosed") {
  override get message(): string {
    return "the pool of clients is closed"
  }
}

export type ClientError = PoolBusy | OperationTooLong | PoolClosed

/** The pool's trace cannot be made, or it has no clients. */
export class PoolError extends Data.TaggedError("PoolError")<{ readonly reason: string }> {
  override get message(): string {
    return this.reason
  }
}

export interface ClientPoolOptions {
  /** The clients of this pool, both included; all of one endpoint. Default: the first endpoint. */
  readonly from?: number
  readonly to?: number
  readonly trace?: { readonly directory: string; readonly run: string; readonly spec: string }
  readonly log?: (line: string) => void
}

export interface ClientPoolStatus {
  readonly clients: number
  /** Clients that wait for a result. */
  readonly busy: number
  /** Requests that wait for a client. */
  readonly waiting: number
  readonly completed: number
  /** Replicas that are connected. */
  readonly connected: ReadonlyArray<number>
  readonly actions: Counters
  readonly network: Counters
  readonly trace: { readonly steps: number; readonly dropped: number } | null
}

export interface ClientPoolShape {
  /** Has the operation executed; the result is what f + 1 replicas answered alike. */
  readonly submit: (operation: Bytes) => Effect.Effect<Bytes, ClientError>
  /**
   * The same without Effect: `done` is called once, later, with the result, or with an error.
   * Returns false, and never calls `done`, when too many requests wait.
   */
  readonly submitWith: (operation: Bytes, done: (result: Bytes | ClientError) => void) => boolean
  /** Waits until a strong quorum of the replicas is connected. */
  readonly connected: Effect.Effect<void>
  readonly status: Effect.Effect<ClientPoolStatus>
  readonly tracePath: string | null
}

export class ClientPool extends Context.Service<ClientPool, ClientPoolShape>()(
  "prophecy/net/ClientPool",
) {}

/** Starts a pool that runs until the scope closes; requests that wait then fail. */
export const makeClientPool = (
  _config: ClusterConfig,
  _options: ClientPoolOptions = {},
): Effect.Effect<ClientPoolShape, PoolError, Scope.Scope> => Effect.die("not built yet")
