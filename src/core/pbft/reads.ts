/**
 * Requests that are only to read, answered without an order: TOCS section 5.1; spec/tla/Pbft.tla
 * `RecvRead` and `AnswerRead`. The answer is of a state all of which is committed. What only reads
 * is the service's to say, never the client's.
 */
import * as ClientTable from "../client-table.ts"
import type { Bytes, ClientId, Timestamp } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import type { Authentic, Read } from "./message.ts"
import { mayAsk } from "./proposal.ts"
import type { Config, Effect, PbftStep, State, WaitingRead } from "./state.ts"

const readState = ({ client, timestamp, operation }: WaitingRead): Effect => ({
  _tag: "ReadState",
  client,
  timestamp,
  operation,
})

/** The reads that may be done now, as effects: none while something is executed tentatively. */
export const waitingReads = ({ undo, reads }: State): ReadonlyArray<Effect> =>
  undo === undefined ? reads.map(readState) : none

/** RecvRead (TOCS section 5.1). The newest read of each client waits for a committed state. */
export const recvRead = (config: Config, state: State, m: Authentic<Read>): PbftStep => {
  if (!config.readOnly) return ignore(state, "NoReads")
  if (!mayAsk(config, m.client)) return ignore(state, "UnknownClient")
  const { client, timestamp, operation } = m
  if (timestamp <= ClientTable.get(state.table, client).timestamp) {
    return ignore(state, "OldTimestamp")
  }
  const mine = state.reads.find((r) => r.client === client)
  if (mine !== undefined && mine.timestamp >= timestamp) return ignore(state, "AlreadyWaiting")
  const read: WaitingRead = { client, timestamp, operation }
  const others = state.reads.filter((r) => r !== mine)
  const next = { ...state, reads: [...others, read].sort((a, b) => a.client - b.client) }
  const effects = state.undo === undefined ? [readState(read)] : none
  return { state: next, effects, action: "RecvRead" }
}

/** The answer to the effect `ReadState`. */
interface ReadDone {
  readonly client: ClientId
  readonly timestamp: Timestamp
  readonly result: Bytes | undefined
}

/**
 * AnswerRead (TOCS section 5.1). The service has read. An operation that it does not take for a
 * read is not answered: its client asks for an order when its time has passed.
 */
export const answerRead = (config: Config, state: State, input: ReadDone): PbftStep => {
  const { client, timestamp, result } = input
  const mine = state.reads.find((r) => r.client === client && r.timestamp === timestamp)
  if (mine === undefined) return ignore(state, "NoSuchRead")
  if (state.undo !== undefined) return ignore(state, "NotSettled")
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
