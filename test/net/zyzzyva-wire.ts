/** Zyzzyva's messages and durable records as they can be on the wire and on disk. */
import { createHash } from "node:crypto"
import * as fc from "fast-check"
import { marksOf, type SignedRequest, unsigned } from "../../src/core/request.ts"
import * as Messages from "../../src/core/zyzzyva/message.ts"
import type { DurableRecord } from "../../src/core/zyzzyva/state.ts"
import { batchDigest } from "../../src/net/digests.ts"
import { fromSchema } from "../support/bridge.ts"

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex")

export const signatureOf = (text: string): string =>
  createHash("sha512")
    .update(text)
    .digest("latin1" as "hex")

type Json = { readonly [key: string]: unknown }
type Signed = ReadonlyArray<{ readonly replica: number }>

const ascending = <A>(all: ReadonlyArray<A>, keyOf: (a: A) => number): ReadonlyArray<A> => {
  const sorted = [...all].sort((a, b) => keyOf(a) - keyOf(b))
  return sorted.filter((a, k) => k === 0 || keyOf(sorted[k - 1] as A) !== keyOf(a))
}

const requestOnWire = (r: SignedRequest) => {
  const { client, timestamp, operation, authenticator } = r
  const replier = r.replier === undefined ? {} : { replier: r.replier % 4 }
  return { client, timestamp, operation, authenticator, ...marksOf({ ...r, ...replier }) }
}
const bare = (batch: ReadonlyArray<SignedRequest>) => batch.map(unsigned)

/** Digests are of SHA-256, signatures of Ed25519, lists ascend; a digest is that of its batch. */
export const onWire = <M>(m: M): M => {
  if (Array.isArray(m)) return m.map(onWire) as M
  if (typeof m !== "object" || m === null) return m
  const isUnsigned = (m as Json)["clientOnly"] === true
  const of = Object.entries(m as Json).map(([key, value]): [string, unknown] => {
    if (key === "signature" && isUnsigned) return [key, ""]
    if (key === "signature" || key === "order") return [key, signatureOf(String(value))]
    if (key === "before") return [key, value === "" ? "" : digestOf(String(value))]
    // The mark of an answer that bears a digest.
    if (value === true) return [key, value]
    if (["digest", "history", "service"].includes(key)) return [key, digestOf(String(value))]
    if (key === "signers" || key === "accusers") {
      return [key, ascending(onWire(value) as Signed, (s) => s.replica)]
    }
    if (key === "changes") return [key, ascending(onWire(value) as Signed, (s) => s.replica)]
    if (key === "orders" && (m as Json)["_tag"] === "Pom") return [key, onWire(value)]
    if (key === "orders" || key === "certificates") {
      const all = onWire(value) as ReadonlyArray<{ readonly seq: number }>
      return [key, ascending(all, (o) => o.seq)]
    }
    return [key, onWire(value)]
  })
  const data = Object.fromEntries(of) as Json
  const { batch } = data
  if (batch === undefined || !("digest" in data)) return data as M
  const requests = batch as ReadonlyArray<SignedRequest>
  const isOrder = data["_tag"] === "OrderReq" || "slot" in data || "authentic" in data
  const kept = isOrder ? requests.map(requestOnWire) : bare(requests)
  return { ...data, batch: kept, digest: batchDigest(requests) } as M
}

const small = [
  Messages.OrderReq,
  Messages.SpecResponse,
  Messages.SpecHeader,
  Messages.Commit,
  Messages.LocalCommit,
  Messages.FillHole,
  Messages.Pom,
  Messages.Accusation,
  Messages.Checkpoint,
  Messages.ViewConfirm,
  Messages.FetchState,
] as const

const plain = { noNullPrototype: true }
const natural = fc.maxSafeNat()
const text = fc.string({ maxLength: 4 })
const digest = text.map(digestOf)
const bytes = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString("latin1"))
const request = fc.record(
  { client: natural, timestamp: natural, operation: bytes, authenticator: bytes },
  plain,
)
// Few different ones, so that one is often spoken of twice.
const batches = fc
  .array(request, { maxLength: 3 })
  .map((batch) => ({ batch, digest: batchDigest(batch) }))
const signers = fc.array(fc.record({ replica: natural, signature: text }, plain), { maxLength: 3 })
const place = { view: natural, seq: natural, history: text }

// Schemas of so many parts take a second to make one value: these are made part by part.
const stable = fc.record({ view: natural, seq: natural, digest: text, signers }, plain).map(onWire)
const shown = fc
  .record({ ...place, signers, before: text, batches: fc.array(batches, { maxLength: 3 }) }, plain)
  .map(onWire)
const lastOrder = fc
  .tuple(fc.record(place, plain), batches)
  .map(([at, batch]) => ({ ...at, ...batch }))
const viewChange: fc.Arbitrary<Messages.ViewChange> = fc
  .record(
    {
      _tag: fc.constant("ViewChange" as const),
      view: natural,
      stable,
      orders: fc.array(lastOrder, { maxLength: 3 }),
      certificates: fc.array(shown, { maxLength: 2 }),
      accusers: signers,
      replica: natural,
      signature: text,
    },
    plain,
  )
  .map(onWire)
const newView: fc.Arbitrary<Messages.NewView> = fc
  .record(
    {
      _tag: fc.constant("NewView" as const),
      view: natural,
      changes: fc.array(viewChange, { maxLength: 3 }),
      signature: text,
    },
    plain,
  )
  .map(onWire)

export const messages: fc.Arbitrary<Messages.Message> = fc.oneof(
  fromSchema(Messages.Request).map((m) => ({ _tag: "Request" as const, ...requestOnWire(m) })),
  viewChange,
  newView,
  fromSchema(Messages.Read),
  fromSchema(Messages.ReadResponse).map(onWire),
  ...small.map((schema) => fromSchema(schema as typeof Messages.OrderReq).map(onWire)),
)

const entry = fc.record(
  {
    timestamp: natural,
    result: bytes,
    seq: natural,
    history: fc.oneof(fc.constant(""), digest),
  },
  plain,
)

/** Every durable record. */
export const records: fc.Arbitrary<DurableRecord> = fc.oneof(
  fc.tuple(natural, natural, batches, digest, fc.option(digest, { nil: undefined })).map(
    ([seq, view, batch, history, order]): DurableRecord => ({
      _tag: "Ordered",
      seq,
      slot: {
        view,
        ...batch,
        history,
        order: order === undefined ? undefined : signatureOf(order),
      },
    }),
  ),
  shown.map((certificate): DurableRecord => ({ _tag: "Certified", certificate })),
  fc.tuple(natural, digest, digest, digest, fc.array(entry, { maxLength: 20 })).map(
    ([seq, history, digest, service, table]): DurableRecord => ({
      _tag: "CheckpointTaken",
      seq,
      history,
      digest,
      service,
      table,
    }),
  ),
  stable.map((stable): DurableRecord => ({ _tag: "CheckpointStable", stable })),
  viewChange.map((viewChange): DurableRecord => ({ _tag: "ViewLeft", viewChange })),
  newView.map((newView): DurableRecord => ({ _tag: "NewViewTaken", newView })),
  natural.map((view): DurableRecord => ({ _tag: "ViewEntered", view })),
  natural.map((view): DurableRecord => ({ _tag: "ViewConfirmed", view })),
)
