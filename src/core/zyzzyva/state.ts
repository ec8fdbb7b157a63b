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
import type { Request, SignedRequest } from "../request.ts"
import type { WaitingRead } from "../waiting-reads.ts"
import * as Window from "../window.ts"
import type { ReplicaAction } from "./action.ts"
import type * as Message from "./message.ts"

/** How many of a kind are enough, for n = 3f + 1. Others: n = 5f + 1, or what breaks. */
export interface Needs {
  /** Equal answers that complete a request at once: 3f + 1. */
  readonly fast: number
  /** Equal answers in a certificate, and replicas that acknowledge it: 2f + 1. */
  readonly commit: number
  /** VIEW-CHANGEs in a NEW-VIEW, exactly: 2f + 1. */
  readonly change: number
  /** Of those, that must hold a batch for which there is no certificate: f + 1. */
  readonly vote: number
}

/** What a replica is told once. The digests are pure functions, so that the core hashes nothing. */
export interface Config {
  readonly group: Group
  readonly needs: Needs
  readonly id: ReplicaId
  /** How many clients there are: ids `0 .. clients - 1`. */
  readonly clients: number
  /** K: a checkpoint after each sequence number that it divides. */
  readonly checkpointInterval: number
  /** L: sequence numbers `low + 1 .. low + L` are accepted. A multiple of K, at least 2 K. */
  readonly logSize: number
  /** The largest batch, in requests. */
  readonly maxBatch: number
  /** How a new view gets its log: `published` loses complete requests. */
  readonly rule: "corrected" | "published"
  /** Whether a view begins only when enough replicas have confirmed one log. */
  readonly confirmViews: boolean
  /** Whether it fetches the states of checkpoints that it has not come to. */
  readonly canFetch: boolean
  /** Whether it answers reads without an order. */
  readonly readOnly: boolean
  /** Whether clients may ask to be answered when their request is committed. */
  readonly commitFirst: boolean
  /** Whether clients may ask for answers without signatures. */
  readonly preferredQuorums: boolean
  /** Whether it orders only, and executes nothing: one of f at the most. */
  readonly witness: boolean
  /** Reads do not wait for what it has ordered: to show what then fails. */
  readonly hastyReads?: boolean | undefined
  /** Whether it takes an order that it cannot verify when f + 1 replicas have executed it. */
  readonly vouchOrders: boolean
  /**
   * The client in whose name replica 0 asks to be taken back after it lost its disk, replica i in
   * that of the i-th after it (rejoin.ts), all of `clients`; undefined: nobody is taken back.
   */
  readonly recoverers?: ClientId | undefined
  /** Digest of a batch; the empty batch is the null request, which a new view puts into a gap. */
  readonly batchDigest: (batch: ReadonlyArray<Request>) => Digest
  /** Digest of the history that a batch leads to. */
  readonly historyDigest: (before: Digest, batch: Digest) => Digest
  /** Digest of a checkpoint: covers the history, the service's state and the client table. */
  readonly checkpointDigest: (
    history: Digest,
    service: Digest,
    table: ReadonlyArray<Entry>,
  ) => Digest
  /** Digest of a result, for who answers without the result itself. */
  readonly resultDigest: (result: Bytes) => Digest
  /** The replica's own signature of what the message says: a pure function, as digests are. */
  readonly sign: (message: Message.Signable) => Bytes
}

/** The last request of a client that was executed, its result, and where it stands. */
export interface Entry extends ClientTable.ClientEntry {
  readonly seq: Seq
  readonly history: Digest
}
export type Table = ClientTable.ClientTable<Entry>

export const noEntry: Entry = { timestamp: 0, result: "", seq: 0, history: noDigest }

/** The last order that a replica took at a number; the spec's `slot[i][n]`. */
export interface Slot {
  readonly view: View
  readonly batch: ReadonlyArray<SignedRequest>
  readonly digest: Digest
  /** The digest of the history up to and with this batch; `noDigest` in an empty slot. */
  readonly history: Digest
  /** The primary's signature of the order; undefined where a new view brought the batch. */
  readonly order: Bytes | undefined
}

