/**
 * PBFT as what runs a replica sees it.
 *
 * Outside the specification: nothing; it names functions of src/core/pbft, and says which messages
 * wait or are sent again, as early.ts, catch-up.ts and change-repeater.ts say why.
 */
import type {
  DirectMessage,
  Message,
  Reply,
  Request,
  SlotMessage,
  State as StateMessage,
} from "../core/pbft/message.ts"
import { awaitedBy } from "../core/pbft/idle-goals.ts"
import { isProposer, proposeInput } from "../core/pbft/proposal.ts"
import { askedOf, contradiction } from "../core/pbft/recover.ts"
import { highAt, isMute } from "../core/pbft/rejoin.ts"
import { step } from "../core/pbft/replica.ts"
import { changeMessages, checkpointsAbove, messagesAt, neededBatches } from "../core/pbft/resend.ts"
import { durableRecords } from "../core/pbft/restart.ts"
import {
  type Config,
  type DurableRecord,
  type Input,
  init,
  type State,
  settledState,
} from "../core/pbft/state.ts"
import { standstillTimer } from "../core/pbft/standstill.ts"
import { toTell } from "../core/pbft/telling.ts"
import { changeAfter, viewTimer } from "../core/pbft/timer.ts"
import { dropLine, replicaLine } from "../core/pbft/trace.ts"
import { isSigned } from "../core/request.ts"
import type { Authenticator } from "./authenticate.ts"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { readMessage, writeMessage } from "./codec.ts"
import { checkpointDigest } from "./digests.ts"
import { isAhead } from "./early.ts"
import { IdleLog } from "./idle-log.ts"
import type { ReplicaKeys } from "./keys.ts"
import type { Progress } from "./progress.ts"
import type {
  Kinds,
  Place,
  RecordCodec,
  Repetition,
  ReplicaMachine,
  ReplicaProtocol,
  ReplicaWire,
} from "./protocol.ts"
import { readRecord, writeRecord } from "./record-codec.ts"

export interface PbftKinds extends Kinds {
  readonly State: State
  readonly Input: Input
  readonly Message: DirectMessage | StateMessage | Request
  readonly Reply: Reply
  readonly Record: DurableRecord
}

export const pbftMachine = (config: Config): ReplicaMachine<PbftKinds> => ({
  group: config.group,
  id: config.id,
  logSize: config.logSize,
  maxBatch: config.maxBatch,
  init: init(config),
  step: (state, input) => step(config, state, input),
  isActive: (state) => state.active,
  isProposer: (state) => isProposer(config, state),
  settledState,
  lastAssigned: (state) => state.seqno,
  settled: (state) => state.executed,
  durableRecords: (state) => durableRecords(config, state),
  changeAfter: (before, now) => changeAfter(config, before, now),
  viewTimer: (state, stands) => viewTimer(config, state) ?? standstillTimer(config, state, stands),
  awaited: awaitedBy,
  doubt: (before, now) => contradiction(config, before, now),
})

const placeOf = (input: Input): Place | undefined => {
  if (input._tag !== "Receive" && input._tag !== "ReceivePrePrepare") return undefined
  const { message } = input
  switch (message._tag) {
    case "PrePrepare":
    case "Prepare":
    case "Commit":
      return message
    case "Checkpoint":
      return { replica: message.replica, seq: message.seq, view: undefined }
    default:
      return undefined
  }
}

// Who is recovered does not take part before it knows its bound, and not above it.
const isEarly = (state: State, place: Place): boolean =>
  isAhead(state.active, state, place) ||
  (place.view === state.view && state.recovery?.estimate !== undefined && isMute(state)) ||
  place.seq > highAt(state, state.log.low)

const sizeOf = (input: Input): number => {
  if (input._tag !== "ReceivePrePrepare") return 200
  let bytes = 200
  for (const r of input.message.batch) bytes += 200 + (isSigned(r) ? r.operation.length : 0)
  return bytes
}

const bytesOf = (m: PbftKinds["Message"]): number => {
  if (m._tag !== "PrePrepare") return 200
  let bytes = 200
  for (const r of m.batch) {
    bytes += 200 + (isSigned(r) ? r.operation.length + r.authenticator.length : 0)
  }
  return bytes
}

const isUseful = ({ view }: State, told: Progress | undefined, message: DirectMessage): boolean => {
  if (told === undefined || message._tag === "FetchBatch") return true
  if (told.view !== view) return told.view < view
  return message._tag === "NewView" ? !told.newView : !told.active
}

