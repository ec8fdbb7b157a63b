/**
 * A scenario says all of a run: two simulations of one scenario are equal to the last byte. Times
 * are milliseconds of virtual time. `swarm.ts` draws scenarios from seeds, `shrink.ts` makes them
 * smaller; test/scenarios holds some that were written by hand.
 */
import type { NewView, ViewChange } from "../core/pbft/message.ts"
import type { ClientId, Digest, ReplicaId, Seq, Timestamp, View } from "../core/ids.ts"

export const scenarioSchema = "prophecy-scenario/1"

/** `r0`, `r1`, ... for replicas and `c0`, `c1`, ... for clients. */
export type NodeName = string

export const replicaName = (id: ReplicaId): NodeName => `r${id}`
export const clientName = (id: ClientId): NodeName => `c${id}`
export const isReplicaName = (name: NodeName): boolean => name.startsWith("r")
/** The number in a name. */
export const idOf = (name: NodeName): number => Number(name.slice(1))

/** The protocols that a group may run. */
export type ProtocolName = "pbft" | "zyzzyva"

export interface Cluster {
  /** What the group runs; PBFT when left out. */
  readonly protocol?: Exclude<ProtocolName, "pbft">
  readonly n: number
  /** Correct clients are `c0` to `c(clients - 1)`. */
  readonly clients: number
  /** Clients after those that have no machine: they say only what `Say` lets them say. */
  readonly hostileClients: number
  /** K, L, the largest batch, and how many batches may be under way. */
  readonly checkpointInterval: number
  readonly logSize: number
  readonly maxBatch: number
  readonly pipeline: number
  readonly retransmitMs: number
  /** The view-change timer in a view in which something was executed. */
  readonly viewChangeMs: number
  /** How often a replica tells the others how far it is. */
  readonly progressMs: number
  /** Reads are answered without an order; then writes need a strong quorum of answers. */
  readonly readOnly?: boolean
  /** They do not wait for what a replica has prepared: to show that it is seen. */
  readonly hastyReads?: boolean
  /** Fewer or more answers to writes than the safe number: to show that it is seen. */
  readonly replyQuorum?: number
  /** Batches are executed when they are prepared. */
  readonly tentative?: boolean
  /** More batches ahead of what is committed than the safe one: to show that it is seen. */
  readonly maxTentative?: number
  /** One replica answers in full, the others by digest. */
  readonly digestReplies?: boolean
  /** Whether replicas fetch decisions that they were not told; they do when left out. */
  readonly fetchDecisions?: boolean
  /** Whether replicas tell what they executed, and believe f + 1 others; they do when left out. */
  readonly tellCommitted?: boolean
  /** The primary proposes the time with each batch; so many milliseconds from a replica's own. */
  readonly agreedTimeMs?: number
  /** Replicas that lost their disks are taken back. */
  readonly recovery?: boolean
  /** The keys under which replicas hear each other change: at each start, and where one is told. */
  readonly newKeys?: boolean
  /** What came under an old key counts on: to show that it is seen. */
  readonly keepVotes?: boolean
  /** Twice the least time between two such requests of one replica. */
  readonly recoveryPeriodMs?: number
  /** Requests whose operations have so many bytes go past the primary. */
  readonly bigRequestBytes?: number
  /** Zyzzyva5: n = 5f + 1 replicas, and 4f + 1 equal answers complete a request. */
  readonly zyzzyva5?: boolean
  /** Zyzzyva: every second request is answered when it is committed. */
  readonly commitFirst?: boolean
  /** Zyzzyva: the last f replicas order only. */
  readonly separateExecution?: boolean
  /** Zyzzyva: two of three requests are answered for their client alone, without signatures. */
  readonly preferredQuorums?: boolean
  /** Zyzzyva: whether an order is taken that f + 1 others vouch for; it is, if left out. */
  readonly vouchOrders?: boolean
  /** Zyzzyva: how a new view gets its log. */
  readonly rule?: "corrected" | "published"
  /** Zyzzyva: whether views begin with VIEW-CONFIRMs; they do by the published rule. */
  readonly confirmViews?: boolean
  /** Zyzzyva: how long a client waits for all, once it has enough for a certificate. */
  readonly commitMs?: number
  /** A strong quorum other than the safe one: to show that the monitors see it. */
  readonly quorum?: number
}

/** What the network does to every message before `calmAt`; the delay also afterwards. */
export interface Noise {
  readonly delayMs: readonly [least: number, most: number]
  /** Chances from 0 to 1. */
  readonly loss: number
  readonly duplicate: number
  /** A late message arrives up to `lateMs` after its time: it is overtaken by others. */
  readonly late: number
  readonly lateMs: number
}

