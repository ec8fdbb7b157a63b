/**
 * Requests that are only to read, answered without an order: TOCS 27(4) 2009, section 4;
 * spec/tla/Zyzzyva.tla `RecvRead` and `AnswerRead`. What is executed need not stay, so an answer
 * names the history that was read, and says whether it is committed. A replica answers when it has
 * executed what it had ordered in its view when it was asked: the paper has no such rule
 * (docs/adr/0011-fast-paths.md, docs/adr/0025-zyzzyva-fast-paths.md).
 */
import * as ClientTable from "../client-table.ts"
import type { ReadDone } from "../effect.ts"
import { ignore, none } from "../machine.ts"
import { isWaiting, newlyDue, type WaitingRead, withRead } from "../waiting-reads.ts"
import { witnessMark } from "./answering.ts"
import { isCertified } from "./certificate.ts"
import { historyAt, lastOrdered } from "./log.ts"
import type { Authentic, Read, ReadResponse } from "./message.ts"
import type { Config, Effect, State, ZyzzyvaStep } from "./state.ts"

/** The reads that can be answered from the state. */
export const dueReads = ({ pendingReads, executed }: State): ReadonlyArray<WaitingRead> =>
  pendingReads.filter(({ after }) => executed >= after)

/** The reads that may be done now, and could not before, as effects. */
export const newReads = (before: State, now: State): ReadonlyArray<Effect> =>
  now.pendingReads.length === 0 ? none : newlyDue(dueReads(before), dueReads(now))

/** RecvRead (TOCS 27(4) section 4). The newest read of each client waits for what is ordered. */
export const recvRead = (config: Config, state: State, m: Authentic<Read>): ZyzzyvaStep => {
  if (!config.readOnly) return ignore(state, "NoReads")
  const { client, timestamp, operation } = m
  if (!ClientTable.knows(state.table, client)) return ignore(state, "UnknownClient")
  if (timestamp <= ClientTable.get(state.table, client).timestamp) {
    return ignore(state, "OldTimestamp")
  }
  if (state.stage !== "active") return ignore(state, "NotActive")
  if (isWaiting(state.pendingReads, m)) return ignore(state, "AlreadyWaiting")
  const after = config.hastyReads === true ? 0 : lastOrdered(state)
  const read = { client, timestamp, operation, after }
  const next = { ...state, pendingReads: withRead(state.pendingReads, read) }
  return { state: next, effects: newReads(state, next), action: "RecvRead" }
}

// All that it has executed stays: it is of a stable checkpoint, or a certificate covers it.
const isCommitted = ({ view, executed, log, certificates }: State): boolean =>
  executed === log.low || isCertified(view, certificates, executed)

/**
 * AnswerRead (TOCS 27(4) section 4). The service has read. An operation that it does not take for a
 * read is not answered: its client asks for an order when its time has passed.
 */
export const answerRead = (config: Config, state: State, input: ReadDone): ZyzzyvaStep => {
  const { client, timestamp, result } = input
  const mine = state.pendingReads.find((r) => r.client === client && r.timestamp === timestamp)
  if (mine === undefined) return ignore(state, "NoSuchRead")
  const { view, executed: seq } = state
  if (seq < mine.after) return ignore(state, "NotExecuted")
  const next = { ...state, pendingReads: state.pendingReads.filter((r) => r !== mine) }
  if (result === undefined) return { state: next, effects: none, action: "AnswerRead" }
  const history = historyAt(state, seq)
  const committed = isCommitted(state) ? { committed: true as const } : {}
  const said = { result: config.witness ? "" : result, ...witnessMark(config) }
  const about = { view, seq, history, ...committed, client, timestamp, ...said }
  const message: ReadResponse = { _tag: "ReadResponse", ...about, replica: config.id }
  return {
    state: next,
    effects: [{ _tag: "SendToClient", client, message }],
    action: "AnswerRead",
  }
}
