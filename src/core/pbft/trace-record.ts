/**
 * What a replica's disk holds as a trace shows it, and the parts of requests and views that lines
 * of a trace have in common; for readers. Authenticators are not in a trace; they read as empty.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { Schema } from "effect"
import { BytesText, Natural, type SignedRequest } from "../request.ts"
import { type NewViewData, newViewOf, type ViewChangeData, viewChangeOf } from "./change-data.ts"
import { Entry, Numbered } from "./message.ts"
import type { RequestData } from "./projection.ts"
import type { DurableRecord } from "./state.ts"

export const Digest = Schema.NonEmptyString
export const type = <T extends string>(name: T) => ({ type: Schema.Literal(name) })

export const RequestFields = { client: Natural, timestamp: Natural, operation: BytesText }
export const replier = { replier: Schema.optionalKey(Natural) }
export const TracedRequest = Schema.Struct({ ...RequestFields, ...replier })
export const TracedBatch = Schema.Array(TracedRequest)
export const BatchFields = { view: Natural, seq: Natural, digest: Digest, batch: TracedBatch }
export const ClientEntry = Schema.Struct({ timestamp: Natural, result: BytesText })

export const TracedViewChange = Schema.Struct({
  view: Natural,
  low: Natural,
  checkpoints: Schema.Array(Numbered),
  prepared: Schema.Array(Entry),
  prePrepared: Schema.Array(Entry),
  replica: Natural,
  incarnation: Schema.optionalKey(Natural),
}) satisfies Schema.Schema<ViewChangeData>

export const TracedNewView = Schema.Struct({
  view: Natural,
  changes: Schema.Array(TracedViewChange),
  start: Numbered,
  chosen: Schema.Array(Numbered),
  replica: Natural,
}) satisfies Schema.Schema<NewViewData>

export const TracedRecord = Schema.Union([
  Schema.Struct({ ...type("PrePrepared"), ...BatchFields }),
  Schema.Struct({ ...type("Prepared"), view: Natural, seq: Natural, digest: Digest }),
  Schema.Struct({
    ...type("CheckpointTaken"),
    seq: Natural,
    digest: Digest,
    service: Digest,
    table: Schema.Array(ClientEntry),
  }),
  Schema.Struct({ ...type("CheckpointStable"), seq: Natural }),
  Schema.Struct({ ...type("ViewLeft"), viewChange: TracedViewChange }),
  Schema.Struct({ ...type("NewViewTaken"), newView: TracedNewView }),
  Schema.Struct({ ...type("ViewEntered"), view: Natural }),
  Schema.Struct({ ...type("Rejoined"), incarnation: Natural }),
  Schema.Struct({ ...type("RecoveryPoint"), seq: Natural }),
  Schema.Struct({ ...type("Recovering"), incarnation: Natural }),
  Schema.Struct({ ...type("RecoveryBound"), seq: Natural }),
  Schema.Struct({ ...type("Heard"), replica: Natural, incarnation: Natural }),
])
export type TracedRecord = typeof TracedRecord.Type

export const signed = (r: RequestData): SignedRequest => ({ ...r, authenticator: "" })

/** A record as it was written. */
export const recordOf = (r: TracedRecord): DurableRecord => {
  switch (r.type) {
    case "PrePrepared": {
      const { view, seq, digest } = r
      return { _tag: "PrePrepared", view, seq, digest, batch: r.batch.map(signed) }
    }
    case "Prepared":
      return { _tag: "Prepared", view: r.view, seq: r.seq, digest: r.digest }
    case "CheckpointTaken":
      return {
        _tag: "CheckpointTaken",
        seq: r.seq,
        digest: r.digest,
        service: r.service,
        table: r.table,
      }
    case "CheckpointStable":
      return { _tag: "CheckpointStable", seq: r.seq }
    case "ViewLeft":
      return { _tag: "ViewLeft", viewChange: viewChangeOf(r.viewChange) }
    case "NewViewTaken":
      return { _tag: "NewViewTaken", newView: newViewOf(r.newView) }
    case "ViewEntered":
      return { _tag: "ViewEntered", view: r.view }
    case "Rejoined":
    case "Recovering":
      return { _tag: r.type, incarnation: r.incarnation }
    case "RecoveryPoint":
    case "RecoveryBound":
      return { _tag: r.type, seq: r.seq }
    case "Heard":
      return { _tag: "Heard", replica: r.replica, incarnation: r.incarnation }
  }
}
