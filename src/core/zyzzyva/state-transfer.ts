/**
 * State transfer: TOCS 27(4) 2009, section 3.1; spec/tla/Zyzzyva.tla, section "State transfer". Who
 * vouched for a checkpoint is shown with its state, so that whoever gives it need not be believed.
 * The service's own state is the driver's to carry: its digest stands in the message.
 */
import * as ClientTable from "../client-table.ts"
import { ignore } from "../machine.ts"
import * as Window from "../window.ts"
import { above } from "./certificate.ts"
import { pendingExecution } from "./execution.ts"
import { orderAt } from "./log.ts"
import type { Authentic, FetchState, State as StateMessage } from "./message.ts"
import { isValidStable } from "./new-log.ts"
import { newReads } from "./reads.ts"
import { isMute } from "./rejoin.ts"
import {
  type Config,
  type Effect,
  noEntry,
  noHeaders,
  nothingVouched,
  type OwnCheckpoint,
  type State,
  type ZyzzyvaStep,
} from "./state.ts"

/** SendFetchState (TOCS 27(4) section 3.1). Asks for the state of a later stable checkpoint. */
export const sendFetchState = (config: Config, state: State): ZyzzyvaStep => {
  if (!config.canFetch) return ignore(state, "FetchesNothing")
  const message = { _tag: "FetchState" as const, seq: state.log.low, replica: config.id }
  return { state, effects: [{ _tag: "Broadcast", message }], action: "SendFetchState" }
}

/** RecvFetchState (TOCS 27(4) section 3.1). Who has a later stable checkpoint gives its state. */
export const recvFetchState = (
  config: Config,
  state: State,
  m: Authentic<FetchState>,
): ZyzzyvaStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (config.witness) return ignore(state, "HoldsNoState")
  const { stable, checkpoints } = state
  const own = checkpoints.find((c) => c.seq === stable.seq)
  if (own === undefined || m.seq >= stable.seq) return ignore(state, "NothingLater")
  const { history, service, table: all } = own
  const table = ClientTable.entries(all)
  const message: StateMessage = { _tag: "State", stable, history, service, table }
  return {
    state,
    effects: [{ _tag: "SendToReplicas", replicas: [m.replica], message }],
    action: "RecvFetchState",
  }
}

// A witness keeps no state, and forgets the results.
const ownOf = ({ witness }: Config, m: StateMessage): OwnCheckpoint => {
  const { history, stable } = m
  const entries = witness ? m.table.map((e) => ({ ...e, result: "" })) : m.table
  const table = ClientTable.fromEntriesOf(entries, noEntry)
  const service = witness ? stable.digest : m.service
  return { seq: stable.seq, history, digest: stable.digest, service, table }
}

// The checkpoint takes the place of what the replica executed; its log above it stays.
const adopted = (config: Config, state: State, own: OwnCheckpoint, m: StateMessage): State => {
  const { seq, history, table } = own
  const { low } = state.log
  const last = (client: number): number => ClientTable.get(table, client).timestamp
  return {
    ...state,
    stable: m.stable,
    // Its own above it stay: of its log if it is in a view; otherwise a digest tells.
    checkpoints: [own, ...state.checkpoints.filter((c) => c.seq > seq)],
    log: Window.advance(state.log, seq),
    executed: seq,
    table,
    headers: noHeaders(config, seq),
    checkpointVotes: nothingVouched(config, seq),
    certificates: above(config, state.certificates, { from: low, low: seq, history }),
    queue: state.queue.filter((r) => r.timestamp > last(r.client)),
  }
}

const confirmedRecord = (view: number): Effect => ({
  _tag: "Persist",
  record: { _tag: "ViewConfirmed", view },
})

/**
 * RecvState (TOCS 27(4) section 3.1). The state of a stable checkpoint that the replica has not
 * come to. It is durable before anything is said that depends on it.
 */
export const recvState = (
  config: Config,
  state: State,
  m: Authentic<StateMessage>,
): ZyzzyvaStep => {
  const { stable, history, service } = m
  const { seq, digest } = stable
  if (!config.canFetch) return ignore(state, "FetchesNothing")
  if (seq <= state.log.low) return ignore(state, "OldState")
  if (stable.view > state.view) return ignore(state, "LaterView")
  if (!isValidStable(config, stable)) return ignore(state, "TooFewSigners")
  if (m.table.length !== config.clients) return ignore(state, "WrongTableSize")
  if (config.checkpointDigest(history, service, m.table) !== digest) {
    return ignore(state, "WrongState")
  }
  const ordered = orderAt(state, seq)
  if (ordered !== undefined && ordered.history !== history) return ignore(state, "OtherHistory")
  const own = ownOf(config, m)
  // A checkpoint of the view that goes beyond its beginning: the view was confirmed.
  const isConfirmed =
    state.stage === "confirming" &&
    stable.view === state.view &&
    orderAt(state, seq + 1) === undefined
  const held = adopted(config, state, own, m)
  // Who lost its disk takes part again; but for view 0 it needs what the view begins with.
  const returns = held.view === 0 && !isMute(config, held)
  const next: State = isConfirmed || returns ? { ...held, stage: "active" } : held
  const pending = pendingExecution(config, next)
  const kept = { seq, history, digest, service: own.service }
  const table = ClientTable.entries(own.table)
  const taken = { _tag: "CheckpointTaken" as const, ...kept, table }
  const effects: ReadonlyArray<Effect> = [
    { _tag: "Persist", record: taken },
    { _tag: "Persist", record: { _tag: "CheckpointStable", stable } },
    ...(isConfirmed ? [confirmedRecord(state.view)] : []),
    { _tag: "Restore", seq },
    ...newReads(state, next),
    ...(pending === undefined ? [] : [pending]),
  ]
  return { state: next, effects, action: "RecvState" }
}