/** What is to be said again to a peer that told this; in a view that was entered, what it lacks. */
export const repeatedTo = (
  config: Config,
  state: State,
  told: Progress | undefined,
): ReadonlyArray<DirectMessage | Request> => {
  const asks = askedOf(config, state, told?.low ?? 0)
  const own = state.active
    ? neededBatches(config, state)
    : changeMessages(config, state).filter((m) => isUseful(state, told, m))
  return asks === undefined ? own : [asks, ...own]
}

const isSlotMessage = (
  m: PbftKinds["Message"],
): m is Exclude<SlotMessage, { _tag: "Checkpoint" }> =>
  m._tag === "PrePrepare" || m._tag === "Prepare" || m._tag === "Commit"

const repetition = (config: Config): Repetition<PbftKinds> => ({
  placeOf,
  isEarly,
  rekeyed: (input) => (input._tag === "ChangeKey" ? input.replica : undefined),
  // What the window and the view let in is looked for anyway.
  opens: (before, now) => isMute(before) && !isMute(now),
  // That others have a later checkpoint is worth to know at once.
  tells: (_, { view }) => view === undefined,
  sizeOf,
  messagesAt: (state, seq) => messagesAt(config, state, seq),
  checkpointsAbove: (state, low) =>
    checkpointsAbove(config, state, low).map((message) => ({ seq: message.seq, message })),
  isOfCheckpoint: (message) => message._tag === "Checkpoint",
  viewOf: (message) => (isSlotMessage(message) ? message.view : undefined),
  bytesOf,
  repeatedTo: (state, told) => repeatedTo(config, state, told),
  newView: ({ newView }) =>
    newView === undefined
      ? undefined
      : { message: newView, by: newView.replica, start: newView.start.seq },
})

/** The last checkpoint that was taken: a restarted replica goes on from there. */
export const pbftRecords: RecordCodec<DurableRecord> = {
  session: () => ({ write: writeRecord, read: readRecord }),
  startOf: (records) => {
    const taken = records.filter((r) => r._tag === "CheckpointTaken")
    const last = taken.reduce<(typeof taken)[number] | undefined>(
      (best, r) => (r.seq >= (best?.seq ?? 0) ? r : best),
      undefined,
    )
    if (last === undefined) return undefined
    const { seq, table, digest } = last
    return { seq, isOf: (service) => checkpointDigest(seq, service, table) === digest }
  },
  taken: (record) => (record._tag === "CheckpointTaken" ? record.seq : undefined),
  incarnationOf: (records) => {
    const last = records.findLast((r) => r._tag === "Rejoined" || r._tag === "Recovering")
    return last !== undefined && "incarnation" in last ? last.incarnation : 0
  },
  recoversWithDisk: true,
}

const idling = (config: Config): Pick<ReplicaProtocol<PbftKinds>, "machine" | "idle"> => {
  const machine = pbftMachine(config)
  const idle = new IdleLog(config)
  const timerOf: typeof machine.viewTimer = (state, stands) =>
    machine.viewTimer(state, stands) ?? idle.timer(state)
  return { machine: { ...machine, viewTimer: timerOf }, idle }
}

export const pbftProtocol = (config: Config): ReplicaProtocol<PbftKinds> => ({
  ...idling(config),
  inputs: {
    restart: (durable) => ({ _tag: "Restart", durable }),
    rejoin: (incarnation) => ({ _tag: "Rejoin", incarnation }),
    recover: (incarnation, durable) => ({ _tag: "Recover", incarnation, durable }),
    changeKey: config.newKeys === true ? (replica) => ({ _tag: "ChangeKey", replica }) : undefined,
    timeout: (view) => ({ _tag: "Timeout", view }),
    propose: (state, count, now) => proposeInput(config, state, count, now),
    answered: (answer) => answer,
    tell: (state, to) => toTell(config, state, to),
  },
  repetition: repetition(config),
  records: pbftRecords,
  trace: { line: replicaLine, drop: dropLine },
})

/** The messages of a replica's connections. */
export const pbftWire = (of: {
  readonly limits: CodecLimits
  readonly signer: ReplicaKeys["signer"]
  readonly authenticator: Authenticator
}): ReplicaWire<PbftKinds> => {
  const { limits, signer, authenticator } = of
  const asSent = (m: Exclude<Message, StateMessage>): Exclude<Message, StateMessage> =>
    m._tag === "Reply" || m._tag === "Read" ? m : signer.signed(m)
  return {
    later: (m) => (m._tag === "State" ? undefined : signer.later?.(m)),
    write: (writer, message) => {
      // A state leaves in parts (state-exchange.ts).
      if (message._tag !== "State") writeMessage(writer, asSent(message))
    },
    read: (reader, peer) => {
      const decoded = readMessage(reader, limits)
      if (decoded instanceof BadMessage) return decoded
      const input = authenticator.input(peer, decoded, reader.bytes)
      return { tag: decoded.message._tag, input }
    },
  }
}
