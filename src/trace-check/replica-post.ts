/** The changes of a replica in a line of a trace, as emit-event.ts reads them. */
import type { Claim, Entry } from "../core/pbft/message.ts"
import type { RecoveryData } from "../core/pbft/projection.ts"
import type { Heard } from "../core/pbft/message.ts"
import type { WaitingRead } from "../core/waiting-reads.ts"

/** What a line says was changed: the data that src/core/pbft/trace-changes.ts writes. */
export interface ReplicaPost {
  readonly view?: number
  readonly active?: boolean
  readonly seqno?: number
  readonly queue?: number
  readonly executed?: number
  readonly low?: number
  readonly slot?: ReadonlyArray<{
    readonly seq: number
    readonly phase: string
    readonly digest: string
    readonly prepares: ReadonlyArray<LoggedVote>
    readonly commits: ReadonlyArray<LoggedVote>
  }>
  readonly table?: ReadonlyArray<{
    readonly client: number
    readonly timestamp: number
    readonly result: string
  }>
  readonly checkpoints?: ReadonlyArray<{ readonly seq: number; readonly digest: string }>
  readonly checkpointVotes?: ReadonlyArray<{
    readonly seq: number
    readonly votes: ReadonlyArray<LoggedVote>
  }>
  readonly pset?: ReadonlyArray<Entry>
  readonly qset?: ReadonlyArray<Entry>
  readonly viewChanges?: ReadonlyArray<{ readonly replica: number; readonly view: number }>
  readonly newView?: number | null
  readonly fetched?: ReadonlyArray<string>
  readonly undo?: number | null
  readonly reads?: ReadonlyArray<Pick<WaitingRead, "client" | "timestamp" | "after">>
  readonly recovery?: RecoveryData | null
  readonly heard?: ReadonlyArray<Heard>
  readonly told?: { readonly claims: ReadonlyArray<Claim>; readonly batches: ReadonlyArray<string> }
}
export type LoggedVote = number | { readonly replica: number; readonly digest: string }
