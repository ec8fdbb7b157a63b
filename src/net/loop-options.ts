/**
 * What the loop of a replica is given, and what it counts.
 *
 * Outside the specification: nothing; it names what the loop is given.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import type { DirectMessage, Reply, Request } from "../core/pbft/message.ts"
import type { Config } from "../core/pbft/state.ts"
import type { Executor } from "./executor.ts"
import type { Progress } from "./progress.ts"
import type { ProposalLimits } from "./propose.ts"
import type { ReplicaStore } from "./store.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { FetchedNodes } from "./state-transfer.ts"
import type { StateChunk } from "./state-wire.ts"
import type { Tracer } from "./tracer.ts"

/** The network as the loop uses it. */
export interface LoopPeers {
  readonly broadcast: (message: DirectMessage) => void
  readonly toReplica: (replica: ReplicaId, message: DirectMessage | Request) => void
  readonly sendChunk: (replica: ReplicaId, chunk: StateChunk) => void
  readonly toClient: (client: number, reply: Reply) => void
  readonly tellProgress: (progress: Progress) => void
  readonly flush: () => void
  readonly isConnected: (replica: ReplicaId) => boolean
  /** Whether it was connected and is not any more. */
  readonly isLost: (replica: ReplicaId) => boolean
  readonly queuedBytes: (replica: ReplicaId) => number
  readonly pause: () => void
  readonly resume: () => void
}

/** Calls back with the reply as it leaves, now or later. */
export type CompleteReply = (reply: Reply, send: (reply: Reply) => void) => void

export interface LoopOptions {
  readonly config: Config
  readonly proposals: ProposalLimits
  readonly peers: LoopPeers
  readonly store: ReplicaStore
  readonly executor: Executor
  /** What the service leaves open in its replies, as its results are not of the agreed state. */
  readonly completeReply?: CompleteReply | undefined
  /** Of a state that is fetched: its client table, and what an earlier start has of it. */
  readonly limits: CodecLimits
  readonly fetched: FetchedNodes
  readonly tracer: Tracer
  /** Effects that may wait for the disk, and inputs for the loop, before nothing is read. */
  readonly receiveQueue: number
  /** `ClusterConfig.viewChangeMs`. */
  readonly viewChangeMs: number
  /** Bytes of early messages that are kept for each peer. */
  readonly earlyBytes: number
  /** Bytes of own messages that are kept when the log has left them behind. */
  readonly historyBytes: number
  /** The log is compacted at the next stable checkpoint after it grew by this many bytes. */
  readonly compactBytes: number
  readonly onMissedCheckpoint: (seq: Seq) => void
  readonly onCaughtUp: () => void
  /** The replica left a view, or entered the one that it is in. */
  readonly onView: (view: View, active: boolean) => void
  /** The replica cannot go on: a broken invariant, or a disk that does not keep its promise. */
  readonly onFatal: (cause: unknown) => void
}

/** Milliseconds by what the loop does. */
export interface LoopTimes {
  stepMs: number
  storeMs: number
  sendMs: number
  /** Waiting for the disk, while the loop goes on. */
  syncMs: number
}
