import * as ClientTable from "../client-table.ts"
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
} from "../effect.ts"
import {
  type Bytes,
  type ClientId,
  type Digest,
  noDigest,
  type ReplicaId,
  type Seq,
  type View,
} from "../ids.ts"
import type { Step } from "../machine.ts"
import type { Group } from "../quorum.ts"
import type { Batch, Request, SignedRequest } from "../request.ts"
import * as Votes from "../votes.ts"
import type { WaitingRead } from "../waiting-reads.ts"
import * as Window from "../window.ts"
import type { ReplicaAction } from "./action.ts"
import type { Decision } from "./decision.ts"
import type * as Message from "./message.ts"

/** What a replica is told once. The digests are pure functions, so that the core hashes nothing. */
export interface Config {
  readonly group: Group
  readonly id: ReplicaId
  /** How many clients there are: ids `0 .. clients - 1`. */
  readonly clients: number
  /** K: a checkpoint after each sequence number that it divides (TOCS section 4.4). */
  readonly checkpointInterval: number
  /** L: sequence numbers `low + 1 .. low + L` are accepted. A multiple of K, at least 2 K. */
  readonly logSize: number
  /** The largest batch, in requests (TOCS section 6.1). */
  readonly maxBatch: number
  /**
   * The client in whose name primaries propose a value with each batch (proposal.ts), one of
   * `clients`; undefined: they propose none.
   */
  readonly clock: ClientId | undefined
  /**
   * The client in whose name replica 0 asks to be taken back after it lost its disk, replica i in
   * that of the i-th after it (rejoin.ts), all of `clients`; undefined: nobody is taken back.
   */
  readonly recoverers?: ClientId | undefined
  /** Whether primaries may propose the null request, so that an idle log goes on. */
  readonly nullRequests?: boolean | undefined
  /** Whether it answers requests that are only to read without an order (TOCS section 5.1). */
  readonly readOnly: boolean
  /** Whether they do not wait for what it has prepared (reads.ts): only to show what then fails. */
  readonly hastyReads?: boolean | undefined
  /**
   * How many batches it may execute before they are committed: 0 for none, 1 as in TOCS section
   * 5.1. With more a result can depend on what is never committed; only models go there.
   */
  readonly maxTentative: number
  /** Whether it asks for the batch of a decision that it hears of and was not told. */
  readonly fetchDecisions: boolean
  /** Whether it tells what it has executed, and believes f + 1 others (told.ts). */
  readonly tellCommitted?: boolean | undefined
  /** Whether the keys under which replicas hear each other change (change-key.ts). */
  readonly newKeys?: boolean | undefined
  /** Whether what earlier ones, or incarnations, said counts on: only to show what then fails. */
  readonly keepVotes?: boolean | undefined
  /**
   * Requests whose operations have so many bytes are big: their clients send them to all, and
   * pre-prepares only name them (big-requests.ts). Without it none is.
   */
  readonly bigRequestBytes?: number | undefined
  /** Digest of a result, in place of the result. */
  readonly resultDigest: (result: Bytes) => Digest
  /** Whether it fetches the state of checkpoints that it lacks (TOCS section 6.2). */
  readonly canFetch: boolean
  /**
   * Digest of a batch: covers client, timestamp and operation of each request, in order. The empty
   * batch is the null request, which a new view puts where nothing can have been committed.
   */
  readonly batchDigest: (batch: ReadonlyArray<Request>) => Digest
  /** Digest of a checkpoint: covers the service's state and the client table. */
  readonly checkpointDigest: (
    seq: Seq,
    service: Digest,
    table: ReadonlyArray<ClientTable.ClientEntry>,
  ) => Digest
}

/**
 * How far a sequence number has come; the spec's `phase`.
 * - `held`: a pre-prepare whose requests are not all known to be their clients'
 * - `prePrepared`: accepted; the pre-prepare or prepare is sent
 * - `voted`: the same, but the pre-prepare came under a key that was replaced: to be heard again
 * - `prepared`: the prepared certificate is complete; the commit is sent
 * - `committed`: the committed certificate is complete
 * - `decided`: as committed, without a vote of its own: it fetched what the primary did not tell it
 */
