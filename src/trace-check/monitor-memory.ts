/** What the monitor of a run is given, and what it remembers of executions and answers. */
import * as ClientTable from "../core/client-table.ts"
import type { ClientId, ReplicaId, Seq } from "../core/ids.ts"
import type { Reply } from "../core/pbft/message.ts"
import type { Config, State } from "../core/pbft/state.ts"
import { committedAt } from "../core/pbft/told.ts"
import * as Window from "../core/window.ts"
import type { Traced } from "./open-run.ts"
import type { ClientEvent } from "./event.ts"
import type { Place } from "./finding.ts"
import type { Misbehaviour } from "./misbehaviour.ts"

/** What the first replica to execute a sequence number did. */
export interface Execution {
  readonly replica: ReplicaId
  readonly place: Place
  readonly digest: string
  /** The replies; undefined when there were too many to keep. */
  replies: ReadonlyArray<Reply> | undefined
}

/** The execution of a client's request. */
export interface Outcome {
  readonly timestamp: number
  readonly seq: Seq
  readonly result: string
  readonly place: Place
}

export interface MonitorOptions {
  readonly traced: Traced
  readonly configs: ReadonlyMap<ReplicaId, Config>
  readonly logSize: number
  readonly misbehaved: (found: Misbehaviour) => void
  readonly resultDigest: Config["resultDigest"]
}

/** A result that was accepted before anybody had executed its request for good. */
export interface Accepted {
  readonly timestamp: number
  readonly result: string
  readonly event: ClientEvent
}

/** How much memory it takes, in characters. */
export const sizeOf = ({ replies }: Execution): number =>
  replies?.reduce((size, r) => size + r.result.length + 64, 0) ?? 0

/** The last executed timestamp of each client. */
export const timestamps = (state: State): Map<ClientId, number> =>
  new Map(ClientTable.entries(state.table).map(({ timestamp }, client) => [client, timestamp]))

/** The batch that a replica executes at `seq`: what others executed may differ from its log's. */
export const executedAt = (config: Config | undefined, state: State, seq: Seq) =>
  (config && committedAt(config, state, seq)) ?? Window.get(state.log, seq)