/** How far a replica is in its view; the spec's Stages. */
export type Stage = "active" | "changing" | "confirming"

/** A checkpoint that this replica took, in the view that it is in or was in last. */
export interface OwnCheckpoint {
  readonly seq: Seq
  readonly history: Digest
  /** At a witness that has not vouched for it, empty. */
  readonly digest: Digest
  readonly service: Digest
  readonly table: Table
}

/** What replicas say at one checkpoint number, by replica: what they vouch for, and signed. */
export interface Vouched {
  readonly seq: Seq
  readonly said: ReadonlyArray<Said | undefined>
}
export interface Said {
  readonly digest: Digest
  readonly signature: Bytes
}

export interface State {
  /** The view that the replica is in, or moves to. Durable. */
  readonly view: View
  /** How far it is in it. Durable but for `confirming`. */
  readonly stage: Stage
  /** Authentic requests in order of arrival, at most one a client. Volatile. */
  readonly queue: ReadonlyArray<SignedRequest>
  /** The newest read of each client that is not answered, by client. Volatile. */
  readonly pendingReads: ReadonlyArray<WaitingRead>
  /** By number the last order; its `low` is the stable checkpoint's number. Durable. */
  readonly log: Window.Window<Slot>
  /** The last executed sequence number: nothing of it need be agreed on. */
  readonly executed: Seq
  /** At-most-once: by client the last executed request. */
  readonly table: Table
  /** The last stable checkpoint and who vouched for it. Durable. */
  readonly stable: Message.Stable
  /** Own checkpoints, ascending, from the stable one on. Durable, but at `noDigest`. */
  readonly checkpoints: ReadonlyArray<OwnCheckpoint>
  /** Histories by replica, at numbers in the window (`noHeaders`), ascending. Volatile. */
  readonly headers: ReadonlyArray<Vouched>
  /** Checkpoint digests by replica, likewise. Volatile. */
  readonly checkpointVotes: ReadonlyArray<Vouched>
  /** Certificates that it acknowledged, of each number the last, ascending by number. Durable. */
  readonly certificates: ReadonlyArray<Message.ShownCertificate>
  /** Who accused the primary of its view, ascending. Volatile. */
  readonly accusers: ReadonlyArray<Message.Signer>
  /** The last VIEW-CHANGE of each replica, by replica. Volatile but for the own. */
  readonly viewChanges: ReadonlyArray<Message.ViewChange>
  /** The NEW-VIEW of the view, once there is one. Durable. */
  readonly newView: Message.NewView | undefined
  /** By replica the history with which it begins the view. Volatile. */
  readonly confirms: ReadonlyArray<Digest | undefined>
  /** As what it came back when its disk was lost; 0: it never was. Durable. */
  readonly incarnation: number
}

/** What must be on disk before the messages that depend on it leave (see the spec's Restart). */
export type DurableRecord =
  | { readonly _tag: "Ordered"; readonly seq: Seq; readonly slot: Slot }
  | { readonly _tag: "Certified"; readonly certificate: Message.ShownCertificate }
  | {
      readonly _tag: "CheckpointTaken"
      readonly seq: Seq
      readonly history: Digest
      readonly digest: Digest
      readonly service: Digest
      readonly table: ReadonlyArray<Entry>
    }
  | { readonly _tag: "CheckpointStable"; readonly stable: Message.Stable }
  | { readonly _tag: "ViewLeft"; readonly viewChange: Message.ViewChange }
  | { readonly _tag: "NewViewTaken"; readonly newView: Message.NewView }
  /** It has taken the log of the view; where that is to be confirmed, it waits for the others. */
  | { readonly _tag: "ViewEntered"; readonly view: View }
  /** Enough replicas have confirmed the log of the view. */
  | { readonly _tag: "ViewConfirmed"; readonly view: View }
  /** The disk before this one was lost. */
  | { readonly _tag: "Rejoined"; readonly incarnation: number }

