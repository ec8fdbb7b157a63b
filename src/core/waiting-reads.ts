/**
 * Requests to read that wait until a replica may answer them: what two protocols do alike with
 * them. When one may be answered is each protocol's own rule.
 */
import type { ReadState } from "./effect.ts"
import type { Bytes, ClientId, Seq, Timestamp } from "./ids.ts"

/** A request to read: answered when the replica has executed up to `after`. */
export interface WaitingRead {
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly operation: Bytes
  readonly after: Seq
}

type Reads = ReadonlyArray<WaitingRead>

const readState = ({ client, timestamp, operation }: WaitingRead): ReadState => ({
  _tag: "ReadState",
  client,
  timestamp,
  operation,
})

/** The reads that are due `now` and were not `before`, as effects. */
export const newlyDue = (before: Reads, now: Reads): ReadonlyArray<ReadState> =>
  now.filter((read) => !before.includes(read)).map(readState)

/** With the newest read of its client; by client. */
export const withRead = (reads: Reads, read: WaitingRead): Reads =>
  [...reads.filter((r) => r.client !== read.client), read].sort((a, b) => a.client - b.client)

/** Whether a read of its client waits that is no older. */
export const isWaiting = (
  reads: Reads,
  { client, timestamp }: Pick<WaitingRead, "client" | "timestamp">,
): boolean => reads.some((r) => r.client === client && r.timestamp >= timestamp)

/** Effects with these reads: they are of the state before anything else is executed. */
export const withReads = <E extends { readonly _tag: string }>(
  effects: ReadonlyArray<E>,
  reads: ReadonlyArray<E>,
): ReadonlyArray<E> => {
  const last = effects.at(-1)
  if (reads.length === 0 || last?._tag !== "Execute") return [...effects, ...reads]
  return [...effects.slice(0, -1), ...reads, last]
}
