/**
 * A replica that lost its disk comes back: spec/tla/Zyzzyva.tla, `IsMute`, `IsAwaited`, `IsFresh`,
 * `IsOutdone` and `Rejoin`; docs/adr/0028-zyzzyva-lost-disk.md. It has forgotten with which
 * histories it answered, which certificates it acknowledged and which views it left. So it takes
 * part in no view until its stable checkpoint has passed all of that. The paper has no recovery.
 */
import * as ClientTable from "../client-table.ts"
import type { ReplicaId, Seq } from "../ids.ts"
import { ignore } from "../machine.ts"
import { primaryOf } from "../quorum.ts"
import { recovererOf, recoverOperation, toOthers } from "../recovery-request.ts"
import * as Window from "../window.ts"
import { lastOrdered } from "./log.ts"
import type { Request, ViewChange } from "./message.ts"
import type { NewLog } from "./new-log.ts"
import {
  type Config,
  type Entry,
  type Input,
  init,
  noEntry,
  type State,
  type ZyzzyvaStep,
} from "./state.ts"

type Table = State["table"]

/** What says how far a replica's words can reach. */
type Reach = Pick<Config, "id" | "recoverers" | "checkpointInterval" | "logSize">

// The last request to be taken back of a replica; of one that never asked, `noEntry`.
const askedBy = (config: Pick<Config, "recoverers">, table: Table, replica: ReplicaId): Entry => {
  const client = recovererOf(config, replica)
  return client === undefined ? noEntry : ClientTable.get(table, client)
}

// How far what was said before a request with this number can reach.
const pointOf = ({ checkpointInterval: k, logSize }: Reach, seq: Seq): Seq =>
  Math.floor((seq - 1) / k) * k + logSize

/** The stable checkpoint that the replica takes part from, once it knows it. */
export const recoversFrom = (
  config: Reach,
  { incarnation, checkpoints }: State,
): Seq | undefined => {
  const [stable] = checkpoints
  const asked = stable === undefined ? noEntry : askedBy(config, stable.table, config.id)
  return asked.timestamp < incarnation ? undefined : pointOf(config, asked.seq)
}

/** Whether the replica is silent, as it does not know what it said. */
export const isMute = (config: Reach, state: State): boolean => {
  if (state.incarnation === 0) return false
  const from = recoversFrom(config, state)
  return from === undefined || state.log.low < from
}

/**
 * The number up to which a replica that was taken back waits for the log to go on; 0 where none
 * has asked.
 */
export const awaitedUpTo = (config: Config, { table }: State): Seq =>
  Array.from({ length: config.group.n }, (_, replica) => askedBy(config, table, replica))
    .filter((asked) => asked.timestamp > 0)
    .reduce((most, asked) => Math.max(most, pointOf(config, asked.seq)), 0)

/** Whether the primary may order the null request for one that waits. */
export const isAwaited = (config: Config, state: State): boolean =>
  lastOrdered(state) < awaitedUpTo(config, state)

/**
 * The null request, when the primary is to order it: while nobody asks for anything, one after the
 * other.
 */
export const nullRequest = (config: Config, state: State): Input | undefined => {
  const { queue, stage, view, log, executed } = state
  if (config.recoverers === undefined || queue.length > 0 || stage !== "active") return undefined
  if (primaryOf(config.group, view) !== config.id || lastOrdered(state) > executed) return undefined
  const isRoom = Window.covers(log, executed + 1)
  return isRoom && isAwaited(config, state) ? { _tag: "Propose", count: 0 } : undefined
}

/** Whether a VIEW-CHANGE was said after the last recovery of its sender that was executed here. */
export const isFresh = (config: Config, { table }: State, m: ViewChange): boolean =>
  (m.incarnation ?? 0) >= askedBy(config, table, m.replica).timestamp

/**
 * Whether the sender of a VIEW-CHANGE asked to be taken back later, in the log that a view begins
 * with: `table` is that of its first checkpoint, or of a later one.
 */
export const isOutdone = (
  config: Config,
  { start, chosen }: NewLog,
  table: Table,
  { replica, incarnation = 0 }: ViewChange,
): boolean => {
  const asked = askedBy(config, table, replica)
  if (asked.timestamp > incarnation && asked.seq <= start.seq) return true
  const client = recovererOf(config, replica)
  return chosen.some(({ batch }) =>
    batch.some((r) => r.client === client && r.timestamp > incarnation),
  )
}

/** What a VIEW-CHANGE says of its sender's incarnation; nothing for who never lost its disk. */
export const incarnationOf = ({ incarnation }: State): { readonly incarnation?: number } =>
  incarnation === 0 ? {} : { incarnation }

/** The request to be taken back, as long as the replica does not know that it was executed. */
export const recoveryRequest = (config: Config, state: State): Request | undefined => {
  const { incarnation: timestamp, checkpoints } = state
  const client = recovererOf(config, config.id)
  const [stable] = checkpoints
  if (timestamp === 0 || client === undefined || stable === undefined) return undefined
  if (askedBy(config, stable.table, config.id).timestamp >= timestamp) return undefined
  return { _tag: "Request", client, timestamp, operation: recoverOperation, authenticator: "" }
}

/**
 * Rejoin (ours; TOCS 2002 section 5 has PBFT's). It starts with nothing, as the incarnation that a
 * counter outside of its disk gives.
 */
export const rejoin = (config: Config, state: State, incarnation: number): ZyzzyvaStep => {
  if (config.recoverers === undefined) return ignore(state, "NobodyIsTakenBack")
  if (incarnation <= state.incarnation) return ignore(state, "OldIncarnation")
  const start: State = { ...init(config), stage: "changing", incarnation }
  const request = recoveryRequest(config, start)
  return {
    state: start,
    effects: [
      { _tag: "Persist", record: { _tag: "Rejoined", incarnation } },
      ...(request === undefined ? [] : [toOthers(config, request)]),
    ],
    action: "Rejoin",
  }
}