/** How fast a node's clock is: 1.02 gains 20 ms a second. */
export interface Clock {
  readonly node: NodeName
  readonly rate: number
}

export interface ScenarioRequest {
  readonly client: ClientId
  /** Not before; and not before the client's earlier requests are answered. */
  readonly atMs: number
  /** As in `put key value`, `get key`, `delete key`, `cas key expected value` (`-`: no value). */
  readonly operation: string
}

/** Messages from any of `from` to any of `to` are lost; both ways are two cuts. */
export interface Cut {
  readonly _tag: "Cut"
  readonly from: ReadonlyArray<NodeName>
  readonly to: ReadonlyArray<NodeName>
  /** Only messages whose name begins so, as in `Commit` or `PrePrepare v0 n1`; empty: all. */
  readonly messages: ReadonlyArray<string>
  readonly startMs: number
  readonly endMs: number
}

/** A replica stops; null: it does not come back and counts among the faulty. */
export interface Crash {
  readonly _tag: "Crash"
  readonly replica: ReplicaId
  readonly atMs: number
  readonly forMs: number | null
  /**
   * What becomes of the records that were being written: none, all, or the first of them are on
   * the disk. `clean`: the process is asked to stop and finishes writing.
   */
  readonly tail: "lost" | "torn" | "whole" | "clean"
  /** The disk is lost: it comes back with an empty one, as another incarnation. */
  readonly wiped?: boolean
  /** It comes back with its disk, to be recovered. */
  readonly recovered?: boolean
}

/** A replica makes a new key: it and all others hear each other under that from here on. */
export interface Rekey {
  readonly _tag: "Rekey"
  readonly replica: ReplicaId
  readonly atMs: number
}

/** A request as a hostile client or a Byzantine replica writes it. */
export interface SaidRequest {
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly operation: string
  /** The replicas at which its authenticator verifies; only hostile clients have any. */
  readonly verifiesAt: ReadonlyArray<ReplicaId>
}

/** A message written out; `digest` of a pre-prepare is its batch's. */
export type SaidMessage =
  | ({ readonly _tag: "Request" | "Read" } & SaidRequest)
  | {
      readonly _tag: "PrePrepare"
      readonly view: View
      readonly seq: Seq
      readonly batch: ReadonlyArray<SaidRequest>
    }
  | {
      readonly _tag: "Prepare" | "Commit"
      readonly view: View
      readonly seq: Seq
      readonly digest: Digest
    }
  | { readonly _tag: "Checkpoint"; readonly seq: Seq; readonly digest: Digest }
  /** Zyzzyva: the primary of the view is accused. */
  | { readonly _tag: "Accusation"; readonly view: View }
  | Omit<ViewChange, "replica" | "signature">
  /** It shows no VIEW-CHANGEs: nobody can write those of others. */
  | Omit<NewView, "replica" | "changes" | "signature">

/** A Byzantine replica or a hostile client says this, correctly authenticated as itself. */
export interface Say {
  readonly _tag: "Say"
  readonly from: NodeName
  readonly to: ReadonlyArray<NodeName>
  readonly atMs: number
  readonly message: SaidMessage
  /** Under the key that the replica had at first: of no use once that is replaced. */
  readonly stolenKey?: boolean
}

export type Fault = Cut | Crash | Rekey | Say

/** Only messages whose name begins so, and only to these; empty lists: all. */
export interface Scope {
  readonly messages: ReadonlyArray<string>
  readonly to: ReadonlyArray<NodeName>
}

/**
 * Lies in its VIEW-CHANGE: batches that nobody made, none at all, or a checkpoint of nobody; in
 * Zyzzyva also what another says that it ordered, or the first certificates that it ever had and
 * nothing newer.
 */
export interface FalseViewChange {
  readonly _tag: "FalseViewChange"
  readonly to: ReadonlyArray<NodeName>
  readonly story: "invented" | "forgotten" | "checkpoint" | "copied" | "hoarded"
  /** Zyzzyva: in the change to this view alone. */
  readonly view?: View
}

/**
 * As the primary of a new view shows these another choice of VIEW-CHANGEs, with what that allows;
 * or decides on no batch, on the null request first, or on a batch that nobody made.
 */
export interface BadNewView {
  readonly _tag: "BadNewView"
  readonly to: ReadonlyArray<NodeName>
  readonly story: "choice" | "empty" | "null" | "invented"
}