export type Phase = "empty" | "held" | "prePrepared" | "voted" | "prepared" | Final

/** The batch is agreed on. */
export type Final = "committed" | "decided"

/** Whether the batch is agreed on. */
export const isFinal = (phase: Phase): phase is Final =>
  phase === "committed" || phase === "decided"

/** What a replica knows of one sequence number; the spec's `slot[i][n]`. */
export interface Slot {
  readonly phase: Phase
  /** The accepted or held batch; empty in phase `empty`, and as the null request of a new view. */
  readonly batch: Batch
  /** The batch's digest; `noDigest` exactly in phase `empty`. */
  readonly digest: Digest
  /** Prepares by replica; the primary sends none (OSDI '99 section 4.2). */
  readonly prepares: Votes.Votes
  readonly commits: Votes.Votes
}

/**
 * A checkpoint that this replica took or fetched: of the service's part of the snapshot, which is
 * the executor's, it has the digest.
 */
export interface OwnCheckpoint {
  readonly seq: Seq
  readonly digest: Digest
  readonly service: Digest
  readonly table: ClientTable.ClientTable
}

/** An entry of Q, with the batch itself: who pre-prepared a batch keeps it. */
export interface HeldEntry extends Message.Entry {
  readonly batch: Batch
}

/** What tentative executions started from: all of it is committed. */
export interface Settled {
  readonly executed: Seq
  readonly table: ClientTable.ClientTable
}

/** A replica that lost its disk or is recovered with it: as what it came back, how far it is. */
export interface Recovery {
  /** From a counter that no disk takes along. */
  readonly incarnation: number
  /** It is recovered when this is stable; undefined until its request is executed. */
  readonly point: Seq | undefined
  /** Only where it has its disk (recover.ts). */
  readonly estimate?: Estimate
}

/** How far the log can have come, for who is recovered with its disk. */
export interface Estimate {
  /** Nothing is sent above it before it is stable; undefined until enough have answered. */
  readonly bound: Seq | undefined
  /** By replica what it answered, while there is no bound. Volatile. */
  readonly told: ReadonlyArray<Told | undefined>
}

/** How far a replica is: its last checkpoint and the last number that it prepared. */
export interface Told {
  readonly checkpoint: Seq
  readonly prepared: Seq
}

/** A batch that was fetched for a new view. */
export interface FetchedBatch {
  readonly digest: Digest
  readonly batch: Batch
}

/** What it executed above its low watermark, what others say of more, and batches of that. */
export interface ToldExecutions {
  readonly own: ReadonlyArray<Message.Numbered>
  readonly claims: ReadonlyArray<Message.Claim>
  readonly batches: ReadonlyArray<FetchedBatch>
}

