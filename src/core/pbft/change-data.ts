/**
 * VIEW-CHANGE and NEW-VIEW as plain JSON data, and back: in projections and in traces. Signatures
 * are left out, as authenticators are everywhere; they read as empty.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import type { Digest, ReplicaId, Seq, View } from "../ids.ts"
import type { Request } from "../request.ts"
import type { Entry, NewView, Numbered, ViewChange } from "./message.ts"

/** A VIEW-CHANGE without its signature; the fields of `ViewChange`. */
export interface ViewChangeData {
  readonly view: View
  readonly low: Seq
  readonly checkpoints: ReadonlyArray<Numbered>
  readonly prepared: ReadonlyArray<Entry>
  readonly prePrepared: ReadonlyArray<Entry>
  readonly replica: ReplicaId
  readonly incarnation?: number
}

/** A NEW-VIEW; the fields of `NewView`. */
export interface NewViewData {
  readonly view: View
  readonly changes: ReadonlyArray<ViewChangeData>
  readonly start: Numbered
  readonly chosen: ReadonlyArray<Numbered>
  readonly replica: ReplicaId
}

/** An entry of Q with its batch. */
export interface HeldEntryData extends Entry {
  readonly batch: ReadonlyArray<Request>
}

/** A batch that was fetched for a new view. */
export interface FetchedBatchData {
  readonly digest: Digest
  readonly batch: ReadonlyArray<Request>
}

export const numberedData = ({ seq, digest }: Numbered): Numbered => ({ seq, digest })

export const entryData = ({ seq, digest, view }: Entry): Entry => ({ seq, digest, view })

export const viewChangeData = (m: ViewChange): ViewChangeData => ({
  view: m.view,
  low: m.low,
  checkpoints: m.checkpoints.map(numberedData),
  prepared: m.prepared.map(entryData),
  prePrepared: m.prePrepared.map(entryData),
  replica: m.replica,
  ...(m.incarnation === undefined ? {} : { incarnation: m.incarnation }),
})

export const newViewData = (m: NewView): NewViewData => ({
  view: m.view,
  changes: m.changes.map(viewChangeData),
  start: numberedData(m.start),
  chosen: m.chosen.map(numberedData),
  replica: m.replica,
})

/** The message that `viewChangeData` showed, with an empty signature. */
export const viewChangeOf = (data: ViewChangeData): ViewChange => ({
  _tag: "ViewChange",
  ...viewChangeData({ _tag: "ViewChange", ...data, signature: "" }),
  signature: "",
})

/** The message that `newViewData` showed, with empty signatures. */
export const newViewOf = (data: NewViewData): NewView => ({
  _tag: "NewView",
  view: data.view,
  changes: data.changes.map(viewChangeOf),
  start: numberedData(data.start),
  chosen: data.chosen.map(numberedData),
  replica: data.replica,
  signature: "",
})
