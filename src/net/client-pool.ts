/**
 * Clients of a cluster in this process: requests in, results out.
 *
 * Outside the specification: which client of the pool takes a request. A client there asks for what
 * its model says.
 */
import { Context, Data, Effect, Layer, type Scope } from "effect"
import type { Bytes, ClientId, Timestamp } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import { ClientLoop } from "./client-loop.ts"
import type { ClientKinds, ClientProtocol } from "./client-protocol.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { type EndpointKeys, endpointKeys, endpointOf } from "./keys.ts"
import { type PbftClientKinds, pbftClient } from "./pbft-client.ts"
import { scopedTrace, type TraceOptions, traceHeader } from "./replica-services.ts"
import type { Counters } from "./status.ts"
import type { TraceWriter } from "./trace-writer.ts"
import { type ZyzzyvaClientKinds, zyzzyvaClient } from "./zyzzyva-client.ts"

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
  /** Without it no trace is written. */
  readonly trace?: TraceOptions
  readonly log?: (line: string) => void
}

export interface ClientPoolStatus {
  readonly clients: number
  /** Clients that wait for a result. */
  readonly busy: number
  /** Requests that wait for a client. */
  readonly waiting: number
  readonly completed: number
  /** The view that the clients take the replicas to be in: f + 1 answered in it or later. */
  readonly view: number
  /** Replicas that are connected. */
  readonly connected: ReadonlyArray<number>
  readonly actions: Counters
  readonly network: Counters
  readonly trace: { readonly steps: number; readonly dropped: number } | null
}

export interface Submission {
  /** The operation changes nothing: it may be answered without an order. */
  readonly reads?: boolean
}

export interface ClientPoolShape {
  /** Has the operation executed; the result is what enough replicas answered alike. */
  readonly submit: (operation: Bytes) => Effect.Effect<Bytes, ClientError>
  /**
   * The same without Effect: `done` is called once, later, with the result, or with an error.
   * Returns false, and never calls `done`, when too many requests wait.
   */
  readonly submitWith: (
    operation: Bytes,
    done: (result: Bytes | ClientError) => void,
    how?: Submission,
  ) => boolean
  /** Waits until a strong quorum of the replicas is connected. */
  readonly connected: Effect.Effect<void>
  readonly status: Effect.Effect<ClientPoolStatus>
  readonly tracePath: string | null
}

export class ClientPool extends Context.Service<ClientPool, ClientPoolShape>()(
  "prophecy/net/ClientPool",
) {
  static readonly layer = (config: ClusterConfig, options: ClientPoolOptions = {}) =>
    Layer.effect(ClientPool, makeClientPool(config, options))
}

type Done = (result: Bytes | ClientError) => void

interface Waiting {
  readonly operation: Bytes
  readonly reads: boolean
  readonly done: Done
}

interface Range {
  readonly endpoint: number
  readonly from: ClientId
  readonly to: ClientId
}

/** The clients that the options name, which must be of one endpoint. */
const rangeOf = (config: ClusterConfig, options: ClientPoolOptions): Range | PoolError => {
  const endpoint = options.from === undefined ? 0 : endpointOf(config, options.from)
  const known = config.endpoints[endpoint]
  if (known === undefined) {
    return new PoolError({ reason: `client ${options.from}: there are ${config.clients} clients` })
  }
  const from = options.from ?? known.from
  const to = options.to ?? known.to
  if (to < from || to > known.to) {
    const reason = `clients ${from} to ${to}: endpoint ${endpoint} has ${known.from} to ${known.to}`
    return new PoolError({ reason })
  }
  return { endpoint, from, to }
}

type Trace = { readonly path: string; readonly writer: TraceWriter } | undefined

class Pool<K extends ClientKinds> {
  readonly #config: ClusterConfig
  readonly #loop: ClientLoop<K>
  readonly #free: Array<ClientId> = []
  readonly #done = new Map<ClientId, Done>()
  #waiting: Array<Waiting> = []
  #head = 0
  #completed = 0
  #closed = false
  #onConnections: Array<() => void> = []

