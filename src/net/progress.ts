/**
 * How far a replica is: told to its peers on every new connection and then now and then, so that
 * they send again what it misses (TOCS section 5.2 does this by STATUS messages). It is no message
 * of the protocol: it never reaches `step`.
 */
import type { ReplicaId, Seq } from "../core/ids.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

export interface Progress {
  readonly low: Seq
  readonly executed: Seq
}

/** The first byte; no message starts with it. */
export const progressKind = 16

export const writeProgress = (writer: Writer, progress: Progress): void => {
  writer.reserve(17)
  writer.u8(progressKind)
  writer.natural(progress.low)
  writer.natural(progress.executed)
}

/** Reads what follows; the caller has seen the kind. */
export const readProgress = (reader: Reader): Progress => {
  reader.u8("kind")
  const low = reader.natural("low watermark")
  return { low, executed: reader.natural("executed") }
}

/** Of one replica. */
export interface ProgressOf extends Progress {
  readonly replica: ReplicaId
}
