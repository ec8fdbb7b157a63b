/** What a model of PBFT is made of: its constants, its processes, and its service. */
import type { ClientState } from "../core/pbft/client.ts"
import type { Request, SignedRequest } from "../core/request.ts"
import type { Envelope, ModelService, ReplicaProcess } from "../sim/world.ts"
import { int, seq, str } from "./canonical.ts"
import { valueText } from "./pbft-text.ts"
import type { FalseDisk } from "./turn-universe.ts"

/** The constants of a model, as its .cfg names them. */
export interface PbftConstants {
  readonly n: number
  readonly f: number
  readonly quorum: number
  readonly byzantine: ReadonlyArray<number>
  /** How many clients the replicas know; those not in `clientOps` are Byzantine. */
  readonly allClients: number
  /** What each correct client asks for, in order, by client from 0. */
  readonly clientOps: ReadonlyArray<ReadonlyArray<string>>
  readonly checkpointInterval: number
  readonly logSize: number
  readonly maxBatch: number
  readonly canRestart: ReadonlyArray<number>
  /** The correct replicas whose view-change timer may fire, in views below `maxView`. */
  readonly canTimeout: ReadonlyArray<number>
  readonly maxView: number
  /** The correct replicas that fetch the state of checkpoints which they lack. */
  readonly canFetch: ReadonlyArray<number>
  /** Whether Byzantine primaries build NEW-VIEWs of what was sent. */
  readonly forgesNewView: boolean
  /** Equal results that a client needs for an ordered request. */
  readonly replyQuorum: number
  /** Whom a client may ask for the whole result; nobody: all answer in full. */
  readonly repliers: ReadonlyArray<number>
  readonly readOnly: boolean
  readonly hastyReads: boolean
  readonly maxTentative: number
  readonly fetchDecisions: boolean
  /** Whether replicas tell what they executed, and believe f + 1 others. */
  readonly tellCommitted: boolean
  /** The client in whose name primaries propose, and what correct ones may. */
  readonly clock: number | undefined
  /** The client in whose name replica 0 asks to be taken back, the others' follow it. */
  readonly recoverers: number | undefined
  /** Who may lose its disk, and the incarnation that it comes back as. */
  readonly rejoins: ReadonlyArray<readonly [replica: number, incarnation: number]>
  /** Who may be recovered with its disk, and the incarnation that it comes back as. */
  readonly recoveries: ReadonlyArray<readonly [replica: number, incarnation: number]>
  /** Who lied until it is recovered, and what its disk then holds. */
  readonly falseDisks: ReadonlyArray<FalseDisk>
  /** Who may replace the key under which it hears whom. */
  readonly rekeys: ReadonlyArray<readonly [replica: number, of: number]>
  /** Whether what came under an old key counts on. */
  readonly keepVotes: boolean
  /** Where primaries may propose the null request. */
  readonly nullSeqs: ReadonlyArray<number>
  readonly proposals: ReadonlyArray<SignedRequest>
  /** Operations of so many characters are big. */
  readonly bigRequestBytes: number | undefined
  readonly injected: ReadonlyArray<Envelope>
}

export type Value = ReadonlyArray<Request>
export type Replica = ReplicaProcess<Value>

/** A process of the model; properties tell the roles apart by it. */
export type PbftProcess =
  | { readonly role: "replica"; readonly id: number; readonly at: Replica }
  | { readonly role: "client"; readonly id: number; readonly at: ClientState }

export const modelService: ModelService<Value> = {
  initial: [],
  result: (value, request) => seq([str(request.operation), int(value.length + 1)]),
  next: (value, request) => [...value, request],
  digest: valueText,
  isRead: (operation) => operation === "r",
}
