/** A whole cluster on this machine: one child process a replica. */
import { Data, Effect, type Scope } from "effect"
import type { ClusterConfig } from "./cluster-config.ts"
import type { ReplicaStatus } from "./status.ts"

/** A replica's process ended, or did not become ready. */
export class ReplicaProcessError extends Data.TaggedError("ReplicaProcessError")<{
  readonly replica: number
  readonly reason: string
  /** The last lines of its standard error. */
  readonly output: string
}> {
  override get message(): string {
    const output = this.output === "" ? "" : `\n${this.output}`
    return `replica ${this.replica}: ${this.reason}${output}`
  }
}

export interface ClusterOptions {
  /**
   * The program and arguments that run one replica; the configuration's path and the replica's id
   * are appended. Default: src/net/replica-main.ts beside this module, under this Node.
   */
  readonly command?: ReadonlyArray<string>
  /** Passed on as environment PROPHECY_RUN, PROPHECY_SPEC; traces go to the configured folder. */
  readonly trace?: { readonly run: string; readonly spec: string }
  /** Environment of the children beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>
  /** Flags of Node for the children, before the program. */
  readonly nodeFlags?: ReadonlyArray<string>
  /** How long a replica may take to become ready, in milliseconds. Default 20 000. */
  readonly readyMs?: number
  /** How long a replica may take to end after SIGTERM before it is killed. Default 5 000. */
  readonly stopMs?: number
  /** Lines of the children's standard error. */
  readonly log?: (replica: number, line: string) => void
  readonly onMissedCheckpoint?: (replica: number, seq: number) => void
}

export interface RunningCluster {
  readonly config: ClusterConfig
  readonly pid: (replica: number) => number | undefined
  readonly running: () => ReadonlyArray<number>
  readonly status: (replica: number) => Effect.Effect<ReplicaStatus, ReplicaProcessError>
  /** Ends one process with SIGKILL and waits until it is gone. */
  readonly kill: (replica: number) => Effect.Effect<void>
  /** Ends one process with SIGTERM and waits; gives its exit code (143 after a clean shutdown). */
  readonly stop: (replica: number) => Effect.Effect<number>
  /** Starts one that does not run and waits until it is ready. */
  readonly start: (replica: number) => Effect.Effect<void, ReplicaProcessError>
  /** Waits for the first process that ends without being asked. */
  readonly failed: Effect.Effect<never, ReplicaProcessError>
}

/** Starts every replica and waits until all are ready. The scope's end stops them all. */
export const startCluster = (
  _config: ClusterConfig,
  _options: ClusterOptions = {},
): Effect.Effect<RunningCluster, ReplicaProcessError, Scope.Scope> => Effect.die("not built yet")

/** Free ports of the loopback interface, all different. */
export const freePorts = (_count: number): Effect.Effect<ReadonlyArray<number>> =>
  Effect.die("not built yet")
