/**
 * What Zyzzyva's messages are as plain JSON data, and back: without authenticators and signatures,
 * of which there is who gave them. They read as empty.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { ReplicaId } from "../ids.ts"
import { type Marks, marksOf, type Request, type SignedRequest, unsigned } from "../request.ts"
import type {
  Certificate,
  LastOrder,
  NewView,
  ShownCertificate,
  Signer,
  Stable,
  ViewChange,
} from "./message.ts"

type Replicas = ReadonlyArray<ReplicaId>

/** A request: with how its client wants to be answered, where it says so. */
export type RequestData = Request & Marks
export type BatchData = ReadonlyArray<RequestData>

/** A batch that stands beside its digest. */
export interface DigestedData {
  readonly digest: string
  readonly batch: BatchData
}

export interface CertificateData extends Omit<Certificate, "signers"> {
  readonly replicas: Replicas
}

export interface ShownData extends CertificateData {
  readonly before: string
  readonly batches: ReadonlyArray<DigestedData>
}

export interface StableData extends Omit<Stable, "signers"> {
  readonly replicas: Replicas
}

export interface LastOrderData extends Omit<LastOrder, "batch">, DigestedData {}

export interface ViewChangeData {
  readonly view: number
  readonly stable: StableData
  readonly orders: ReadonlyArray<LastOrderData>
  readonly certificates: ReadonlyArray<ShownData>
  readonly accusers: Replicas
  readonly replica: ReplicaId
  readonly incarnation?: number
}

export interface NewViewData {
  readonly view: number
  readonly changes: ReadonlyArray<ViewChangeData>
}

export const requestData = (r: RequestData): RequestData => {
  const { client, timestamp, operation } = r
  return { client, timestamp, operation, ...marksOf(r) }
}

export const batchData = (batch: BatchData): BatchData => batch.map(requestData)

export const whoData = (signers: ReadonlyArray<Signer>): Replicas => signers.map((s) => s.replica)

export const signersOf = (replicas: Replicas): ReadonlyArray<Signer> =>
  replicas.map((replica) => ({ replica, signature: "" }))

export const requestOfData = (r: RequestData): SignedRequest => ({
  ...unsigned(r),
  ...marksOf(r),
})

export const batchOfData = (batch: BatchData): ReadonlyArray<SignedRequest> =>
  batch.map(requestOfData)

export const certificateData = ({ view, seq, history, signers }: Certificate): CertificateData => ({
  view,
  seq,
  history,
  replicas: whoData(signers),
})

export const certificateOf = ({ replicas, view, seq, history }: CertificateData): Certificate => ({
  view,
  seq,
  history,
  signers: signersOf(replicas),
})

const digestedData = ({ digest, batch }: DigestedData): DigestedData => ({
  digest,
  batch: batchData(batch),
})

export const shownData = (c: ShownCertificate): ShownData => ({
  ...certificateData(c),
  before: c.before,
  batches: c.batches.map(digestedData),
})

export const shownOf = (c: ShownData): ShownCertificate => ({
  ...certificateOf(c),
  before: c.before,
  batches: c.batches.map(({ digest, batch }) => ({ digest, batch: batchOfData(batch) })),
})

export const stableData = ({ view, seq, digest, signers }: Stable): StableData => ({
  view,
  seq,
  digest,
  replicas: whoData(signers),
})

export const stableOf = ({ view, seq, digest, replicas }: StableData): Stable => ({
  view,
  seq,
  digest,
  signers: signersOf(replicas),
})

const lastOrderData = ({ view, seq, history, ...batch }: LastOrder): LastOrderData => ({
  view,
  seq,
  history,
  ...digestedData(batch),
})

const lastOrderOf = ({ view, seq, history, digest, batch }: LastOrderData): LastOrder => ({
  view,
  seq,
  history,
  digest,
  batch: batchOfData(batch),
})

const incarnationData = ({ incarnation }: { readonly incarnation?: number }) =>
  incarnation === undefined ? {} : { incarnation }

export const viewChangeData = (m: ViewChange): ViewChangeData => ({
  view: m.view,
  stable: stableData(m.stable),
  orders: m.orders.map(lastOrderData),
  certificates: m.certificates.map(shownData),
  accusers: whoData(m.accusers),
  replica: m.replica,
  ...incarnationData(m),
})

export const viewChangeOf = (m: ViewChangeData): ViewChange => ({
  _tag: "ViewChange",
  view: m.view,
  stable: stableOf(m.stable),
  orders: m.orders.map(lastOrderOf),
  certificates: m.certificates.map(shownOf),
  accusers: signersOf(m.accusers),
  replica: m.replica,
  ...incarnationData(m),
  signature: "",
})

export const newViewData = ({ view, changes }: NewView): NewViewData => ({
  view,
  changes: changes.map(viewChangeData),
})

export const newViewOf = ({ view, changes }: NewViewData): NewView => ({
  _tag: "NewView",
  view,
  changes: changes.map(viewChangeOf),
  signature: "",
})
