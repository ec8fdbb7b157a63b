/**
 * Zyzzyva as what runs a replica sees it.
 *
 * Outside the specification: nothing; it names functions of src/core/zyzzyva, and says which
 * messages wait or are sent again, as early.ts, catch-up.ts and change-repeater.ts say why. An
 * order that comes before its turn waits as well, and its hole is asked for now and then; so does
 * one with a request that does not verify, until enough others vouch for it: the network there
 * delays what is sent, and loses it.
 */
import type { Seq, View } from "../core/ids.ts"
import { primaryOf } from "../core/quorum.ts"
import { isAcceptable } from "../core/zyzzyva/agreement.ts"
import { lastOrdered } from "../core/zyzzyva/log.ts"
import type { ClientMessage, PeerMessage, Request } from "../core/zyzzyva/message.ts"
import { newLog } from "../core/zyzzyva/new-log.ts"
import { isMute, nullRequest, recoveryRequest, recoversFrom } from "../core/zyzzyva/rejoin.ts"
import { step } from "../core/zyzzyva/replica.ts"
import { changeWords, checkpointWords, ordersAt } from "../core/zyzzyva/resend.ts"
import { durableRecords, withoutLost } from "../core/zyzzyva/restart.ts"
import {
  type Config,
  type DurableRecord,
  type Input,
  init,
  type State,
} from "../core/zyzzyva/state.ts"
import { changeAfter, viewTimer } from "../core/zyzzyva/timer.ts"
import { dropLine, replicaLine } from "../core/zyzzyva/trace.ts"
import { BadMessage } from "./bad-message.ts"
import type { CodecLimits } from "./batch-codec.ts"
import { isAhead } from "./early.ts"
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
  StartingPoint,
} from "./protocol.ts"
import type { ZyzzyvaAuthenticator } from "./zyzzyva-authenticate.ts"
import { readZyzzyvaMessage, writeZyzzyvaMessage } from "./zyzzyva-codec.ts"
import { zyzzyvaCheckpointDigest } from "./zyzzyva-digests.ts"
import { zyzzyvaRecordSession } from "./zyzzyva-record-codec.ts"

export interface ZyzzyvaKinds extends Kinds {
  readonly State: State
  readonly Input: Input
  readonly Message: PeerMessage | Request
  readonly Reply: ClientMessage
  readonly Record: DurableRecord
}

const isActive = (state: State): boolean => state.stage === "active"

const machine = (config: Config): ReplicaMachine<ZyzzyvaKinds> => ({
  group: config.group,
  id: config.id,
  logSize: config.logSize,
  maxBatch: config.maxBatch,
  init: init(config),
  step: (state, input) => step(config, state, input),
  isActive,
  isProposer: (state) => isActive(state) && primaryOf(config.group, state.view) === config.id,
  settledState: (state) => state,
  lastAssigned: lastOrdered,
  // Nobody tells a primary that a batch is complete: it waits for its disk, and requests gather.
  settled: (_, durable) => durable,
  durableRecords: (state) => durableRecords(config, state),
  changeAfter: (before, now) => changeAfter(config, before, now),
  viewTimer: (state) => viewTimer(config, state),
  awaited: (state) => (isMute(config, state) ? (recoversFrom(config, state) ?? 0) : 0),
})

/** How long a hole or histories that were asked for are not asked for again, in milliseconds. */
const holeMs = 100

type OrderInput = Extract<Input, { readonly _tag: "ReceiveOrderReq" }>

interface ZyzzyvaPlace extends Place {
  readonly order: OrderInput | undefined
}

// What an order waits for: for those before it, or for others that vouch for it.
const awaitedBy = (
  config: Config,
  state: State,
  { view, seq, order }: ZyzzyvaPlace,
): "orders" | "histories" | undefined => {
  if (order === undefined || view !== state.view || !isActive(state)) return undefined
  const next = lastOrdered(state) + 1
  if (seq > next) return "orders"
  const isDoubted = seq === next && config.vouchOrders
  const { message, verdicts } = order
  return isDoubted && !isAcceptable(config, state, message, verdicts) ? "histories" : undefined
}

const placeOf =
  ({ group }: Config) =>
  (input: Input): ZyzzyvaPlace | undefined => {
    if (input._tag === "ReceiveOrderReq") {
      const { view, seq } = input.message
      return { replica: primaryOf(group, view), view, seq, order: input }
    }
    if (input._tag !== "Receive") return undefined
    const { message } = input
    if (message._tag !== "SpecHeader" && message._tag !== "Checkpoint") return undefined
    const { replica, view, seq } = message
    return { replica, view, seq, order: undefined }
  }

/**
 * Whether it is to be asked for now: it is something else, or a while has passed. Orders and
 * histories apart, or the answers to one question would bring up the other, and so on.
 */
const asker = (): ((state: State, awaited: string | undefined) => boolean) => {
  const last = new Map<string, { readonly from: Seq; readonly view: View; readonly at: number }>()
  return (state, awaited) => {
    if (awaited === undefined) return false
    const from = lastOrdered(state) + 1
    const at = performance.now()
    const asked = last.get(awaited)
    if (asked?.from === from && asked.view === state.view && at - asked.at < holeMs) return false
    last.set(awaited, { from, view: state.view, at })
    return true
  }
}

const bytesOf = (m: ZyzzyvaKinds["Message"]): number =>
  m._tag === "OrderReq"
    ? m.batch.reduce((sum, r) => sum + 200 + r.operation.length + r.authenticator.length, 400)
    : 400

