/**
 * Execution in order of sequence numbers and at most once per request: OSDI '99 section 4.2,
 * TOCS appendix (EXECUTE); spec/tla/Pbft.tla `Execute`. The service runs outside: the core asks
 * with the effect `Execute` and goes on with the input `Executed`.
 */
import * as ClientTable from "../client-table.ts"
import type { Bytes, Digest, Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import type { Request } from "../request.ts"
import * as Window from "../window.ts"
import { takeCheckpoint } from "./checkpointing.ts"
import type { Config, Effect, PbftStep, State } from "./state.ts"

/** The requests of a batch that are to be executed: those with a new timestamp, in order. */
export const freshRequests = (
  state: State,
  batch: ReadonlyArray<Request>,
): ReadonlyArray<Request> => {
  const last = new Map<number, number>()
  const fresh: Array<Request> = []
  for (const r of batch) {
    const seen = last.get(r.client) ?? ClientTable.get(state.table, r.client).timestamp
    if (r.timestamp <= seen) continue
    last.set(r.client, r.timestamp)
    fresh.push({ client: r.client, timestamp: r.timestamp, operation: r.operation })
  }
  return fresh
}

/** The execution that the state waits for, or undefined: the next batch, if it is committed. */
export const pendingExecution = (config: Config, state: State): Execute | undefined => {
  const seq = state.executed + 1
  if (!Window.covers(state.log, seq)) return undefined
  const slot = Window.get(state.log, seq)
  if (slot.phase !== "committed") return undefined
  const requests = freshRequests(state, slot.batch)
  return { _tag: "Execute", seq, requests, checkpoint: seq % config.checkpointInterval === 0 }
}

type Execute = Extract<Effect, { readonly _tag: "Execute" }>

/** The effect that starts the execution of `seq`, if it is the next one and committed. */
export const executeHead = (config: Config, state: State, seq: Seq): ReadonlyArray<Effect> => {
  if (seq !== state.executed + 1) return none
  const pending = pendingExecution(config, state)
  return pending === undefined ? none : [pending]
}

/**
 * Execute (OSDI '99 section 4.2). The service ran the next committed batch: its results go into
 * the client table and to the clients; every K-th time a checkpoint is taken.
 */
export const execute = (
  config: Config,
  state: State,
  input: { readonly seq: Seq; readonly results: ReadonlyArray<Bytes>; readonly service: Digest },
): PbftStep => {
  const pending = pendingExecution(config, state)
  if (pending === undefined || pending.seq !== input.seq) return ignore(state, "NotNextToExecute")
  const { requests, seq, checkpoint } = pending
  if (input.results.length !== requests.length) return ignore(state, "WrongResultCount")
  const replies: Array<Effect> = []
  let table = state.table
  const assigned = state.assigned.slice()
  requests.forEach(({ client, timestamp }, k) => {
    const result = input.results[k] as Bytes
    table = ClientTable.set(table, client, { timestamp, result })
    if ((assigned[client] as number) <= timestamp) assigned[client] = 0
    replies.push({
      _tag: "SendToClient",
      client,
      message: { _tag: "Reply", view: state.view, client, timestamp, replica: config.id, result },
    })
  })
  const waiting = state.queue.filter(
    (r) => r.timestamp > ClientTable.get(table, r.client).timestamp,
  )
  const queue = waiting.length === state.queue.length ? state.queue : waiting
  const ran = { ...state, executed: seq, table, assigned, queue }
  const after = checkpoint
    ? takeCheckpoint(config, ran, input.service)
    : { state: ran, effects: none }
  return {
    state: after.state,
    effects: [...replies, ...after.effects, ...executeHead(config, after.state, seq + 1)],
    action: "Execute",
  }
}
