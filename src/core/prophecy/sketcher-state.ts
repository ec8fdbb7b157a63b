/**
 * What a sketcher is told, knows, hears and asks for: the variables of spec/tla/Prophecy.tla that
 * are its own. A sketcher is fail-stop: clients and replicas do not check it.
 */
import type { CancelTimer, SendToReplicas, SetTimer } from "../effect.ts"
import type { Bytes, ClientId, Digest, ReplicaId, Timestamp } from "../ids.ts"
import type { Step } from "../machine.ts"
import type { UnsignedRequest } from "../pbft/client.ts"
import type { Authentic } from "../pbft/message.ts"
import type { Group } from "../quorum.ts"
import type { Commit, Pom } from "../zyzzyva/message.ts"
import type { SketcherAction } from "./action.ts"
import type { LaneClient, LaneMessage } from "./lane-client.ts"
import type { FastRead, FastReply } from "./message.ts"
import type { Position } from "./position.ts"
import type { SketchTable } from "./sketch-table.ts"

/** The driver's number of a request of a client: never used again, also after a restart. */
export type CallId = number

export interface SketcherConfig {
  readonly group: Group
  /** What the group runs; left out: PBFT. */
  readonly protocol?: "zyzzyva"
  /** Its number, where a replica must tell sketchers apart. */
  readonly id: number
  /** Its clients of the group are numbered from here on, one a lane. */
  readonly firstClient: ClientId
  /** How many operations it has under way in the group at most. */
  readonly lanes: number
  /** Timestamps start above this one: a sketcher that comes back must not use one again. */
  readonly firstTimestamp: Timestamp
  /**
   * Equal answers that an ordered operation needs: f + 1; 2f + 1 where what replicas answer is not
   * of the agreed state, so that any two answers have a correct replica in common (ADR 17).
   */
  readonly replyQuorum: number
  /** Without sketches every operation goes through the group: proxied PBFT. */
  readonly sketches: boolean
  /** How many sketches each of the table's two generations holds. */
  readonly generation: number
  /** A replica with so many strikes is not drawn until it is readmitted; 0: none are counted. */
  readonly maxStrikes: number
  /** How long it waits for the drawn replica, in milliseconds. */
  readonly fastReadMs: number
  /** How long it waits for the group before it asks every replica, in milliseconds. */
  readonly retransmitMs: number
  /** How long a lane waits for the last answers of Zyzzyva's once it has enough to show. */
  readonly commitMs?: number
  /** How long a replica with too many strikes is not drawn, in milliseconds. */
  readonly readmitMs: number
}

/**
 * A request that is not answered.
 * - `fast`: waits for `replica`; `digest` and `position` are of the sketch it was issued with (I2)
 * - `ordered`: under way in a lane
 * - `queued`: waits for a lane
 */
export interface Call {
  readonly id: CallId
  readonly kind: "read" | "write"
  /** What its sketch is filed under: all that the result depends on (I5). Empty for a write. */
  readonly key: string
  readonly operation: Bytes
  readonly stage: "fast" | "ordered" | "queued"
  /** Drawn for a fast read; kept when its answer was not that of the sketch (I7). */
  readonly replica: ReplicaId | undefined
  readonly digest: Digest
  readonly position: Position
}

/** One client of the group. */
export interface Lane {
  /** The call that is under way. */
  readonly call: CallId | undefined
  readonly client: LaneClient
}

export interface SketcherState {
  readonly table: SketchTable
  /** By id. */
  readonly calls: ReadonlyArray<Call>
  readonly lanes: ReadonlyArray<Lane>
  readonly queue: ReadonlyArray<CallId>
  /** By replica: how often it answered badly, since it was last admitted. */
  readonly strikes: ReadonlyArray<number>
}

export interface ReadInput {
  readonly _tag: "Read"
  readonly id: CallId
  /** Digest of the request with all that the result depends on. */
  readonly key: string
  readonly operation: Bytes
  /** The client wants a replicated read. */
  readonly fresh: boolean
  /** What the client has seen or written, if it has a session: no older state answers it. */
  readonly after: Position
  /** Drawn at random among `rotation`, so that no replica can foresee it. */
  readonly replica: ReplicaId
}

export type SketcherInput =
  | ReadInput
  | { readonly _tag: "Write"; readonly id: CallId; readonly operation: Bytes }
  | {
      readonly _tag: "FastReply"
      readonly message: Authentic<FastReply>
      /** Of the message's result. */
      readonly digest: Digest
    }
  | { readonly _tag: "FastTimeout"; readonly id: CallId }
  | {
      readonly _tag: "Reply"
      readonly message: LaneMessage
      /** Of the result that it speaks of (`resultOf`), without its position. */
      readonly digest: Digest
    }
  | { readonly _tag: "Retransmit"; readonly lane: number }
  | { readonly _tag: "Readmit"; readonly replica: ReplicaId }
  | { readonly _tag: "Restart"; readonly firstTimestamp: Timestamp }
  /** The client of this call waits no longer, or enough equal answers can not come any more. */
  | { readonly _tag: "GiveUp"; readonly id: CallId }

/** To the drawn replica alone. */
export interface SendFastRead {
  readonly _tag: "SendFastRead"
  readonly replica: ReplicaId
  readonly message: FastRead
}

/** The client of a call has its answer. */
export interface Respond {
  readonly _tag: "Respond"
  readonly id: CallId
  readonly path: "fast" | "replicated"
  /** What a session hands in with its next request, if it is higher than what it has. */
  readonly position: Position
  readonly result: Bytes
}

export type SketcherTimer = `fast ${CallId}` | `retransmit ${number}` | `readmit ${ReplicaId}`

/** Exactly what a sketcher may ask for. */
export type SketcherEffect =
  | SendToReplicas<UnsignedRequest | Commit | Pom>
  | SendFastRead
  | Respond
  | SetTimer<SketcherTimer>
  | CancelTimer<SketcherTimer>

export type SketcherStep = Step<SketcherState, SketcherEffect, SketcherAction>