/**
 * What a Byzantine replica does instead of what its machine says. Several behaviours of one
 * replica apply one after the other.
 */
export type Behaviour =
  /** Does not send. */
  | ({ readonly _tag: "Mute" } & Scope)
  /** Sends later. */
  | ({ readonly _tag: "Slow"; readonly ms: number } & Scope)
  /**
   * Tells these another batch than the others, and votes for what it told; or tells them both. The
   * other batch has the same requests in another way, old ones, or one that its client never made.
   */
  | {
      readonly _tag: "Equivocate"
      readonly to: ReadonlyArray<NodeName>
      readonly both: boolean
      readonly story: "reordered" | "old" | "invented"
    }
  /** With each message sends, by this chance, an older one of its own again. */
  | { readonly _tag: "Replay"; readonly chance: number }
  /** Votes for digests that nobody holds. */
  | ({ readonly _tag: "UnknownDigest"; readonly chance: number } & Scope)
  /** Supports, towards each replica, whatever that one says, before it could know better. */
  | { readonly _tag: "Flatter" }
  /** Changes fields of what it would send; the change is correctly authenticated. */
  | ({ readonly _tag: "Fuzz"; readonly chance: number } & Scope)
  /** Its authenticator fails. */
  | ({ readonly _tag: "BadAuthenticator"; readonly chance: number } & Scope)
  | FalseViewChange
  | BadNewView
  /** Proposes to these a time that is so many milliseconds from its own. */
  | { readonly _tag: "FalseTime"; readonly byMs: number; readonly to: ReadonlyArray<NodeName> }
  /** Answers reads as if nothing had ever been written. */
  | { readonly _tag: "Forgets" }
  /** Answers clients with another result. */
  | { readonly _tag: "WrongReply" }
  /** Two instances of one identity, each with its own audience; a node may be in both. */
  | {
      readonly _tag: "Twins"
      readonly first: ReadonlyArray<NodeName>
      readonly second: ReadonlyArray<NodeName>
    }

/** A replica that lies: until it is recovered, if it is. */
export interface Byzantine {
  readonly replica: ReplicaId
  readonly behaviours: ReadonlyArray<Behaviour>
  /** It lies only when this one, which lied before, is back, and every correct one knows that. */
  readonly since?: ReplicaId
}

/** What happens to one message instead of what would be drawn: it arrives after each of these. */
export interface Fate {
  readonly from: NodeName
  readonly to: NodeName
  readonly message: string
  /** The how-manieth message of this name on this link, from 1. */
  readonly nth: number
  /** Empty: lost. Two: duplicated. */
  readonly delaysMs: ReadonlyArray<number>
}

/** What a run must show beside being safe; what is absent is not asked for. */
export interface Expectation {
  /** Every request of a correct client completes (`true`), or at least one never does (`false`). */
  readonly completes?: boolean
  /**
   * Actions that some correct replica or client takes, ignored inputs as `Ignore:Why`; that a
   * certain one takes, as `r3 EnterView`.
   */
  readonly actions?: ReadonlyArray<string>
  /** Actions that no correct replica or client takes, or that a certain one does not. */
  readonly never?: ReadonlyArray<string>
  /** The view that each correct replica takes part in at the end. */
  readonly view?: View
  /**
   * By sequence number, the operations that take effect there: none at a null request, and where
   * all was executed before.
   */
  readonly executes?: Readonly<Record<string, ReadonlyArray<string>>>
  /** Processes whom the trace checker proves to be Byzantine. */
  readonly proven?: ReadonlyArray<string>
  /** The safety property that breaks: a scenario that shows what a bug or too many faults do. */
  readonly violates?: string
}

export interface Scenario {
  readonly schema: typeof scenarioSchema
  /** What it shows, in words. */
  readonly about: string
  /** For the draws of the network, the disks and the Byzantine replicas. */
  readonly seed: number
  readonly cluster: Cluster
  readonly noise: Noise
  /** How long a disk takes to make a group of records durable. */
  readonly syncMs: readonly [least: number, most: number]
  readonly clocks: ReadonlyArray<Clock>
  readonly faults: ReadonlyArray<Fault>
  readonly byzantine: ReadonlyArray<Byzantine>
  readonly fates: ReadonlyArray<Fate>
  readonly requests: ReadonlyArray<ScenarioRequest>
  /** From here on there are no faults but the Byzantine replicas, and everything must complete. */
  readonly calmAtMs: number
  readonly endMs: number
  readonly expect: Expectation
}
