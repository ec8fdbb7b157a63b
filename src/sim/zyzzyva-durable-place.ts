/** What the records of a Zyzzyva replica promise. */
import type { DurableRecord } from "../core/zyzzyva/state.ts"
import type { RecordPlace } from "./disk.ts"

/** A checkpoint belongs to view 0, and what is of no number to 0. */
export const placeOf = (record: DurableRecord): RecordPlace => {
  switch (record._tag) {
    case "Ordered":
      return { view: record.slot.view, seq: record.seq, content: record.slot.history }
    case "Certified": {
      const { view, seq, history } = record.certificate
      return { view, seq, content: history }
    }
    case "CheckpointTaken":
      return { view: 0, seq: record.seq, content: record.digest }
    case "CheckpointStable":
      return { view: 0, seq: record.stable.seq, content: "" }
    case "ViewLeft":
      return { view: record.viewChange.view, seq: 0, content: record.viewChange.signature }
    case "NewViewTaken":
      return { view: record.newView.view, seq: 0, content: record.newView.signature }
    case "ViewEntered":
    case "ViewConfirmed":
      return { view: record.view, seq: 0, content: "" }
    case "Rejoined":
      return { view: 0, seq: 0, content: String(record.incarnation) }
  }
}
