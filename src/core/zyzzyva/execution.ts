/**
 * Speculative execution in order of sequence numbers, at most once per request: TOCS 27(4) 2009,
 * section 3.2, step 3; spec/tla/Zyzzyva.tla `Execute`. The service runs outside: the core asks with
 * the effect `Execute` and goes on with the input `Executed`.
 */
import * as ClientTable from "../client-table.ts"
import type { Execute, Executed } from "../effect.ts"
import type { Bytes, Digest, Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import type { Request, SignedRequest } from "../request.ts"
import { settle, vouch } from "./checkpointing.ts"
import { orderAt } from "./log.ts"
import type { SpecResponse } from "./message.ts"
import type { Config, Effect, Slot, State, ZyzzyvaStep } from "./state.ts"

// The requests of a batch that are to be executed: those with a new timestamp, in order.
const fresh = (state: State, batch: ReadonlyArray<SignedRequest>): ReadonlyArray<Request> => {
  const last = new Map<number, number>()
  return batch.flatMap(({ client, timestamp, operation }) => {
    const seen = last.get(client) ?? ClientTable.get(state.table, client).timestamp
    if (timestamp <= seen) return []
    last.set(client, timestamp)
    return [{ client, timestamp, operation }]
  })
}

/** The execution that the state waits for, or undefined. */
export const pendingExecution = (
  config: Pick<Config, "checkpointInterval">,
  state: State,
): Execute | undefined => {
  const seq = state.executed + 1
  const slot = state.stage === "active" ? orderAt(state, seq) : undefined
  if (slot === undefined) return undefined
  const requests = fresh(state, slot.batch)
  const checkpoint = seq % config.checkpointInterval === 0
  return { _tag: "Execute", seq, requests, checkpoint, undoable: false }
}

/** The effect that starts the execution that `after` waits for and `before` did not. */
export const executeNext = (config: Config, before: State, after: State): ReadonlyArray<Effect> => {
  const next = pendingExecution(config, after)
  if (next === undefined) return none
  return pendingExecution(config, before)?.seq === next.seq ? none : [next]
}

/** The signature of what an answer says of the history. */
export const signHeader = (config: Config, view: number, seq: Seq, history: Digest): Bytes =>
  config.sign({ _tag: "SpecHeader", view, seq, history, replica: config.id })

interface Answered {
  readonly table: State["table"]
  readonly responses: ReadonlyArray<Effect>
}

const answer = (config: Config, state: State, slot: Slot, { seq, results }: Executed): Answered => {
  const { view } = state
  const { history } = slot
  const requests = fresh(state, slot.batch)
  const signature = requests.length === 0 ? "" : signHeader(config, view, seq, history)
  const about = {
    view,
    seq,
    history,
    signature,
    ...(slot.order === undefined ? {} : { order: slot.order }),
  }
  const responses = requests.map(({ client, timestamp }, k): Effect => {
    const result = results[k] as Bytes
    const message: SpecResponse = {
      _tag: "SpecResponse",
      ...about,
      client,
      timestamp,
      result,
      replica: config.id,
    }
    return { _tag: "SendToClient", client, message }
  })
  const table = requests.reduce(
    (all, { client, timestamp }, k) =>
      ClientTable.set(all, client, { timestamp, result: results[k] as Bytes, seq, history }),
    state.table,
  )
  return { table, responses }
}

// The state's own checkpoint, and its history to the others.
const takeCheckpoint = (
  config: Config,
  state: State,
  slot: Slot,
  { seq, service }: Executed,
): { readonly state: State; readonly effects: ReadonlyArray<Effect> } => {
  const { table, view } = state
  const { history } = slot
  const all = ClientTable.entries(table)
  const digest = config.checkpointDigest(history, service, all)
  const signature = signHeader(config, view, seq, history)
  const said = { digest: history, signature }
  const own = { seq, history, digest, service, table }
  const record = { _tag: "CheckpointTaken" as const, seq, history, digest, service, table: all }
  const header = { _tag: "SpecHeader" as const, view, seq, history, signature, replica: config.id }
  return {
    state: {
      ...state,
      checkpoints: [...state.checkpoints, own],
      headers: vouch(state.headers, seq, config.id, said),
    },
    effects: [
      { _tag: "Persist", record },
      { _tag: "Broadcast", message: header },
    ],
  }
}

/**
 * Execute (TOCS 27(4) section 3.2, step 3). The service ran the next batch, before it is agreed on:
 * the clients get answers that say to which history they belong.
 */
export const execute = (config: Config, state: State, input: Executed): ZyzzyvaStep => {
  const pending = pendingExecution(config, state)
  if (pending === undefined || pending.seq !== input.seq) return ignore(state, "NotNextToExecute")
  if (input.results.length !== pending.requests.length) return ignore(state, "WrongResultCount")
  const slot = orderAt(state, input.seq) as Slot
  const { table, responses } = answer(config, state, slot, input)
  const last = (client: number): number => ClientTable.get(table, client).timestamp
  const queue = state.queue.filter((r) => r.timestamp > last(r.client))
  const ran: State = { ...state, executed: input.seq, table, queue }
  const taken = pending.checkpoint
    ? takeCheckpoint(config, ran, slot, input)
    : { state: ran, effects: none }
  const settled = settle(config, taken.state)
  const next = pendingExecution(config, settled.state)
  return {
    state: settled.state,
    effects: [
      ...responses,
      ...taken.effects,
      ...settled.effects,
      ...(next === undefined ? none : [next]),
    ],
    action: "Execute",
  }
}
