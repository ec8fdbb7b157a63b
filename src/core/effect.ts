import type { Bytes, ClientId, Digest, ReplicaId, Seq, Timestamp } from "./ids.ts"
import type { Request } from "./request.ts"

/**
 * What a machine asks its driver to do, as data. The effects of one step must happen in their
 * order; nothing that stands after a `Persist` may leave before its record is durable.
 */

/** To every other replica. */
export interface Broadcast<M> {
  readonly _tag: "Broadcast"
  readonly message: M
}

/** To one client. */
export interface SendToClient<M> {
  readonly _tag: "SendToClient"
  readonly client: ClientId
  readonly message: M
}

/** From a client to some replicas. */
export interface SendToReplicas<M> {
  readonly _tag: "SendToReplicas"
  readonly replicas: ReadonlyArray<ReplicaId>
  readonly message: M
}

/** Write to the durable log. */
export interface Persist<R> {
  readonly _tag: "Persist"
  readonly record: R
}

/**
 * Run the requests in their order; answered by the input `Executed`. They are those of the batch
 * that were not executed before. With `checkpoint`, the answer carries the service's digest and
 * the service keeps a snapshot of this point.
 */
export interface Execute {
  readonly _tag: "Execute"
  readonly seq: Seq
  readonly requests: ReadonlyArray<Request>
  readonly checkpoint: boolean
  /** The effect `Undo` may take this back, until an execution that is not undoable. */
  readonly undoable: boolean
}

/** The answer to `Execute`: a result for each of its requests, and at a checkpoint the digest. */
export interface Executed {
  readonly _tag: "Executed"
  readonly seq: Seq
  readonly results: ReadonlyArray<Bytes>
  /** Digest of the service's state at a checkpoint; `noDigest` elsewhere. */
  readonly service: Digest
}

/** Take back all executions since the last one that was not undoable. */
export interface Undo {
  readonly _tag: "Undo"
}

/** Have the service read; answered by the input `ReadDone`. Nothing is executed before it. */
export interface ReadState {
  readonly _tag: "ReadState"
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly operation: Bytes
}

/** The answer to `ReadState`; undefined: the operation is not one that only reads. */
export interface ReadDone {
  readonly _tag: "ReadDone"
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly result: Bytes | undefined
}

/**
 * Put the service into the state of the checkpoint `seq`, which was fetched and is on disk: what
 * it executed before is in that state.
 */
export interface Restore {
  readonly _tag: "Restore"
  readonly seq: Seq
}

/** Fire once after `ms` milliseconds, unless cancelled; a timer that is set again starts anew. */
export interface SetTimer<T extends string> {
  readonly _tag: "SetTimer"
  readonly timer: T
  readonly ms: number
}

export interface CancelTimer<T extends string> {
  readonly _tag: "CancelTimer"
  readonly timer: T
}

/** A client's request has its result. */
export interface Complete {
  readonly _tag: "Complete"
  readonly timestamp: Timestamp
  readonly result: Bytes
}
