/**
 * Speculative execution in order of sequence numbers, at most once per request: TOCS 27(4) 2009,
 * section 3.2, step 3; spec/tla/Zyzzyva.tla `Execute`. The service runs outside: the core asks with
 * the effect `Execute` and goes on with the input `Executed`.
 */
import * as ClientTable from "../client-table.ts"
import type { Execute, Executed } from "../effect.ts"
import { type Bytes, noDigest, type Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import type { Request, SignedRequest } from "../request.ts"
import { answerTo, isCommitFirst, isForOthers, signHeader } from "./answering.ts"
import { settle, vouch } from "./checkpointing.ts"
import { orderAt } from "./log.ts"
import { newReads } from "./reads.ts"
import type { Config, Effect, OwnCheckpoint, Slot, State, ZyzzyvaStep } from "./state.ts"

// The requests of a batch that are to be executed: those with a new timestamp, in order.
const fresh = (state: State, { batch }: Slot): ReadonlyArray<SignedRequest> => {
  const last = new Map<number, number>()
  return batch.filter(({ client, timestamp }) => {
    const seen = last.get(client) ?? ClientTable.get(state.table, client).timestamp
    if (timestamp <= seen) return false
    last.set(client, timestamp)
    return true
  })
}

const plain = ({ client, timestamp, operation }: Request): Request => ({
  client,
  timestamp,
  operation,
})

/** The execution that the state waits for, or undefined. */
export const pendingExecution = (
  config: Pick<Config, "checkpointInterval">,
  state: State,
): Execute | undefined => {
  const seq = state.executed + 1
  const slot = state.stage === "active" ? orderAt(state, seq) : undefined
  if (slot === undefined) return undefined
  const requests = fresh(state, slot).map(plain)
  const checkpoint = seq % config.checkpointInterval === 0
  return { _tag: "Execute", seq, requests, checkpoint, undoable: false }
}

/** The effect that starts the execution that `after` waits for and `before` did not. */
export const executeNext = (config: Config, before: State, after: State): ReadonlyArray<Effect> => {
  const next = pendingExecution(config, after)
  if (next === undefined) return none
  return pendingExecution(config, before)?.seq === next.seq ? none : [next]
}

interface Answered {
  readonly table: State["table"]
  readonly responses: ReadonlyArray<Effect>
}

// A witness has no results, whatever its driver says.
const resultsOf = ({ witness }: Config, { results }: Executed): ReadonlyArray<Bytes> =>
  witness ? results.map(() => "") : results

const answer = (config: Config, state: State, slot: Slot, input: Executed): Answered => {
  const { view } = state
  const { seq } = input
  const results = resultsOf(config, input)
  const { history } = slot
  const requests = fresh(state, slot)
  const isSigned = requests.some((r) => !isCommitFirst(config, r) && isForOthers(config, r))
  const signature = isSigned ? signHeader(config, view, seq, history) : ""
  const responses = requests.flatMap((request, k): ReadonlyArray<Effect> => {
    if (isCommitFirst(config, request)) return []
    const message = answerTo(config, { seq, slot, signature }, request, results[k] as Bytes)
    return [{ _tag: "SendToClient", client: request.client, message }]
  })
  const table = requests.reduce(
    (all, { client, timestamp }, k) =>
      ClientTable.set(all, client, { timestamp, result: results[k] as Bytes, seq, history }),
    state.table,
  )
  return { table, responses }
}

interface Told {
  readonly state: State
  readonly effects: ReadonlyArray<Effect>
}

// Its history to the others.
const tell = (config: Config, state: State, seq: Seq, { history }: Slot): Told => {
  const { view } = state
  const signature = signHeader(config, view, seq, history)
  const headers = vouch(state.headers, seq, config.id, { digest: history, signature })
  const header = { _tag: "SpecHeader" as const, view, seq, history, signature, replica: config.id }
  return {
    state: { ...state, headers },
    effects: [{ _tag: "Broadcast", message: header }],
  }
}

// The checkpoints with one more, unless it was kept over a restart.
const withOwn = ({ checkpoints }: State, own: OwnCheckpoint): State["checkpoints"] =>
  checkpoints.some((c) => c.seq === own.seq)
    ? checkpoints
    : [...checkpoints, own].sort((a, b) => a.seq - b.seq)

// The state's own checkpoint.
const takeCheckpoint = (
  config: Config,
  state: State,
  slot: Slot,
  { seq, service }: Executed,
): Told => {
  const { table } = state
  const { history } = slot
  // A witness digests nothing: its checkpoint is durable when it has vouched for it.
  if (config.witness) {
    const unknown = { seq, history, digest: noDigest, service: noDigest, table }
    return { state: { ...state, checkpoints: withOwn(state, unknown) }, effects: none }
  }
  const all = ClientTable.entries(table)
  const digest = config.checkpointDigest(history, service, all)
  const own = { seq, history, digest, service, table }
  const record = { _tag: "CheckpointTaken" as const, seq, history, digest, service, table: all }
  return {
    state: { ...state, checkpoints: withOwn(state, own) },
    effects: [{ _tag: "Persist", record }],
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
  const isTold = pending.checkpoint || slot.batch.some((r) => isCommitFirst(config, r))
  const told = isTold
    ? tell(config, taken.state, input.seq, slot)
    : { state: taken.state, effects: none }
  const settled = settle(config, state, told.state)
  const next = pendingExecution(config, settled.state)
  return {
    state: settled.state,
    effects: [
      ...responses,
      ...taken.effects,
      ...told.effects,
      ...settled.effects,
      ...newReads(state, settled.state),
      ...(next === undefined ? none : [next]),
    ],
    action: "Execute",
  }
}
