/**
 * A protocol with what stands around it in a replica's process.
 *
 * Outside the specification: nothing; it names what a protocol gives to those who run it.
 */
import type { Bytes, Seq } from "../core/ids.ts"
import type { Executor, ExecutorOptions } from "./executor.ts"
import type { ReplicaKeys } from "./keys.ts"
import type { CompleteReply, LoopOptions } from "./loop-options.ts"
import type { Misbehaviour } from "./misbehave.ts"
import type { OriginAnswers } from "./origin-answers.ts"
import type { PeersEvents } from "./peers.ts"
import type { Kinds, ReplicaProtocol, ReplicaWire } from "./protocol.ts"
import type { ReplicaLoop } from "./runtime.ts"
import type { RecoveryStatus } from "./status.ts"

/** What there is before the loop. */
export interface Surroundings {
  readonly executor: Executor
  readonly origin: OriginAnswers | undefined
  readonly misbehaviour: Misbehaviour
  /** The states of checkpoints above the stable one that were on the disk, by number. */
  readonly later: Map<Seq, Bytes>
  /** Has the loop take a turn; not before it was made. */
  readonly schedule: () => void
}

/** What the loop is given beside the machine. */
export interface Attached<K extends Kinds> {
  /** The service as the loop runs it. */
  readonly executor: Executor
  readonly completeReply: CompleteReply<K> | undefined
  readonly states: LoopOptions<K>["states"]
  readonly sketchRead: (loop: ReplicaLoop<K>) => PeersEvents<K>["sketchRead"]
}

export interface ReplicaKit<K extends Kinds> {
  readonly protocol: ReplicaProtocol<K>
  readonly wire: (keys: ReplicaKeys) => ReplicaWire<K>
  readonly execution: ExecutorOptions & {
    /** How many operations may have to be taken back one by one. */
    readonly undoable: number
  }
  /** W: batches that may be under way. */
  readonly pipeline: number
  readonly attach: (surroundings: Surroundings) => Attached<K>
  readonly recovery: (state: K["State"]) => RecoveryStatus | null
  /** What a replica does that is out of reach of the others' logs. */
  readonly whenMissed: string
}
