import type { ReplicaId, Seq, View } from "../core/ids.ts"

/** A replica tells how far it is, so that others send again what it lacks; no protocol message. */
export interface Progress {
  readonly _tag: "Progress"
  readonly view: View
  /** Whether it takes part in the view. */
  readonly active: boolean
  /** Whether it has the NEW-VIEW of the view; in view 0, which needs none, as `active`. */
  readonly newView: boolean
  readonly low: Seq
  readonly executed: Seq
  /** What has to be stable before it counts as recovered; 0 or left out: it waits for nothing. */
  readonly awaited?: Seq
  readonly replica: ReplicaId
}