const isUseful = ({ view }: State, told: Progress | undefined): boolean =>
  told === undefined || told.view < view || (told.view === view && !told.active)

const repeatedTo = (
  config: Config,
  state: State,
  told: Progress | undefined,
): ReadonlyArray<ZyzzyvaKinds["Message"]> => {
  const asks = recoveryRequest(config, state)
  if (asks !== undefined) return [asks]
  const words = changeWords(config, state).filter(
    (m) => m._tag === "Accusation" || isUseful(state, told),
  )
  const { newView } = state
  const isOwn = newView !== undefined && primaryOf(config.group, newView.view) === config.id
  const mine = isOwn && !isActive(state) && isUseful(state, told) && told?.newView !== true
  return mine ? [...words, newView] : words
}

const repetition = (config: Config): Repetition<ZyzzyvaKinds> => {
  const mayAsk = asker()
  const awaited = (state: State, place: Place) => awaitedBy(config, state, place as ZyzzyvaPlace)
  const { group } = config
  return {
    placeOf: placeOf(config),
    isEarly: (state, place) =>
      isAhead(isActive(state), state, place) || awaited(state, place) !== undefined,
    opens: (before, now) => before.log !== now.log || before.headers !== now.headers,
    tells: (state, place) => mayAsk(state, awaited(state, place)),
    asks: (state, place) => {
      const why = awaited(state, place)
      return why === "histories" && mayAsk(state, why)
    },
    sizeOf: (input) => (input._tag === "ReceiveOrderReq" ? bytesOf(input.message) : 400),
    messagesAt: (state, seq) => [
      ...ordersAt(state, seq, seq),
      ...checkpointWords(config, state, seq - 1).filter((m) => m.seq === seq),
    ],
    checkpointsAbove: (state, low) =>
      checkpointWords(config, state, low).map((message) => ({ seq: message.seq, message })),
    isOfCheckpoint: (m) => m._tag === "SpecHeader" || m._tag === "Checkpoint",
    viewOf: (m) => ("view" in m ? m.view : undefined),
    bytesOf,
    repeatedTo: (state, told) => repeatedTo(config, state, told),
    newView: ({ newView }) => {
      if (newView === undefined) return undefined
      const start = newLog(config, newView.changes).start.seq
      return { message: newView, by: primaryOf(group, newView.view), start }
    },
  }
}

type Taken = Extract<DurableRecord, { readonly _tag: "CheckpointTaken" }>

const pointOf = ({ seq, history, table, digest }: Taken): StartingPoint => ({
  seq,
  isOf: (service) => zyzzyvaCheckpointDigest(history, service, table) === digest,
})

/** The last stable checkpoint: what was executed above it may be another in the next view. */
export const zyzzyvaRecords: RecordCodec<DurableRecord> = {
  session: zyzzyvaRecordSession,
  startOf: (records) => {
    const stable = records.findLast((r) => r._tag === "CheckpointStable")
    if (stable?._tag !== "CheckpointStable") return undefined
    const { seq } = stable.stable
    const taken = records.findLast((r) => r._tag === "CheckpointTaken" && r.seq === seq)
    if (taken?._tag !== "CheckpointTaken") return undefined
    return pointOf(taken)
  },
  later: {
    points: (records) => {
      const stable = records.findLast((r) => r._tag === "CheckpointStable")
      const low = stable?._tag === "CheckpointStable" ? stable.stable.seq : 0
      const points = new Map<Seq, StartingPoint>()
      for (const r of records) {
        if (r._tag === "CheckpointTaken" && r.seq > low) points.set(r.seq, pointOf(r))
      }
      return [...points.values()].sort((a, b) => a.seq - b.seq)
    },
    without: (records, lost) => withoutLost(records, ({ seq }) => !lost.includes(seq)),
  },
  taken: (record) => (record._tag === "CheckpointTaken" ? record.seq : undefined),
  incarnationOf: (records) => {
    const last = records.findLast((r) => r._tag === "Rejoined")
    return last?._tag === "Rejoined" ? last.incarnation : 0
  },
  recoversWithDisk: false,
}

export const zyzzyvaProtocol = (config: Config): ReplicaProtocol<ZyzzyvaKinds> => ({
  machine: machine(config),
  inputs: {
    restart: (durable) => ({ _tag: "Restart", durable }),
    rejoin: (incarnation) => ({ _tag: "Rejoin", incarnation }),
    timeout: (view) => ({ _tag: "Timeout", view }),
    propose: (_, count) => ({ _tag: "Propose", count }),
    answered: (answer) => answer as Input,
  },
  idle: {
    // What a request to be taken back waits for stands in the client table.
    told: () => undefined,
    next: (state) => nullRequest(config, state),
  },
  repetition: repetition(config),
  records: zyzzyvaRecords,
  trace: { line: replicaLine, drop: dropLine },
})

/** The messages of a replica's connections; `signer` signs its requests to be taken back. */
export const zyzzyvaWire = (
  limits: CodecLimits,
  signer: ReplicaKeys["signer"],
  authenticator: ZyzzyvaAuthenticator,
): ReplicaWire<ZyzzyvaKinds> => ({
  write: (writer, m) =>
    writeZyzzyvaMessage(writer, m._tag === "Request" ? (signer.signed(m) as Request) : m),
  read: (reader, peer) => {
    const decoded = readZyzzyvaMessage(reader, limits)
    if (decoded instanceof BadMessage) return decoded
    const input = authenticator.input(peer, decoded, reader.bytes)
    return { tag: decoded.message._tag, input }
  },
})
