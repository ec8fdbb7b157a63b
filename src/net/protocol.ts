/**
 * A protocol as what runs a replica sees it: the types of its machine, and plain functions of its
 * states and messages. The loop, the connections and the disk know no other way to it.
 *
 * Outside the specification: nothing; it names what a protocol gives to those who run it.
 */
import type {
  Broadcast,
  Execute,
  Executed,
  Persist,
  ReadDone,
  ReadState,
  Restore,
  SendToClient,
  SendToReplicas,
  Undo,
} from "../core/effect.ts"
import type { Bytes, ClientId, Digest, ReplicaId, Seq, View } from "../core/ids.ts"
import type { Step } from "../core/machine.ts"
import type { Group } from "../core/quorum.ts"
import type { SignedRequest } from "../core/request.ts"
import type { Stand } from "../core/stand.ts"
import type { Window } from "../core/window.ts"
import type { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import type { Progress } from "./progress.ts"
import type { Reader } from "./reader.ts"
import type { StateChunk } from "./state-wire.ts"
import type { Writer } from "./writer.ts"

/** What a state of any protocol has. */
export interface LoopState {
  readonly view: View
  readonly log: Window<unknown>
  readonly executed: Seq
  readonly queue: ReadonlyArray<SignedRequest>
  /** The message that starts the view, once there is one. */
  readonly newView: object | undefined
}

interface Tagged {
  readonly _tag: string
}

/** The types of a protocol. */
export interface Kinds {
  readonly State: LoopState
  readonly Input: Tagged
  /** To replicas, and to clients. */
  readonly Message: Tagged
  readonly Reply: Tagged
  readonly Record: Tagged
}

/** What the machine of a replica asks for. */
export type LoopEffect<K extends Kinds> =
  | Broadcast<K["Message"]>
  | SendToClient<K["Reply"]>
  | SendToReplicas<K["Message"]>
  | Persist<K["Record"]>
  | Execute
  | Undo
  | ReadState
  | Restore

export type LoopStep<K extends Kinds> = Step<K["State"], LoopEffect<K>, string>

/** The service's answers. */
export type Answer = Executed | ReadDone

/** Where a message of a peer belongs. */
export interface Place {
  readonly replica: ReplicaId
  readonly seq: Seq
  /** A message that is of any view has none. */
  readonly view: View | undefined
}

/** The view-change timer of a state. */
export interface ViewTimer {
  /** The view that is given up when it fires. */
  readonly view: View
  /** What is waited for; the timer starts anew when it is another. */
  readonly key: string
}

/** The machine, and what is asked about its states. */
export interface ReplicaMachine<K extends Kinds> {
  readonly group: Group
  readonly id: ReplicaId
  readonly logSize: number
  readonly maxBatch: number
  readonly init: K["State"]
  readonly step: (state: K["State"], input: K["Input"]) => LoopStep<K>
  /** Whether the replica takes part in the view that it is in. */
  readonly isActive: (state: K["State"]) => boolean
  /** Whether it is the one that gives numbers to batches. */
  readonly isProposer: (state: K["State"]) => boolean
  /** The state as others are told of it, and as timers see it: nothing of it may be taken back. */
  readonly settledState: (state: K["State"]) => K["State"]
  /** The last number that its primary gave to a batch. */
  readonly lastAssigned: (state: K["State"]) => Seq
  /** Of the numbers that were assigned, the last that is under way no more. */
  readonly settled: (state: K["State"], durable: Seq) => Seq
  readonly durableRecords: (state: K["State"]) => ReadonlyArray<K["Record"]>
  /** What a step makes the replica do by itself, if anything: change views. */
  readonly changeAfter: (before: K["State"], now: K["State"]) => K["Input"] | undefined
  /** `stands`: those of the peers that are connected. */
  readonly viewTimer: (state: K["State"], stands: ReadonlyArray<Stand>) => ViewTimer | undefined
  /** Why the replica's disk is not to be trusted, if a step shows it. */
  readonly doubt?: (before: K["State"], now: K["State"]) => string | undefined
  /** What has to be stable before the replica counts as recovered; 0 when it waits for nothing. */
  readonly awaited?: (state: K["State"]) => Seq
}

/** The inputs that the loop makes. */
export interface LoopInputs<K extends Kinds> {
  readonly restart: (durable: ReadonlyArray<K["Record"]>) => K["Input"]
  /** In place of a disk that was lost. */
  readonly rejoin: (incarnation: number) => K["Input"]
  /** With a disk, to be recovered; undefined where the protocol has no such thing. */
  readonly recover?: (incarnation: number, durable: ReadonlyArray<K["Record"]>) => K["Input"]
  /** A replica is heard under another key than before; left out where that changes nothing. */
  readonly changeKey?: ((replica: ReplicaId) => K["Input"]) | undefined
  readonly timeout: (view: View) => K["Input"]
  readonly propose: (state: K["State"], count: number, now: number) => K["Input"]
  readonly answered: (answer: Answer) => K["Input"]
  /**
   * What has it tell a peer what was executed, `most` numbers; left out where nobody is told. The
   * peer has told how far it is.
   */
  readonly tell?: (state: K["State"], told: TellTo) => ReadonlyArray<K["Input"]>
}

/** A peer to be told what was executed, after what it has executed itself. */
export interface TellTo {
  readonly replica: ReplicaId
  readonly executed: Seq
  readonly most: number
}

/** What the primary proposes while nobody asks for anything. */
export interface IdleProposals<K extends Kinds> {
  /** A replica tells that it waits until a number is stable; 0 when it does not. */
  readonly told: (state: K["State"], replica: ReplicaId, awaited: Seq) => void
  /** The input that proposes it, when it is to be proposed now. */
  readonly next: (state: K["State"]) => K["Input"] | undefined
}

/** Messages that came too early, and those that are sent again. */
export interface Repetition<K extends Kinds> {
  /** The place of an input that is a message of a peer; undefined for what has none in the log. */
  readonly placeOf: (input: K["Input"]) => Place | undefined
  /** Whether a state is still to come in which the message has a meaning that it has not now. */
  readonly isEarly: (state: K["State"], place: Place) => boolean
  /** Of whom an input says that what it said and waits came under a key that is good no more. */
  readonly rekeyed?: (input: K["Input"]) => ReplicaId | undefined
  /** Whether what waits may be early no more. */
  readonly opens: (before: K["State"], now: K["State"]) => boolean
  /** Whether a message that is early is to be stepped all the same: that it came says something. */
  readonly tells: (state: K["State"], place: Place) => boolean
  /**
   * Whether one that waits is to be stepped now, as it asks for something else than when it came;
   * left out where none does.
   */
  readonly asks?: (state: K["State"], place: Place) => boolean
  /** About how much memory an input takes. */
  readonly sizeOf: (input: K["Input"]) => number
  /** Own messages for a number of the log, as far as they were sent. */
  readonly messagesAt: (state: K["State"], seq: Seq) => ReadonlyArray<K["Message"]>
  /** What was said of own checkpoints above a number, each with the number that it is of. */
  readonly checkpointsAbove: (
    state: K["State"],
    low: Seq,
  ) => ReadonlyArray<{ readonly seq: Seq; readonly message: K["Message"] }>
  /** Whether a message says what a replica's checkpoint is. */
  readonly isOfCheckpoint: (message: K["Message"]) => boolean
  /** The view of a message for a number of the log; undefined where it is of any. */
  readonly viewOf: (message: K["Message"]) => View | undefined
  /** About how much memory a message takes. */
  readonly bytesOf: (message: K["Message"]) => number
  /** What is to be said again of a change of views to a peer that told this. */
  readonly repeatedTo: (
    state: K["State"],
    told: Progress | undefined,
  ) => ReadonlyArray<K["Message"]>
  /** The message that started the view, who sent it, and the number above which the view starts. */
  readonly newView: (state: K["State"]) => NewViewOf<K> | undefined
}

export interface NewViewOf<K extends Kinds> {
  readonly message: K["Message"]
  readonly by: ReplicaId
  readonly start: Seq
}

/** What keeps the states of checkpoints: for a transfer to others, or to go back to. */
export interface StateKeeper<K extends Kinds> {
  /** The replica starts from what was on its disk, and has executed nothing yet. */
  readonly started: (state: K["State"]) => void
  /** A checkpoint was taken, and the service is in its state. */
  readonly taken: (seq: Seq, snapshot: Bytes, record: K["Record"]) => void
  /** Puts the service into the state of the checkpoint up to which the state has executed. */
  readonly restore: (state: K["State"]) => void
  /** Whether the message goes out in another way than as itself. */
  readonly give: (replica: ReplicaId, message: K["Message"]) => boolean
  readonly tick: (state: K["State"]) => void
  readonly forget: (replica: ReplicaId) => void
  readonly receive: (replica: ReplicaId, chunk: StateChunk) => void
  /** The last checkpoint that the replica would have to fetch; undefined while it follows. */
  readonly wanted: (state: K["State"]) => Seq | undefined
  /** Whether the state of a later checkpoint is coming in. */
  readonly isFetching: () => boolean
}

/** Who is at the other end of an authenticated connection. */
export type Peer =
  | { readonly kind: "replica"; readonly id: ReplicaId }
  | {
      readonly kind: "endpoint"
      readonly id: number
      readonly from: ClientId
      readonly to: ClientId
    }

/** Why a message of an authentic frame is dropped. */
export type Dropped =
  | "WrongSender"
  | "WrongReceiver"
  | "BadDigest"
  | "BadMac"
  | "BadSignature"
  | "TooSoon"

/** A protocol's messages as bytes, and whether they are to be believed. */
export interface ReplicaWire<K extends Kinds> {
  /** Appends a message as it leaves: with its signature, where it has one. */
  readonly write: (writer: Writer, message: K["Message"] | K["Reply"]) => void
  /** The message as it leaves, where its signature has to be waited for: of another process. */
  readonly later?: (message: K["Message"]) => Promise<K["Message"]> | undefined
  /** Reads the next message of a peer. */
  readonly read: (reader: Reader, peer: Peer) => Incoming<K> | BadMessage
}

export interface Incoming<K extends Kinds> {
  /** Which message it is. */
  readonly tag: string
  readonly input: K["Input"] | Dropped
}

/** The records of one log as bytes. */
export interface RecordSession<R> {
  readonly write: (writer: Writer, record: R) => void
  readonly read: (reader: Reader, limits: CodecLimits) => R | BadMessage
}

/** Durable records as bytes, and where a replica starts from them. */
export interface RecordCodec<R> {
  /** For one log, from its first record on: a record may rest on those before it. */
  readonly session: () => RecordSession<R>
  /** The checkpoint whose snapshot a restarted replica starts from. */
  readonly startOf: (records: ReadonlyArray<R>) => StartingPoint | undefined
  /** Checkpoints above that, which the next view may start from; left out where none does. */
  readonly later?: {
    readonly points: (records: ReadonlyArray<R>) => ReadonlyArray<StartingPoint>
    /** The records as if those of these numbers had not been taken. */
    readonly without: (records: ReadonlyArray<R>, lost: ReadonlyArray<Seq>) => ReadonlyArray<R>
  }
  /** The number of the checkpoint that the record says was taken. */
  readonly taken: (record: R) => Seq | undefined
  /** As what a replica whose disk was lost came back last, 0 for the first disk. */
  readonly incarnationOf: (records: ReadonlyArray<R>) => number
  /** Whether a replica can be recovered with its disk. */
  readonly recoversWithDisk: boolean
}

/** A checkpoint on disk, and whether a service's state is its. */
export interface StartingPoint {
  readonly seq: Seq
  readonly isOf: (service: Digest) => boolean
}

/** The lines of a trace. */
export interface TraceText<K extends Kinds> {
  readonly line: (
    n: number,
    before: K["State"],
    step: Pick<LoopStep<K>, "state" | "action">,
    input: K["Input"],
  ) => string
  readonly drop: (n: number, dropped: number, state: K["State"]) => string
}

/** All of a protocol that a replica's process needs. */
export interface ReplicaProtocol<K extends Kinds> {
  readonly machine: ReplicaMachine<K>
  readonly inputs: LoopInputs<K>
  /** Where a replica may wait for the log to go on. */
  readonly idle?: IdleProposals<K>
  readonly repetition: Repetition<K>
  readonly records: RecordCodec<K["Record"]>
  readonly trace: TraceText<K>
}