export interface State {
  /** The view that the replica is in, or moves to. Durable. */
  readonly view: View
  /** Whether it takes part in that view; false while the view changes. Durable. */
  readonly active: boolean
  /** The last sequence number this primary assigned; 0 at a backup. Durable (by its slots). */
  readonly seqno: Seq
  /** Authentic requests in order of arrival, at most one a client. Volatile. */
  readonly queue: ReadonlyArray<SignedRequest>
  /** The log; its `low` is the low watermark, the last stable checkpoint. Durable in part. */
  readonly log: Window.Window<Slot>
  /** The last executed sequence number. Invariant: low <= executed <= low + L. */
  readonly executed: Seq
  /** At-most-once: last timestamp and result by client. */
  readonly table: ClientTable.ClientTable
  /**
   * By client the highest timestamp in a batch of the log. Derived from the log (the spec's
   * `Assigned`), kept so that a primary need not search its log for each request.
   */
  readonly assigned: ReadonlyArray<number>
  /** Own checkpoints, ascending; the first is the stable one at `low`. Durable. */
  readonly checkpoints: ReadonlyArray<OwnCheckpoint>
  /**
   * Checkpoint digests by replica for the checkpoint numbers in the window, ascending; above them
   * those that someone vouched for, of each replica the last one.
   */
  readonly checkpointVotes: ReadonlyArray<CheckpointVotes>
  /** P: what it prepared in the views that it left, one a sequence number, ascending. Durable. */
  readonly pset: ReadonlyArray<Message.Entry>
  /** Q: what it pre-prepared in the views that it left, by number and digest. Durable. */
  readonly qset: ReadonlyArray<HeldEntry>
  /** The last VIEW-CHANGE of each replica, by replica. Volatile but for the own. */
  readonly viewChanges: ReadonlyArray<Message.ViewChange>
  /** The NEW-VIEW of the view, once there is one. Durable. */
  readonly newView: Message.NewView | undefined
  /** Batches that were fetched for the new view, by digest. Volatile. */
  readonly fetched: ReadonlyArray<FetchedBatch>
  /** Where it goes back to when what it executed tentatively is not committed. Volatile. */
  readonly undo: Settled | undefined
  /** Requests to read that are not answered yet, by client, one of each. Volatile. */
  readonly reads: ReadonlyArray<WaitingRead>
  /** Only where the replica once lost its disk or was recovered. Durable, but for `told`. */
  readonly recovery: Recovery | undefined
  /** As which incarnations others have asked to be taken back, by replica. Durable. */
  readonly heard: ReadonlyArray<Message.Heard>
  /** Empty unless `tellCommitted`. Volatile. */
  readonly told: ToldExecutions
}

export interface CheckpointVotes {
  readonly seq: Seq
  readonly votes: Votes.Votes
}

/** What must be on disk before the messages that depend on it leave (see the spec's Restart). */
export type DurableRecord =
  | {
      readonly _tag: "PrePrepared"
      readonly view: View
      readonly seq: Seq
      readonly digest: Digest
      readonly batch: Batch
    }
  | { readonly _tag: "Prepared"; readonly view: View; readonly seq: Seq; readonly digest: Digest }
  | {
      readonly _tag: "CheckpointTaken"
      readonly seq: Seq
      readonly digest: Digest
      readonly service: Digest
      readonly table: ReadonlyArray<ClientTable.ClientEntry>
    }
  | { readonly _tag: "CheckpointStable"; readonly seq: Seq }
  /** The views below `viewChange.view` were left; P and Q follow from the records before. */
  | { readonly _tag: "ViewLeft"; readonly viewChange: Message.ViewChange }
  | { readonly _tag: "NewViewTaken"; readonly newView: Message.NewView }
  | { readonly _tag: "ViewEntered"; readonly view: View }
  /** The disk is a new one: the replica came back as this incarnation. */
  | { readonly _tag: "Rejoined"; readonly incarnation: number }
  /** When this is stable it is recovered. */
  | { readonly _tag: "RecoveryPoint"; readonly seq: Seq }
  /** It is recovered with its disk, as this incarnation. */
  | { readonly _tag: "Recovering"; readonly incarnation: number }
  /** It sends nothing above this number before it is stable. */
  | { readonly _tag: "RecoveryBound"; readonly seq: Seq }
  /** Another one asked to be taken back, as this incarnation. */
  | { readonly _tag: "Heard"; readonly replica: ReplicaId; readonly incarnation: number }

