/** What a recorded run is to be. */
import type { ReplicaId, Seq } from "../../../src/core/ids.ts"
import type { PeerMessage, PrePrepare, Reply } from "../../../src/core/pbft/message.ts"
import type { TraceHeader } from "../../../src/core/trace-event.ts"

export type FastPaths = Pick<
  TraceHeader,
  "replyQuorum" | "readOnly" | "maxTentative" | "fetchDecisions"
> & { readonly digestReplies: boolean }

export interface RunOptions {
  readonly seed: number
  readonly write: (file: string, line: string) => void
  readonly run?: string
  /** SHA-256 of the specification; default: one that is nobody's. */
  readonly spec?: string
  readonly n?: number
  readonly clients?: number
  /** How many requests each client sends, one after the other. */
  readonly requests?: number
  readonly checkpointInterval?: number
  readonly logSize?: number
  readonly maxBatch?: number
  readonly firstTimestamp?: number
  /** The length of an operation. */
  readonly operationSize?: number
  /** Chance (0 to 1) that a step of the schedule is a client's timeout, or a second delivery. */
  readonly timeouts?: number
  readonly duplicates?: number
  /**
   * Chance that a step of the schedule is a replica's view-change timer, and how many may fire.
   * With it the run does not end when all wait for each other: timers fire, and what was sent comes
   * again.
   */
  readonly viewTimeouts?: { readonly chance: number; readonly many: number }
  /** What is answered before the end of agreement or without one; default: nothing. */
  readonly fast?: Partial<FastPaths>
  /** Replicas tell what they executed, and believe others: the chance that one tells in a step. */
  readonly telling?: number
  /** Requests of so many bytes go past the primary. */
  readonly bigRequestBytes?: number
  /** Primaries propose the number of steps so far as the time. */
  readonly agreedTime?: boolean
  /** Replicas that write no trace. */
  readonly untraced?: ReadonlyArray<ReplicaId>
  /** Another quorum than the safe one. */
  readonly quorum?: number
  /** What the untraced replicas send instead of `m` to one receiver; default: they are correct. */
  readonly byzantine?: (m: PeerMessage, to: ReplicaId) => ReadonlyArray<PeerMessage>
  /** What an untraced replica answers instead. */
  readonly reply?: (m: Reply) => Reply
  /** What a service answers instead, and the digest of its state. */
  readonly result?: (replica: ReplicaId, seq: Seq, result: string) => string
  readonly service?: (replica: ReplicaId, seq: Seq, digest: string) => string
  /** Whether the authenticator of request `k` of a pre-prepare verifies at a replica. */
  readonly verdict?: (at: ReplicaId, m: PrePrepare, k: number) => boolean
  /**
   * Restart this replica when it has executed so far, with `changing` in the middle of a view
   * change; "clean" and "killed" begin a new file.
   */
  readonly restart?: {
    readonly replica: ReplicaId
    readonly at: Seq
    readonly changing?: boolean
    readonly how: "in-process" | "clean" | "killed"
  }
  /** Lines that are dropped: `many` from step `from` of this replica, or of "clients", on. */
  readonly drop?: {
    readonly node: ReplicaId | "clients"
    readonly from: number
    readonly many: number
  }
}
