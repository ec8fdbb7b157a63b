/** Messages and durable records as they can be on the wire and on disk, for property tests. */
import { createHash } from "node:crypto"
import * as fc from "fast-check"
import * as Messages from "../../src/core/pbft/message.ts"
import type { DurableRecord } from "../../src/core/pbft/state.ts"
import { type BatchItem, isSigned, SignedRequest } from "../../src/core/request.ts"
import type { CodecLimits } from "../../src/net/batch-codec.ts"
import { fromSchema } from "../support/bridge.ts"
import type { WireMessage } from "../../src/net/codec.ts"

export const limits: CodecLimits = {
  operation: 100_000,
  authenticator: 65_535,
  batch: 65_535,
  result: 100_000,
  clients: 1_000,
  replicas: 100,
  log: 1_000,
}

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

// On the wire a digest is a SHA-256.
const withDigest = <M>(m: M): M =>
  typeof m === "object" && m !== null && "digest" in m
    ? { ...m, digest: digestOf(String(m.digest)) }
    : m

type Listed = Messages.Numbered & { readonly view?: number }
const isBelow = (a: Listed, b: Listed): boolean => {
  if (a.seq !== b.seq) return a.seq < b.seq
  return a.digest === b.digest ? (a.view ?? 0) < (b.view ?? 0) : a.digest < b.digest
}

/** A set in its one order. */
const listed = <A extends Listed>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
  all
    .map(withDigest)
    .sort((a, b) => (isBelow(a, b) ? -1 : 1))
    .filter((x, k, sorted) => k === 0 || isBelow(sorted[k - 1] as A, x))

const signed = (text: string): string =>
  createHash("sha512")
    .update(text)
    .digest("latin1" as "hex")

const viewChangeOnWire = (m: Messages.ViewChange): Messages.ViewChange => ({
  ...m,
  checkpoints: listed(m.checkpoints),
  prepared: listed(m.prepared),
  prePrepared: listed(m.prePrepared),
  signature: m.signature === "" ? "" : signed(m.signature),
})

const newViewOnWire = (m: Messages.NewView): Messages.NewView => ({
  ...m,
  changes: m.changes
    .map(viewChangeOnWire)
    .sort((a, b) => a.replica - b.replica)
    .filter((c, k, all) => k === 0 || all[k - 1]?.replica !== c.replica),
  start: withDigest(m.start),
  signature: m.signature === "" ? "" : signed(m.signature),
  chosen: listed(m.chosen),
})

// One of four replicas.
const withReplier = <R extends BatchItem>(r: R): R =>
  !isSigned(r) || r.replier === undefined ? r : { ...r, replier: r.replier % 4 }

// A named request as the codec gives it back: with no field of a signed one.
const itemOnWire = (r: BatchItem): BatchItem =>
  isSigned(r) ? withReplier(r) : { client: r.client, timestamp: r.timestamp }

const viewChange = fromSchema(Messages.ViewChange).map(viewChangeOnWire)
const newView = fromSchema(Messages.NewView).map(newViewOnWire)

export const messages: Record<WireMessage["_tag"], fc.Arbitrary<WireMessage>> = {
  Request: fromSchema(Messages.Request).map(withReplier),
  Read: fromSchema(Messages.Read),
  PrePrepare: fromSchema(Messages.PrePrepare)
    .map(withDigest)
    .map((m) => ({ ...m, batch: m.batch.map(itemOnWire) })),
  Prepare: fromSchema(Messages.Prepare).map(withDigest),
  Commit: fromSchema(Messages.Commit).map(withDigest),
  Checkpoint: fromSchema(Messages.Checkpoint).map(withDigest),
  Committed: fromSchema(Messages.Committed).map(withDigest),
  ViewChange: viewChange,
  NewView: newView,
  FetchBatch: fromSchema(Messages.FetchBatch).map(withDigest),
  Batch: fromSchema(Messages.Batch).map((m) => ({ ...m, batch: m.batch.map(withReplier) })),
  FetchState: fromSchema(Messages.FetchState).map(withDigest),
  FetchPrePrepare: fromSchema(Messages.FetchPrePrepare),
  QueryStable: fromSchema(Messages.QueryStable),
  ReplyStable: fromSchema(Messages.ReplyStable),
  Reply: fromSchema(Messages.Reply),
}

const natural = fc.maxSafeNat()
const digest = fc.string().map(digestOf)
const bytesText = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString("latin1"))
const batch = fc.array(fromSchema(SignedRequest).map(withReplier), { maxLength: 5 })
const plain = { noNullPrototype: true }
const entry = fc.record({ timestamp: natural, result: bytesText }, plain)
const recordOf = <T extends DurableRecord["_tag"], A>(
  _tag: T,
  fields: { readonly [K in keyof A]: fc.Arbitrary<A[K]> },
) => fc.record({ _tag: fc.constant(_tag), ...fields }, plain)

/** Every durable record; a PrePrepared one without requests is the null request of a new view. */
export const records = fc.oneof(
  recordOf("PrePrepared", { view: natural, seq: natural, digest, batch }),
  recordOf("Prepared", { view: natural, seq: natural, digest }),
  recordOf("CheckpointTaken", {
    seq: natural,
    digest,
    service: digest,
    table: fc.array(entry, { maxLength: 20 }),
  }),
  recordOf("CheckpointStable", { seq: natural }),
  recordOf("ViewLeft", { viewChange }),
  recordOf("NewViewTaken", { newView }),
  recordOf("ViewEntered", { view: natural }),
  recordOf("Rejoined", { incarnation: natural }),
  recordOf("RecoveryPoint", { seq: natural }),
  recordOf("Recovering", { incarnation: natural }),
  recordOf("RecoveryBound", { seq: natural }),
) as fc.Arbitrary<DurableRecord>
