/** What a model of Zyzzyva is made of: its constants, its processes, and its symbolic digests. */
import type { ClientState } from "../core/zyzzyva/client.ts"
import type { Config, Needs } from "../core/zyzzyva/state.ts"
import type { Digest } from "../core/ids.ts"
import type { Request } from "../core/request.ts"
import type { ReplicaProcess, ZyzzyvaEnvelope } from "../sim/zyzzyva-world.ts"
import { bool, record, seq, type Text } from "./canonical.ts"
import { valueText } from "./pbft-text.ts"

/** The constants of a model, as its .cfg names them. */
export interface ZyzzyvaConstants {
  readonly n: number
  readonly f: number
  readonly needs: Needs
  readonly rule: Config["rule"]
  readonly confirmViews: boolean
  readonly byzantine: ReadonlyArray<number>
  /** How many clients the replicas know; those not in `clientOps` are Byzantine. */
  readonly allClients: number
  /** What each correct client asks for, in order, by client from 0. */
  readonly clientOps: ReadonlyArray<ReadonlyArray<string>>
  readonly checkpointInterval: number
  readonly logSize: number
  readonly maxBatch: number
  readonly canRestart: ReadonlyArray<number>
  readonly canTimeout: ReadonlyArray<number>
  readonly canFetch: ReadonlyArray<number>
  readonly maxView: number
  readonly forgesNewView: boolean
  readonly readOnly: boolean
  readonly hastyReads: boolean
  readonly commitFirst: boolean
  readonly preferredQuorums: boolean
  readonly witnesses: ReadonlyArray<number>
  readonly vouchOrders: boolean
  /** The client in whose name replica 0 asks to be taken back, i in that of the i-th after it. */
  readonly recoverers: number | undefined
  /** Who may lose its disk, and the incarnation that it comes back as. */
  readonly rejoins: ReadonlyArray<readonly [replica: number, incarnation: number]>
  /** Whom clients ask for the whole result; empty: everyone. */
  readonly repliers: ReadonlyArray<number>
  readonly injected: ReadonlyArray<ZyzzyvaEnvelope>
}

export type Value = ReadonlyArray<Request>
export type Replica = ReplicaProcess<Value>

/** A process of the model; properties tell the roles apart by it. */
export type ZyzzyvaProcess =
  | { readonly role: "replica"; readonly id: number; readonly at: Replica }
  | { readonly role: "client"; readonly id: number; readonly at: ClientState }

/** The text of Zyzzyva.tla's NullDigest. */
export const nullDigest: Digest = seq([record({ null: bool(true) })])

// What each symbol stands for: a digest is the text of what was digested.
const batches = new Map<Digest, ReadonlyArray<Request>>([[nullDigest, []]])
const histories = new Map<Digest, ReadonlyArray<Digest>>([["", []]])

export const batchDigest = (batch: ReadonlyArray<Request>): Digest => {
  const digest = batch.length === 0 ? nullDigest : valueText(batch)
  batches.set(digest, batch)
  return digest
}

export const historyDigest = (before: Digest, batch: Digest): Digest => {
  const all = [...digestsOf(before), batch]
  const digest = seq(all)
  histories.set(digest, all)
  return digest
}

/** The digests of the batches of a history, in order. */
export const digestsOf = (history: Digest): ReadonlyArray<Digest> => histories.get(history) ?? []

/** The batch of a digest. */
export const batchOfDigest = (digest: Digest): ReadonlyArray<Request> => batches.get(digest) ?? []

export const isPrefix = (one: Digest, other: Digest): boolean => {
  const b = digestsOf(other)
  return digestsOf(one).every((digest, k) => digest === b[k])
}

/** Whether one history extends the other. */
export const areCompatible = (one: Digest, other: Digest): boolean =>
  digestsOf(one).length <= digestsOf(other).length ? isPrefix(one, other) : isPrefix(other, one)

export const orEmpty = (text: Text | undefined): Text =>
  text === undefined || text === "" ? seq([]) : text
