/**
 * Requests that are only to read, answered without an order: TOCS section 5.1; spec/tla/Pbft.tla
 * `RecvRead` and `AnswerRead`. The answer is of a state all of which is committed, and in which all
 * is executed that the replica had prepared when it was asked, in whatever view: a write that its
 * client has an answer to is prepared at f + 1 correct replicas, so no 2f + 1 equal answers come
 * from before it, though some replica has restarted since or taken a tentative execution back.
 * TOCS has no such rule. What only reads is the service's to say, never the client's.
 */
import * as ClientTable from "../client-table.ts"
import type { ReadDone } from "../effect.ts"
import type { Seq } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import * as Window from "../window.ts"
import type { Authentic, Read } from "./message.ts"
import { mayAsk } from "./proposal.ts"
import { isMute } from "./rejoin.ts"
import { isWaiting, newlyDue, type WaitingRead, withRead } from "../waiting-reads.ts"
import { type Config, type Effect, type PbftStep, type State, settledSeq } from "./state.ts"

/** Whether the read can be answered from the state. */
export const isReadable = ({ undo, executed }: State, { after }: WaitingRead): boolean =>
  undo === undefined && executed >= after

/** The reads that can be answered from the state. */
export const dueReads = (state: State): ReadonlyArray<WaitingRead> =>
  state.reads.filter((read) => isReadable(state, read))

/** The reads that may be done now, and could not before, as effects. */
export const newReads = (before: State, now: State): ReadonlyArray<Effect> =>
  now.reads.length === 0 ? none : newlyDue(dueReads(before), dueReads(now))

// The spec's PreparedAfter: the last number above what is executed for good that it has prepared.
const preparedAfter = ({ hastyReads }: Config, state: State): Seq => {
  if (hastyReads === true) return 0
  const now = Window.occupied(state.log).findLast((seq) => {
    const { phase } = Window.get(state.log, seq)
    return phase === "prepared" || phase === "committed"
  })
  const last = Math.max(now ?? 0, ...state.pset.map(({ seq }) => seq))
  return last > settledSeq(state) ? last : 0
}

/** RecvRead (TOCS section 5.1). The newest read of each client waits for a committed state. */
export const recvRead = (config: Config, state: State, m: Authentic<Read>): PbftStep => {
  if (!config.readOnly) return ignore(state, "NoReads")
  if (!mayAsk(config, m.client)) return ignore(state, "UnknownClient")
  const { client, timestamp, operation } = m
  if (timestamp <= ClientTable.get(state.table, client).timestamp) {
    return ignore(state, "OldTimestamp")
  }
  if (isWaiting(state.reads, m)) return ignore(state, "AlreadyWaiting")
  if (isMute(state)) return ignore(state, "Mute")
  const read: WaitingRead = { client, timestamp, operation, after: preparedAfter(config, state) }
  const next = { ...state, reads: withRead(state.reads, read) }
  return { state: next, effects: newReads(state, next), action: "RecvRead" }
}

/**
 * AnswerRead (TOCS section 5.1). The service has read. An operation that it does not take for a
 * read is not answered: its client asks for an order when its time has passed.
 */
export const answerRead = (config: Config, state: State, input: ReadDone): PbftStep => {
  const { client, timestamp, result } = input
  const mine = state.reads.find((r) => r.client === client && r.timestamp === timestamp)
  if (mine === undefined) return ignore(state, "NoSuchRead")
  if (!isReadable(state, mine)) return ignore(state, "NotSettled")
  const next = { ...state, reads: state.reads.filter((r) => r !== mine) }
  const about = { view: state.view, client, timestamp, replica: config.id }
  const effects: ReadonlyArray<Effect> =
    result === undefined
      ? none
      : [
          {
            _tag: "SendToClient",
            client,
            message: { _tag: "Reply", ...about, result, readOnly: true },
          },
        ]
  return { state: next, effects, action: "AnswerRead" }
}
