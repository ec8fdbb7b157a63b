/**
 * Execution in order of sequence numbers and at most once per request: OSDI '99 section 4.2, TOCS
 * appendix (EXECUTE) and section 5.1 (tentative execution); spec/tla/Pbft.tla `Execute`,
 * `ExecuteTentatively` and `Settle`. The service runs outside: the core asks with the effect
 * `Execute` and goes on with the input `Executed`.
 */
import * as ClientTable from "../client-table.ts"
import type { Bytes, Digest, Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import type { Request, SignedRequest } from "../request.ts"
import * as Window from "../window.ts"
import { takeCheckpoint } from "./checkpointing.ts"
import type { Reply } from "./message.ts"
import { newReads, withReads } from "./reads.ts"
import { reached } from "./rejoin.ts"
import { type Config, type Effect, isFinal, type PbftStep, type State } from "./state.ts"

/** The requests of a batch that are to be executed: those with a new timestamp, in order. */
const freshRequests = (
  state: State,
  batch: ReadonlyArray<SignedRequest>,
): ReadonlyArray<SignedRequest> => {
  const last = new Map<number, number>()
  return batch.filter((r) => {
    const seen = last.get(r.client) ?? ClientTable.get(state.table, r.client).timestamp
    if (r.timestamp <= seen) return false
    last.set(r.client, r.timestamp)
    return true
  })
}

const plain = ({ client, timestamp, operation }: Request): Request => ({
  client,
  timestamp,
  operation,
})

/** Whether everything that was executed tentatively is committed. */
const canSettle = ({ undo, executed, log }: State): boolean => {
  if (undo === undefined) return false
  for (let seq = undo.executed + 1; seq <= executed; seq++) {
    if (!Window.covers(log, seq) || !isFinal(Window.get(log, seq).phase)) return false
  }
  return true
}

type Ahead = Pick<Config, "maxTentative">

interface Next {
  readonly seq: Seq
  readonly how: "committed" | "tentative" | "settled"
}

// What can be executed: the next batch, if it is committed, or if it is prepared and all before it
// is committed; or once more what was executed tentatively, when it has been committed since.
const nextExecution = (config: Ahead, state: State): Next | undefined => {
  const { executed, undo, log } = state
  if (canSettle(state)) return { seq: executed, how: "settled" }
  const seq = executed + 1
  if (!Window.covers(log, seq)) return undefined
  if (undo !== undefined && seq > undo.executed + config.maxTentative) return undefined
  const { phase } = Window.get(log, seq)
  if (isFinal(phase)) return { seq, how: "committed" }
  return phase === "prepared" && config.maxTentative > 0 ? { seq, how: "tentative" } : undefined
}

/**
 * The execution that the state waits for, or undefined. What is settled comes without requests:
 * there may be a checkpoint to take.
 */
export const pendingExecution = (
  config: Ahead & Pick<Config, "checkpointInterval">,
  state: State,
): Execute | undefined => {
  const next = nextExecution(config, state)
  if (next === undefined) return undefined
  const { seq, how } = next
  const isCheckpoint = seq % config.checkpointInterval === 0
  if (how === "settled") {
    return { _tag: "Execute", seq, requests: [], checkpoint: isCheckpoint, undoable: false }
  }
  const requests = freshRequests(state, Window.get(state.log, seq).batch).map(plain)
  const tentative = how === "tentative"
  const undoable = tentative || state.undo !== undefined
  return { _tag: "Execute", seq, requests, checkpoint: isCheckpoint && !tentative, undoable }
}

type Execute = Extract<Effect, { readonly _tag: "Execute" }>

/** How many operations may have to be taken back: a batch has those asked for and the proposal. */
export const mostUndoable = ({ maxTentative, maxBatch, clock }: Undoable): number =>
  maxTentative * (maxBatch + (clock === undefined ? 0 : 1))

type Undoable = Pick<Config, "maxTentative" | "maxBatch" | "clock">

/** The effect that starts the execution that `after` waits for and `before` did not. */
export const executeHead = (config: Config, before: State, after: State): ReadonlyArray<Effect> => {
  const next = nextExecution(config, after)
  if (next === undefined || nextExecution(config, before)?.seq === next.seq) return none
  const pending = pendingExecution(config, after)
  return pending === undefined ? none : [pending]
}

/** The answer to the effect `Execute`. */
interface Executed {
  readonly seq: Seq
  readonly results: ReadonlyArray<Bytes>
  readonly service: Digest
}

/** Execute, ExecuteTentatively or Settle, whichever the state waits for. */
export const executedBatch = (config: Config, state: State, input: Executed): PbftStep => {
  const pending = pendingExecution(config, state)
  if (pending === undefined || pending.seq !== input.seq) return ignore(state, "NotNextToExecute")
  if (input.results.length !== pending.requests.length) return ignore(state, "WrongResultCount")
  if (input.seq === state.executed) return settle(config, state, input)
  const { phase } = Window.get(state.log, input.seq)
  const handler = isFinal(phase) ? execute : executeTentatively
  return handler(config, state, input)
}

interface Answered {
  readonly table: ClientTable.ClientTable
  readonly replies: ReadonlyArray<Effect>
}

// What is executed goes into the client table, and to the clients: in full, or as a digest where
// another replica was asked for the result.
const answer = (
  config: Config,
  state: State,
  { seq, results }: Executed,
  marks: Pick<Reply, "tentative">,
): Answered => {
  const { view } = state
  const replies: Array<Effect> = []
  let table = state.table
  freshRequests(state, Window.get(state.log, seq).batch).forEach((request, k) => {
    const { client, timestamp, replier } = request
    const result = results[k] as Bytes
    table = ClientTable.set(table, client, { timestamp, result })
    if (client === config.clock) return
    const about = { view, client, timestamp, replica: config.id, ...marks }
    const whole = replier === undefined || replier === config.id
    const message: Reply = whole
      ? { _tag: "Reply", ...about, result }
      : { _tag: "Reply", ...about, result: config.resultDigest(result), digest: true }
    replies.push({ _tag: "SendToClient", client, message })
  })
  return { table, replies }
}

// What was executed for good need not be remembered, nor wait any more.
const forget = (state: State, first: Seq): State => {
  const { table, queue, log, executed } = state
  const last = (client: number): number => ClientTable.get(table, client).timestamp
  const assigned = state.assigned.slice()
  for (let seq = first; seq <= executed; seq++) {
    for (const { client } of Window.get(log, seq).batch) {
      if ((assigned[client] as number) <= last(client)) assigned[client] = 0
    }
  }
  const waiting = queue.filter((r) => r.timestamp > last(r.client))
  return { ...state, assigned, queue: waiting.length === queue.length ? queue : waiting }
}

// The checkpoint that is due, and what can be done next.
const finish = (
  config: Config,
  state: State,
  { service }: Executed,
): Pick<PbftStep, "state" | "effects"> => {
  const due = state.executed % config.checkpointInterval === 0
  const after = due ? takeCheckpoint(config, state, service) : { state, effects: none }
  const next = pendingExecution(config, after.state)
  return {
    state: after.state,
    effects: next === undefined ? after.effects : [...after.effects, next],
  }
}

/**
 * Execute (OSDI '99 section 4.2). The service ran the next committed batch: its results go into
 * the client table and to the clients; every K-th time a checkpoint is taken.
 */
export const execute = (config: Config, state: State, input: Executed): PbftStep => {
  const { table, replies } = answer(config, state, input, {})
  const { recovery, effects: point } = reached(config, state, { table, seq: input.seq })
  const ran = forget({ ...state, executed: input.seq, table, recovery }, input.seq)
  const { state: next, effects } = finish(config, ran, input)
  const all = withReads([...point, ...replies, ...effects], newReads(state, next))
  return { state: next, effects: all, action: "Execute" }
}

/**
 * ExecuteTentatively (TOCS section 5.1). The service ran the next batch, which is prepared. Until
 * it is committed the requests stay in the queue: whoever waits for its agreement goes on waiting.
 */
export const executeTentatively = (config: Config, state: State, input: Executed): PbftStep => {
  const { executed, undo } = state
  const { table, replies } = answer(config, state, input, { tentative: true })
  const before = undo ?? { executed, table: state.table }
  const next: State = { ...state, executed: input.seq, table, undo: before }
  const head = executeHead(config, state, next)
  return { state: next, effects: [...replies, ...head], action: "ExecuteTentatively" }
}

/** Settle (TOCS section 5.1). What was executed tentatively is committed, and may be read. */
export const settle = (config: Config, state: State, input: Executed): PbftStep => {
  const first = (state.undo?.executed ?? state.executed) + 1
  const settled = forget({ ...state, undo: undefined }, first)
  const { state: next, effects } = finish(config, settled, input)
  return { state: next, effects: withReads(effects, newReads(state, next)), action: "Settle" }
}

/** The state that goes back to what is committed, and what its service must do for it. */
export const undone = (
  state: State,
): { readonly state: State; readonly effects: ReadonlyArray<Effect> } => {
  const { undo } = state
  if (undo === undefined) return { state, effects: none }
  const { executed, table } = undo
  const back = { ...state, executed, table, undo: undefined }
  return { state: back, effects: [{ _tag: "Undo" }, ...newReads(state, back)] }
}
