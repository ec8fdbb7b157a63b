/**
 * The states of checkpoints above the stable one that a replica still has when it starts again: its
 * next view may start from one. A checkpoint whose state is lost, or was written over by that of
 * another history, counts as if it had not been taken.
 *
 * Outside the specification: files. `Restart` says there which checkpoints are `kept`.
 */
import type { Bytes, Seq } from "../core/ids.ts"
import type { RecordCodec, StartingPoint } from "./protocol.ts"
import type { Recovered } from "./store.ts"

/** The records that still count, and the states of later checkpoints in them, by number. */
export interface Later<R> {
  readonly records: ReadonlyArray<R>
  readonly states: Map<Seq, Bytes>
}

/** `isOf`: whether a snapshot is the state of a checkpoint. */
export const laterStates = <R>(
  { later }: Pick<RecordCodec<R>, "later">,
  disk: Pick<Recovered<R>, "records" | "later">,
  isOf: (point: StartingPoint, snapshot: Bytes) => boolean,
): Later<R> => {
  const states = new Map<Seq, Bytes>()
  const lost: Array<Seq> = []
  for (const { point, snapshot } of disk.later) {
    if (snapshot !== undefined && isOf(point, snapshot)) states.set(point.seq, snapshot)
    else lost.push(point.seq)
  }
  const records = lost.length === 0 ? disk.records : later?.without(disk.records, lost)
  return { records: records ?? disk.records, states }
}