export type Input =
  | {
      readonly _tag: "Receive"
      readonly message: Message.Authentic<
        Exclude<Message.ReplicaMessage, { readonly _tag: "OrderReq" }>
      >
    }
  | {
      /** `verdicts[k]`: the client's authenticator of request k verifies at this replica. */
      readonly _tag: "ReceiveOrderReq"
      readonly message: Message.Authentic<Message.OrderReq>
      readonly verdicts: ReadonlyArray<boolean>
    }
  /** The primary may order a batch of the first `count` waiting requests; 0: the null request. */
  | { readonly _tag: "Propose"; readonly count: number }
  | Executed
  | ReadDone
  /** The view-change timer of `view` fired. */
  | { readonly _tag: "Timeout"; readonly view: View }
  /** The primary of a new view may begin it; see `canBegin`. */
  | { readonly _tag: "Begin" }
  /** The replica may take the log of its new view; see `canEnter`. */
  | { readonly _tag: "Enter" }
  /** The replica may ask for the state of a later checkpoint. */
  | { readonly _tag: "Fetch" }
  /** The process starts again with what its disk holds. */
  | { readonly _tag: "Restart"; readonly durable: ReadonlyArray<DurableRecord> }
  /** The process starts again without its disk, as this incarnation. */
  | { readonly _tag: "Rejoin"; readonly incarnation: number }

/** Exactly what a replica may ask for. */
export type Effect =
  | Broadcast<Message.PeerMessage>
  | SendToClient<Message.ClientMessage>
  | SendToReplicas<
      Message.OrderReq | Message.FillHole | Message.SpecHeader | Message.State | Message.Request
    >
  | Persist<DurableRecord>
  | Execute
  | ReadState
  | Restore

export type ZyzzyvaStep = Step<State, Effect, ReplicaAction>

export const emptySlot: Slot = {
  view: 0,
  batch: [],
  digest: noDigest,
  history: noDigest,
  order: undefined,
}

// Every `step`-th number in the window above `low`, with nothing said of it.
const nothingSaid = (
  { logSize, group }: Config,
  low: Seq,
  step: number,
): ReadonlyArray<Vouched> => {
  const all: Array<Vouched> = []
  for (let seq = low + 1; seq <= low + logSize; seq++) {
    if (seq % step === 0) all.push({ seq, said: new Array<undefined>(group.n).fill(undefined) })
  }
  return all
}

/** The checkpoint numbers in the window above `low`, with nothing said of them. */
export const nothingVouched = (config: Config, low: Seq): ReadonlyArray<Vouched> =>
  nothingSaid(config, low, config.checkpointInterval)

/** The same of the numbers at which replicas tell their histories; the spec's `HeaderSeqs`. */
export const noHeaders = (config: Config, low: Seq): ReadonlyArray<Vouched> =>
  nothingSaid(config, low, config.commitFirst || config.vouchOrders ? 1 : config.checkpointInterval)

export const noConfirms = ({ group }: Config): ReadonlyArray<undefined> =>
  new Array<undefined>(group.n).fill(undefined)

/** The service's digest in the checkpoint before any request. Models and services agree on it. */
export const genesisService: Digest = "genesis"

export const init = (config: Config): State => {
  const table = ClientTable.makeOf(config.clients, noEntry)
  const service = genesisService
  const digest = config.checkpointDigest(noDigest, service, ClientTable.entries(table))
  return {
    view: 0,
    stage: "active",
    queue: [],
    pendingReads: [],
    log: Window.make(emptySlot, config.logSize, 0),
    executed: 0,
    table,
    stable: { view: 0, seq: 0, digest, signers: [] },
    checkpoints: [{ seq: 0, history: noDigest, digest, service, table }],
    headers: noHeaders(config, 0),
    checkpointVotes: nothingVouched(config, 0),
    certificates: [],
    accusers: [],
    viewChanges: [],
    newView: undefined,
    confirms: noConfirms(config),
    incarnation: 0,
  }
}
