/** A process's lines as events, whatever its machine is, and what its new starts must be like. */
import type { ClientId, Timestamp } from "../core/ids.ts"
import type { AnyHeader } from "../core/trace-event.ts"
import { type Place, reject } from "./finding.ts"
import type { DropLine, StepLine } from "./replay-line.ts"

/** A start after another one of the same process. */
export interface NewStart<H> {
  readonly header: H
  readonly place: Place
  /** 0 when the start before said all that it did; undefined: nobody knows. */
  readonly dropped: 0 | undefined
}

/** Replays the lines of one process, from its first state on. */
export interface ProcessReplay<E> {
  readonly take: (line: StepLine) => E
  readonly drop: (line: DropLine) => E
  /** Of a process that keeps something: the events of the first line of a new start. */
  again?(line: StepLine, how: "ended" | "killed"): ReadonlyArray<E>
  /** Of one that keeps nothing: it starts anew. */
  beginAgain?(start: NewStart<AnyHeader>): E
}

/** The highest timestamp that each of these clients has used. */
type Timestamps = ReadonlyArray<readonly [ClientId, Timestamp]>

/** Rejects a start of clients whose timestamps are not above those used before. */
export const newTimestamps = (place: Place, used: Timestamps, { node }: AnyHeader): void => {
  const first = node.kind === "replica" ? 0 : node.firstTimestamp
  for (const [client, timestamp] of used) {
    if (timestamp <= first) continue
    reject({
      ...place,
      rule: "Durability",
      node: `client ${client}`,
      field: "node.firstTimestamp",
      expected: `at least ${timestamp}`,
      found: String(first),
      message: "the client starts again with timestamps that it has used before",
    })
  }
}
