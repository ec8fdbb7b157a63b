/**
 * Execution in order of sequence numbers and at most once per request: OSDI '99 section 4.2, TOCS
 * appendix (EXECUTE) and section 5.1 (tentative execution); spec/tla/Pbft.tla `Execute`,
 * `ExecuteTentatively` and `Settle`. The service runs outside: the core asks with the effect
 * `Execute` and goes on with the input `Executed`.
 */
import * as ClientTable from "../client-table.ts"
import type { Executed } from "../effect.ts"
import type { Bytes, Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import type { Batch, Request, SignedRequest } from "../request.ts"
import { withReads } from "../waiting-reads.ts"
import * as Window from "../window.ts"
import { takeCheckpoint } from "./checkpointing.ts"
import type { Numbered, Reply } from "./message.ts"
import { newReads } from "./reads.ts"
import { reached } from "./rejoin.ts"
import { type Config, type Effect, type PbftStep, type State, settledSeq } from "./state.ts"
import { committedAt, type CommittedConfig, type Content, keepTold } from "./told.ts"

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
const canSettle = (config: ExecutionConfig, state: State): boolean => {
  const { undo, executed, log } = state
  if (undo === undefined) return false
  for (let seq = undo.executed + 1; seq <= executed; seq++) {
    if (!Window.covers(log, seq)) return false
    if (committedAt(config, state, seq)?.digest !== Window.get(log, seq).digest) return false
  }
  return true
}

/** What tells which execution a state waits for. */
export type ExecutionConfig = CommittedConfig & Pick<Config, "checkpointInterval">

interface Next {
  readonly seq: Seq
  readonly how: "committed" | "tentative" | "settled"
  readonly content: Content
}

// What can be executed: the next batch, if it is committed, or if it is prepared and all before it
// is committed; or once more what was executed tentatively, when it has been committed since.
const nextExecution = (config: ExecutionConfig, state: State): Next | undefined => {
  const { executed, undo, log } = state
  if (canSettle(config, state)) {
    return { seq: executed, how: "settled", content: Window.get(log, executed) }
  }
  const seq = executed + 1
  if (!Window.covers(log, seq)) return undefined
  if (undo !== undefined && seq > undo.executed + config.maxTentative) return undefined
  const content = committedAt(config, state, seq)
  if (content !== undefined) return { seq, how: "committed", content }
  const slot = Window.get(log, seq)
  const ahead = slot.phase === "prepared" && config.maxTentative > 0
  return ahead ? { seq, how: "tentative", content: slot } : undefined
}

/**
 * The execution that the state waits for, or undefined. What is settled comes without requests:
 * there may be a checkpoint to take.
 */
export const pendingExecution = (config: ExecutionConfig, state: State): Execute | undefined => {
  const next = nextExecution(config, state)
  return next && effectOf(config, state, next)
}

const effectOf = (config: ExecutionConfig, state: State, { seq, how, content }: Next): Execute => {
  const isCheckpoint = seq % config.checkpointInterval === 0
  if (how === "settled") {
    return { _tag: "Execute", seq, requests: [], checkpoint: isCheckpoint, undoable: false }
  }
  const requests = freshRequests(state, content.batch).map(plain)
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
  return [effectOf(config, after, next)]
}

/** The service's answer, with the batch that was executed. */
interface Ran extends Executed {
  readonly content: Content
}

/** Execute, ExecuteTentatively or Settle, whichever the state waits for. */
export const executedBatch = (config: Config, state: State, input: Executed): PbftStep => {
  const next = nextExecution(config, state)
  if (next === undefined || next.seq !== input.seq) return ignore(state, "NotNextToExecute")
  const { how, content } = next
  const { requests } = effectOf(config, state, next)
  if (input.results.length !== requests.length) return ignore(state, "WrongResultCount")
  if (how === "settled") return settle(config, state, input)
  const handler = how === "committed" ? execute : executeTentatively
  return handler(config, state, { ...input, content })
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
  { content, results }: Ran,
  marks: Pick<Reply, "tentative">,
): Answered => {
  const { view } = state
  const replies: Array<Effect> = []
  let table = state.table
  freshRequests(state, content.batch).forEach((request, k) => {
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
const forget = (state: State, batches: ReadonlyArray<Batch>): State => {
  const { table, queue } = state
  const last = (client: number): number => ClientTable.get(table, client).timestamp
  const assigned = state.assigned.slice()
  for (const batch of batches) {
    for (const { client } of batch) {
      if ((assigned[client] as number) <= last(client)) assigned[client] = 0
    }
  }
  const waiting = queue.filter((r) => r.timestamp > last(r.client))
  return { ...state, assigned, queue: waiting.length === queue.length ? queue : waiting }
}

// The checkpoint that is due, what is remembered of `own`, and what can be done next.
const finish = (
  config: Config,
  state: State,
  { service, own }: Pick<Executed, "service"> & { readonly own: ReadonlyArray<Numbered> },
): Pick<PbftStep, "state" | "effects"> => {
  const due = state.executed % config.checkpointInterval === 0
  const after = due ? takeCheckpoint(config, state, service) : { state, effects: none }
  const kept = keepTold(config, after.state, own)
  const next = pendingExecution(config, kept)
  return {
    state: kept,
    effects: next === undefined ? after.effects : [...after.effects, next],
  }
}

/**
 * Execute (OSDI '99 section 4.2). The service ran the next committed batch: its results go into
 * the client table and to the clients; every K-th time a checkpoint is taken.
 */
export const execute = (config: Config, state: State, input: Ran): PbftStep => {
  const { table, replies } = answer(config, state, input, {})
  const { seq, service, content } = input
  const { recovery, effects: point } = reached(config, state, { table, seq })
  const ran = forget({ ...state, executed: seq, table, recovery }, [content.batch])
  const own = [{ seq, digest: content.digest }]
  const { state: next, effects } = finish(config, ran, { service, own })
  const all = withReads([...point, ...replies, ...effects], newReads(state, next))
  return { state: next, effects: all, action: "Execute" }
}

/**
 * ExecuteTentatively (TOCS section 5.1). The service ran the next batch, which is prepared. Until
 * it is committed the requests stay in the queue: whoever waits for its agreement goes on waiting.
 */
export const executeTentatively = (config: Config, state: State, input: Ran): PbftStep => {
  const { executed, undo } = state
  const { table, replies } = answer(config, state, input, { tentative: true })
  const before = undo ?? { executed, table: state.table }
  const next: State = { ...state, executed: input.seq, table, undo: before }
  const head = executeHead(config, state, next)
  return { state: next, effects: [...replies, ...head], action: "ExecuteTentatively" }
}

/** Settle (TOCS section 5.1). What was executed tentatively is committed, and may be read. */
export const settle = (config: Config, state: State, { service }: Executed): PbftStep => {
  const own: Array<Numbered> = []
  const batches: Array<Batch> = []
  for (let seq = settledSeq(state) + 1; seq <= state.executed; seq++) {
    const { digest, batch } = Window.get(state.log, seq)
    own.push({ seq, digest })
    batches.push(batch)
  }
  const { table, executed: seq } = state
  const { recovery, effects: point } = reached(config, state, { table, seq })
  const settled = forget({ ...state, undo: undefined, recovery }, batches)
  const { state: next, effects } = finish(config, settled, { service, own })
  const all = withReads([...point, ...effects], newReads(state, next))
  return { state: next, effects: all, action: "Settle" }
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
