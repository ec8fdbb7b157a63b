/**
 * How far a replica is: told to its peers on every new connection and then now and then, so that
 * they send again what it misses (TOCS section 5.2 does this by STATUS messages). It is no message
 * of the protocol: it never reaches `step`.
 *
 * Outside the specification: that replicas tell each other how far they are. It only moves them to
 * send again what was sent.
 */
import type { ReplicaId, Seq, View } from "../core/ids.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

export interface Progress {
  readonly view: View
  /** Whether it takes part in the view. */
  readonly active: boolean
  /** Whether it has the NEW-VIEW of the view; in view 0, which needs none, as `active`. */
  readonly newView: boolean
  readonly low: Seq
  /** Not what was executed tentatively: its commits may have to be sent again. */
  readonly executed: Seq
  /** What has to be stable before it is recovered, where it waits for that. */
  readonly awaited?: Seq
}

/** What a replica's state says of it; `active`: whether it takes part in its view. */
export const progressOf = (
  active: boolean,
  state: Pick<Progress, "view" | "executed"> & {
    readonly newView: unknown
    readonly log: { readonly low: Seq }
  },
): Progress => {
  const { view, newView, log, executed } = state
  return { view, active, newView: active || newView !== undefined, low: log.low, executed }
}

/** The first byte; no message starts with it. */
export const progressKind = 16

export const writeProgress = (writer: Writer, progress: Progress): void => {
  writer.reserve(34)
  writer.u8(progressKind)
  writer.natural(progress.view)
  writer.u8((progress.active ? 1 : 0) + (progress.newView ? 2 : 0))
  writer.natural(progress.low)
  writer.natural(progress.executed)
  writer.natural(progress.awaited ?? 0)
}

/** Reads what follows; the caller has seen the kind. */
export const readProgress = (reader: Reader): Progress => {
  reader.u8("kind")
  const view = reader.natural("view")
  const flags = reader.u8("stage of the view")
  if (flags > 3) reader.fail(`${flags} is no stage of a view`)
  const low = reader.natural("low watermark")
  const executed = reader.natural("executed")
  const awaited = reader.natural("awaited number")
  const has = { view, active: (flags & 1) > 0, newView: (flags & 2) > 0, low, executed }
  return awaited === 0 ? has : { ...has, awaited }
}

/** Of one replica. */
export interface ProgressOf extends Progress {
  readonly replica: ReplicaId
}