  constructor(
    config: ClusterConfig,
    range: Range,
    protocol: ClientProtocol<K>,
    of: {
      readonly log: (line: string) => void
      readonly trace: Trace
      readonly keys: EndpointKeys
    },
  ) {
    this.#config = config
    const { writer } = of.trace ?? {}
    const { line, drop } = protocol.trace
    for (let client = range.to; client >= range.from; client--) this.#free.push(client)
    this.#loop = new ClientLoop({
      config,
      protocol,
      keys: of.keys,
      ...range,
      log: of.log,
      trace: (client, before, step, input) =>
        writer?.record(
          (n) => line({ n, client }, before, step, input),
          (n, dropped) => drop(n, dropped, this.#loop.states()),
        ),
      completed: (client, result) => this.#complete(client, result),
      connections: () => this.#connectionsChanged(),
    })
  }

  get #waitingCount(): number {
    return this.#waiting.length - this.#head
  }

  readonly submitWith = (
    operation: Bytes,
    done: Done,
    { reads = false }: Submission = {},
  ): boolean => {
    const limit = this.#config.limits.operationBytes
    const bytes = operation.length
    if (this.#closed) queueMicrotask(() => done(new PoolClosed()))
    else if (bytes > limit) queueMicrotask(() => done(new OperationTooLong({ bytes, limit })))
    else {
      const client = this.#free.pop()
      if (client !== undefined) this.#begin(client, { operation, reads, done })
      else if (this.#waitingCount >= this.#config.limits.waitingRequests) return false
      else this.#waiting.push({ operation, reads, done })
    }
    return true
  }

  #begin(client: ClientId, { operation, reads, done }: Waiting): void {
    this.#done.set(client, done)
    this.#loop.submit(client, operation, reads)
  }

  #complete(client: ClientId, result: Bytes): void {
    const done = this.#done.get(client)
    this.#done.delete(client)
    this.#completed++
    const next = this.#waiting[this.#head]
    if (next === undefined) this.#free.push(client)
    else {
      this.#head++
      if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#head)
        this.#head = 0
      }
      this.#begin(client, next)
    }
    done?.(result)
  }

  readonly submit = (operation: Bytes): Effect.Effect<Bytes, ClientError> =>
    Effect.callback<Bytes, ClientError>((resume) => {
      const taken = this.submitWith(operation, (result) =>
        resume(typeof result === "string" ? Effect.succeed(result) : Effect.fail(result)),
      )
      if (!taken) resume(Effect.fail(new PoolBusy({ waiting: this.#waitingCount })))
    })

  #connectionsChanged(): void {
    const { quorum } = groupOf(this.#config.replicas.length)
    if (this.#loop.connected().length < quorum) return
    const waiting = this.#onConnections
    this.#onConnections = []
    for (const resume of waiting) resume()
  }

  readonly connected: Effect.Effect<void> = Effect.callback<void>((resume) => {
    this.#onConnections.push(() => resume(Effect.void))
    this.#connectionsChanged()
  })

  status(trace: Trace): ClientPoolStatus {
    return {
      clients: this.#free.length + this.#done.size,
      busy: this.#done.size,
      waiting: this.#waitingCount,
      completed: this.#completed,
      view: this.#loop.view,
      connected: this.#loop.connected(),
      actions: this.#loop.actions.toJSON(),
      network: this.#loop.network.toJSON(),
      trace:
        trace === undefined
          ? null
          : { steps: trace.writer.steps(), dropped: trace.writer.dropped() },
    }
  }

  close(): void {
    this.#closed = true
    this.#loop.close()
    const open = [...this.#done.values(), ...this.#waiting.slice(this.#head).map((w) => w.done)]
    this.#done.clear()
    this.#waiting = []
    this.#head = 0
    for (const done of open) done(new PoolClosed())
  }
}

const poolOf = (
  config: ClusterConfig,
  range: Range,
  of: { readonly log: (line: string) => void; readonly trace: Trace; readonly since: Timestamp },
): Pool<PbftClientKinds> | Pool<ZyzzyvaClientKinds> => {
  const keys = endpointKeys(config, range.endpoint)
  switch (config.protocol) {
    case "pbft":
      return new Pool(config, range, pbftClient(config, keys, of.since), { ...of, keys })
    case "zyzzyva":
      return new Pool(config, range, zyzzyvaClient(config, keys, of.since), { ...of, keys })
  }
}

const openPoolTrace = (
  config: ClusterConfig,
  range: Range,
  of: {
    readonly since: Timestamp
    readonly trace: TraceOptions
    readonly log: (line: string) => void
  },
) => {
  const { from, to } = range
  const { run, spec, directory } = of.trace
  const headerOf = (incarnation: number): string =>
    traceHeader(config, {
      run,
      spec,
      node: { kind: "clients", from, to, firstTimestamp: of.since },
      incarnation,
      startedAt: new Date().toISOString(),
    })
  return scopedTrace(directory, `clients-${from}-${to}`, headerOf, of.log).pipe(
    Effect.mapError(({ message }) => new PoolError({ reason: message })),
  )
}

/** Starts a pool that runs until the scope closes; requests that wait then fail. */
export const makeClientPool = (
  config: ClusterConfig,
  options: ClientPoolOptions = {},
): Effect.Effect<ClientPoolShape, PoolError, Scope.Scope> =>
  Effect.gen(function* () {
    const range = rangeOf(config, options)
    if (range instanceof PoolError) return yield* range
    const log = options.log ?? (() => undefined)
    // Microseconds: a later pool of the same clients starts above every timestamp of this one.
    const since = Date.now() * 1_000
    const trace: Trace =
      options.trace === undefined
        ? undefined
        : yield* openPoolTrace(config, range, { since, trace: options.trace, log })
    const pool = yield* Effect.acquireRelease(
      Effect.sync(() => poolOf(config, range, { log, trace, since })),
      (p) => Effect.sync(() => p.close()),
    )
    return {
      submit: pool.submit,
      submitWith: pool.submitWith,
      connected: pool.connected,
      status: Effect.sync(() => pool.status(trace)),
      tracePath: trace?.path ?? null,
    }
  })
