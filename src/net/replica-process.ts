/** One replica as a whole: its log, its sockets, its loop. What `prophecy replica` runs. */
import { Data, Effect, type Scope } from "effect"
import type { ClusterConfig } from "./cluster-config.ts"
import type { ReplicaStatus } from "./status.ts"

/** The replica's files: another cluster's, damaged, not writable. */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly path: string
  /** Byte offset of what is wrong; undefined where there is none. */
  readonly offset: number | undefined
  readonly reason: string
}> {
  override get message(): string {
    const place = this.offset === undefined ? "" : ` at byte ${this.offset}`
    return `${this.path}${place}: ${this.reason}`
  }
}

/** The replica cannot listen on its address. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly host: string
  readonly port: number
  readonly reason: string
}> {
  override get message(): string {
    return `cannot listen on ${this.host}:${this.port}: ${this.reason}`
  }
}

/** The trace's file cannot be made. */
export class TraceError extends Data.TaggedError("TraceError")<{
  readonly path: string
  readonly reason: string
}> {
  override get message(): string {
    return `${this.path}: the trace cannot be written: ${this.reason}`
  }
}

/** The replica found itself in a state that must not be: it stopped at once. */
export class ReplicaBroken extends Data.TaggedError("ReplicaBroken")<{
  readonly replica: number
  readonly reason: string
}> {
  override get message(): string {
    return `replica ${this.replica} stopped: ${this.reason}`
  }
}

export type ReplicaError = StoreError | ListenError | TraceError | ReplicaBroken

export interface ReplicaOptions {
  /** Equal in all traces of one run. Without it no trace is written. */
  readonly trace?: {
    readonly directory: string
    readonly run: string
    /** SHA-256 of the specification, hexadecimal. */
    readonly spec: string
  }
  /** Told once when the replica is out of reach of the others' logs. */
  readonly onMissedCheckpoint?: (seq: number) => void
  /** A line for the operator, without the line break: connections, faults of peers. */
  readonly log?: (line: string) => void
}

export interface RunningReplica {
  readonly host: string
  readonly port: number
  /** Where it started from: 0 for an empty log. */
  readonly executed: number
  readonly tracePath: string | null
  readonly status: Effect.Effect<ReplicaStatus>
  /** Waits for the end that nobody asked for. */
  readonly failed: Effect.Effect<never, ReplicaError>
}

/** Starts a replica that runs until the scope closes; then its log and trace are closed. */
export const runReplica = (
  _config: ClusterConfig,
  _id: number,
  _options: ReplicaOptions = {},
): Effect.Effect<RunningReplica, ReplicaError, Scope.Scope> => Effect.die("not built yet")

/**
 * Runs a replica in the foreground of this process: JSON lines (`ReplicaLine`) on standard output
 * and, where there is a channel, as messages to the parent, which may ask with `"status"`. Ends by
 * interruption (then it says `stopped`) or with the error that stopped the replica.
 */
export const replicaProcess = (
  _config: ClusterConfig,
  _id: number,
  _options: ReplicaOptions = {},
): Effect.Effect<never, ReplicaError> => Effect.die("not built yet")
