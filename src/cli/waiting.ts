/** What a process of a recorded run waits for. */
import type { ClientId, ReplicaId, Seq, View } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import type { Place } from "../trace-check/finding.ts"

/** A point of the merged run: the event's number, from 1, and its line. */
export interface Moment extends Place {
  readonly event: number
}

/** What one process waits for. */
export interface Waiting {
  /** `replica 1` or `client 5`. */
  readonly process: string
  /** What it has come to: `prepared in view 0`. */
  readonly stage: string
  /** The sequence numbers that are in this stage and lack the same; empty for clients. */
  readonly seqs: ReadonlyArray<Seq>
  /** What it waits for: `COMMIT`, or the name of another message. */
  readonly message: string
  /** How many of them it needs, its own counted. */
  readonly needs: number
  readonly has: ReadonlyArray<ReplicaId>
  readonly lacks: ReadonlyArray<Lack>
  /** When the first of `seqs` came to this stage; undefined in a state that a gap left behind. */
  readonly since: Moment | undefined
  /** Of a replica that changes its view: the view that it moves to. */
  readonly view?: View
  /** Of a client: the request that is not answered. */
  readonly request?: { readonly client: ClientId; readonly timestamp: number }
}

/** A replica whose message is not there, and what its own trace says of that. */
export interface Lack {
  readonly replica: ReplicaId
  readonly why: string
}

/** What one state waits for, before what is alike is put together. */
export type Need = Omit<Waiting, "process" | "seqs" | "since"> & {
  readonly seq: Seq | undefined
  /** Names the stage in what is kept of when it was reached. */
  readonly stageKey: string
}

export const everyone = ({ n }: Group): ReadonlyArray<ReplicaId> =>
  Array.from({ length: n }, (_, r) => r)

/** Those of whom nothing is there; why is for the one who knows their traces to say. */
export const lacking = (group: Group, has: ReadonlyArray<ReplicaId>): ReadonlyArray<Lack> =>
  everyone(group)
    .filter((replica) => !has.includes(replica))
    .map((replica) => ({ replica, why: "" }))
