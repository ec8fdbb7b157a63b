/**
 * What the loop of a replica is given, and what it counts.
 *
 * Outside the specification: nothing; it names what the loop is given.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import type { Counts } from "./counts.ts"
import type { Executor } from "./executor.ts"
import type { Progress } from "./progress.ts"
import type { ProposalLimits } from "./propose.ts"
import type { Kinds, ReplicaProtocol, StateKeeper } from "./protocol.ts"
import type { ReplicaStore } from "./store.ts"
import type { StateChunk } from "./state-wire.ts"
import type { Tracer } from "./tracer.ts"

/** The network as the loop uses it. */
export interface LoopPeers<K extends Kinds> {
  readonly broadcast: (message: K["Message"]) => void
  readonly toReplica: (replica: ReplicaId, message: K["Message"]) => void
  readonly sendChunk: (replica: ReplicaId, chunk: StateChunk) => void
  readonly toClient: (client: number, reply: K["Reply"]) => void
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
export type CompleteReply<K extends Kinds> = (
  reply: K["Reply"],
  send: (reply: K["Reply"]) => void,
) => void

/** What the keeper of states can do through the loop. */
export interface KeeperHands<K extends Kinds> {
  readonly counts: Counts
  readonly sendChunk: (replica: ReplicaId, chunk: StateChunk) => void
  readonly queuedBytes: (replica: ReplicaId) => number
  /** How far a peer is, as it told last. */
  readonly told: (replica: ReplicaId) => Progress | undefined
  /** An input for the machine. */
  readonly offer: (input: K["Input"]) => void
}

export interface LoopOptions<K extends Kinds> {
  readonly protocol: ReplicaProtocol<K>
  readonly proposals: ProposalLimits
  readonly peers: LoopPeers<K>
  readonly store: ReplicaStore<K["Record"]>
  readonly executor: Executor
  /** What the service leaves open in its replies, as its results are not of the agreed state. */
  readonly completeReply?: CompleteReply<K> | undefined
  readonly states: (hands: KeeperHands<K>) => StateKeeper<K>
  readonly tracer: Tracer<K>
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