export type Input =
  | {
      readonly _tag: "Receive"
      readonly message: Message.Authentic<
        Exclude<Message.ReplicaMessage, { readonly _tag: "PrePrepare" }>
      >
    }
  | {
      /**
       * `verdicts[k]`: the client's authenticator of request k verifies at this replica; of a
       * proposal, that it is acceptable by this replica's clock.
       */
      readonly _tag: "ReceivePrePrepare"
      readonly message: Message.Authentic<Message.PrePrepare>
      readonly verdicts: ReadonlyArray<boolean>
    }
  /**
   * The primary may send a batch of the first `count` waiting requests, after its `proposal` where
   * it has to make one.
   */
  | { readonly _tag: "Propose"; readonly count: number; readonly proposal?: SignedRequest }
  | Executed
  | ReadDone
  /** The view-change timer of `view` fired. */
  | { readonly _tag: "Timeout"; readonly view: View }
  /** The primary of a new view may say what it starts from; see `pendingDecision`. */
  | { readonly _tag: "Decide"; readonly decision: Decision }
  /** The replica may take part in its new view; see `canEnter`. */
  | { readonly _tag: "Enter" }
  /** The replica may ask for the state of a checkpoint that it lacks; see `wantedStates`. */
  | { readonly _tag: "Fetch"; readonly checkpoint: Message.Numbered }
  /** Tells a replica what this one executed at a number. */
  | { readonly _tag: "Tell"; readonly seq: Seq; readonly replica: ReplicaId }
  /** The key under which it hears a replica is a new one. */
  | { readonly _tag: "ChangeKey"; readonly replica: ReplicaId }
  /** The process starts again with what its disk holds. */
  | { readonly _tag: "Restart"; readonly durable: ReadonlyArray<DurableRecord> }
  /** The process starts with an empty disk in place of the one that it had. */
  | { readonly _tag: "Rejoin"; readonly incarnation: number }
  /** The process starts with what its disk holds, to be recovered. */
  | {
      readonly _tag: "Recover"
      readonly incarnation: number
      readonly durable: ReadonlyArray<DurableRecord>
    }

/** Exactly what a replica may ask for. */
export type Effect =
  | Broadcast<Message.DirectMessage>
  | SendToClient<Message.Reply>
  | SendToReplicas<Message.AddressedMessage | Message.State>
  | Persist<DurableRecord>
  | Execute
  | Undo
  | ReadState
  | Restore

export type PbftStep = Step<State, Effect, ReplicaAction>

export const emptySlot = (n: number): Slot => ({
  phase: "empty",
  batch: [],
  digest: noDigest,
  prepares: Votes.noVotes(n),
  commits: Votes.noVotes(n),
})

/** The checkpoint sequence numbers in the window above `low`, without votes. */
export const noCheckpointVotes = (config: Config, low: Seq): ReadonlyArray<CheckpointVotes> => {
  const all: Array<CheckpointVotes> = []
  for (let seq = low + 1; seq <= low + config.logSize; seq++) {
    if (seq % config.checkpointInterval === 0) {
      all.push({ seq, votes: Votes.noVotes(config.group.n) })
    }
  }
  return all
}

/** What a replica that is recovered knows of the others before any has answered. */
export const noEstimate = ({ n }: Group): Estimate => ({
  bound: undefined,
  told: new Array<Told | undefined>(n).fill(undefined),
})

/** The service's digest in the checkpoint before any request. Models and services agree on it. */
export const genesisService: Digest = "genesis"

export const init = (config: Config): State => {
  const table = ClientTable.make(config.clients)
  const digest = config.checkpointDigest(0, genesisService, ClientTable.entries(table))
  return {
    view: 0,
    active: true,
    seqno: 0,
    queue: [],
    log: Window.make(emptySlot(config.group.n), config.logSize, 0),
    executed: 0,
    table,
    assigned: new Array<number>(config.clients).fill(0),
    checkpoints: [{ seq: 0, digest, service: genesisService, table }],
    checkpointVotes: noCheckpointVotes(config, 0),
    pset: [],
    qset: [],
    viewChanges: [],
    newView: undefined,
    fetched: [],
    undo: undefined,
    reads: [],
    recovery: undefined,
    heard: [],
    told: nothingTold,
  }
}

/** Nothing was executed, and nobody said anything. */
export const nothingTold: ToldExecutions = { own: [], claims: [], batches: [] }

/** The last sequence number up to which what was executed is committed, not only tentative. */
export const settledSeq = (state: Pick<State, "undo" | "executed">): Seq =>
  (state.undo ?? state).executed

/** The state as others are told of it, and as timers see it: nothing is executed tentatively. */
export const settledState = (state: State): State =>
  state.undo === undefined ? state : { ...state, executed: state.undo.executed }
