/** What the records of a PBFT replica promise. */
import type { DurableRecord } from "../core/pbft/state.ts"
import type { RecordPlace } from "./disk.ts"

/** A checkpoint belongs to view 0, and what is of no number to 0. */
export const placeOf = (record: DurableRecord): RecordPlace => {
  switch (record._tag) {
    case "PrePrepared":
    case "Prepared":
      return { view: record.view, seq: record.seq, content: record.digest }
    case "CheckpointTaken":
      return { view: 0, seq: record.seq, content: record.digest }
    case "CheckpointStable":
      return { view: 0, seq: record.seq, content: "" }
    case "ViewLeft":
      return { view: record.viewChange.view, seq: 0, content: JSON.stringify(record.viewChange) }
    case "NewViewTaken":
      return { view: record.newView.view, seq: 0, content: JSON.stringify(record.newView) }
    case "ViewEntered":
      return { view: record.view, seq: 0, content: "" }
    case "Rejoined":
    case "Recovering":
      return { view: 0, seq: 0, content: String(record.incarnation) }
    case "RecoveryPoint":
    case "RecoveryBound":
      return { view: 0, seq: record.seq, content: "" }
    case "Heard":
      return { view: 0, seq: 0, content: `${record.replica} ${record.incarnation}` }
  }
}
