/**
 * Prophecy's sketcher, a client of a replica group on behalf of others: NSDI '10, sections 3 and 4,
 * as far as they are known (spec/README.md says what is ours); spec/tla/Prophecy.tla. A read whose
 * result is sketched goes to one replica, and its answer is compared with the sketch. Everything
 * else goes through the group. Without sketches this is proxied PBFT.
 *
 * Reads are ordered like writes, not asked for with PBFT's read-only requests: these have no
 * position, by which results that come back in any order are told apart (I1).
 */
import { noDigest, type ReplicaId } from "../ids.ts"
import { ignore, type Machine } from "../machine.ts"
import type { SketcherAction } from "./action.ts"
import { abandonIn, hearIn, idleLanes, type LaneStep } from "./lane.ts"
import { decodePlaced, isBefore, nowhere } from "./position.ts"
import { emptyTable, install, sketchOf } from "./sketch-table.ts"
import type {
  Call,
  Lane,
  ReadInput,
  Respond,
  SketcherConfig,
  SketcherEffect,
  SketcherInput,
  SketcherState,
  SketcherStep,
} from "./sketcher-state.ts"
import { begin, callOf, proceed, withCall, withLane, withoutCall } from "./to-group.ts"

type InputOf<T extends SketcherInput["_tag"]> = Extract<SketcherInput, { readonly _tag: T }>

export const initSketcher = (config: SketcherConfig): SketcherState => ({
  table: emptyTable,
  calls: [],
  lanes: idleLanes(config, config.firstTimestamp),
  queue: [],
  strikes: new Array<number>(config.group.n).fill(0),
})

const isDrawn = (config: SketcherConfig, state: SketcherState, replica: ReplicaId): boolean =>
  config.maxStrikes === 0 || (state.strikes[replica] ?? config.maxStrikes) < config.maxStrikes

/** The replicas that a driver draws from, for its next fast read. */
export const rotation = (config: SketcherConfig, state: SketcherState): ReadonlyArray<ReplicaId> =>
  state.strikes.map((_, replica) => replica).filter((replica) => isDrawn(config, state, replica))

const newCall = (part: Pick<Call, "id" | "kind" | "key" | "operation">): Call => ({
  ...part,
  stage: "queued",
  replica: undefined,
  digest: noDigest,
  position: nowhere,
})

/**
 * SketcherRecvRead (NSDI '10 section 3). A read whose result is sketched goes to the drawn replica,
 * unless its client wants it fresh or has seen a later state; any other is replicated.
 */
export const sketcherRecvRead = (
  config: SketcherConfig,
  state: SketcherState,
  input: ReadInput,
): SketcherStep => {
  const { id, key, operation, replica } = input
  if (callOf(state, id) !== undefined) return ignore(state, "DuplicateCall")
  const action = "SketcherRecvRead"
  const call = newCall({ id, kind: "read", key, operation })
  const known = sketchOf(state.table, key)
  const isFast =
    known !== undefined &&
    !input.fresh &&
    !isBefore(known.position, input.after) &&
    isDrawn(config, state, replica)
  if (!isFast) return { ...begin(config, { state, effects: [] }, call), action }
  const { digest, position } = known
  return {
    state: withCall(state, { ...call, stage: "fast", replica, digest, position }),
    effects: [
      {
        _tag: "SendFastRead",
        replica,
        message: { _tag: "FastRead", sketcher: config.id, id, operation },
      },
      { _tag: "SetTimer", timer: `fast ${id}`, ms: config.fastReadMs },
    ],
    action,
  }
}

/**
 * SketcherRecvWrite (NSDI '10 section 3). Whatever is not known to be a read goes through the
 * group. No sketch is touched: a sketcher does not know which results a write changes.
 */
export const sketcherRecvWrite = (
  config: SketcherConfig,
  state: SketcherState,
  { id, operation }: InputOf<"Write">,
): SketcherStep => {
  if (callOf(state, id) !== undefined) return ignore(state, "DuplicateCall")
  const call = newCall({ id, kind: "write", key: "", operation })
  return { ...begin(config, { state, effects: [] }, call), action: "SketcherRecvWrite" }
}

/**
 * SketcherRecvFastReply (NSDI '10 section 3). The drawn replica's answer is the client's if it is
 * what the sketch says; otherwise the read is replicated. No sketch changes (I3, I4).
 */
export const sketcherRecvFastReply = (
  config: SketcherConfig,
  state: SketcherState,
  { message, digest }: InputOf<"FastReply">,
): SketcherStep => {
  const call = callOf(state, message.id)
  if (message.sketcher !== config.id) return ignore(state, "ForAnotherSketcher")
  if (call === undefined || call.stage !== "fast") return ignore(state, "NothingAwaited")
  if (call.replica !== message.replica) return ignore(state, "NotDrawn")
  const action = "SketcherRecvFastReply"
  const effects: ReadonlyArray<SketcherEffect> = [{ _tag: "CancelTimer", timer: `fast ${call.id}` }]
  if (digest !== call.digest) {
    return { ...begin(config, { state, effects }, { ...call, position: nowhere }), action }
  }
  const { id, position } = call
  const respond: Respond = { _tag: "Respond", id, path: "fast", position, result: message.result }
  return { state: withoutCall(state, id), effects: [...effects, respond], action }
}

/** What a strike changes: at the last one the replica is not drawn for a while (I7). */
const struck = (
  config: SketcherConfig,
  state: SketcherState,
  replica: ReplicaId | undefined,
): { readonly state: SketcherState; readonly effects: ReadonlyArray<SketcherEffect> } => {
  const { maxStrikes, readmitMs: ms } = config
  const known = replica === undefined ? undefined : state.strikes[replica]
  if (known === undefined || known >= maxStrikes) return { state, effects: [] }
  const strikes = state.strikes.map((count, r) => (r === replica ? count + 1 : count))
  const isOut = known + 1 === maxStrikes
  return {
    state: { ...state, strikes },
    effects: isOut ? [{ _tag: "SetTimer", timer: `readmit ${replica as ReplicaId}`, ms }] : [],
  }
}

/** SketcherFastTimeout (NSDI '10 section 3). The drawn replica is silent: the group is asked. */
export const sketcherFastTimeout = (
  config: SketcherConfig,
  state: SketcherState,
  { id }: InputOf<"FastTimeout">,
): SketcherStep => {
  const call = callOf(state, id)
  if (call === undefined || call.stage !== "fast") return ignore(state, "NothingAwaited")
  const draft = struck(config, state, call.replica)
  return { ...begin(config, draft, newCall(call)), action: "SketcherFastTimeout" }
}

/** The group answered the call of a lane, by its client's rule, position and all (I4). */
const completed = (
  config: SketcherConfig,
  state: SketcherState,
  took: LaneStep & { readonly index: number; readonly call: Call; readonly digest: string },
): SketcherStep => {
  const { call, digest, index } = took
  const { position, result } = decodePlaced(took.result ?? "")
  const answered = withoutCall(withLane(state, index, took.lane), call.id)
  const isSketched = config.sketches && call.kind === "read"
  const table = isSketched
    ? install(state.table, call.key, { digest, position }, config.generation)
    : state.table
  // The sketch was right after all: the drawn replica lied, or it lagged (I7).
  const isLate = call.kind === "read" && call.digest === digest
  const judged = struck(config, { ...answered, table }, isLate ? call.replica : undefined)
  const respond: Respond = { _tag: "Respond", id: call.id, path: "replicated", position, result }
  const effects = [...took.effects, ...judged.effects, respond]
  return { ...proceed(config, { state: judged.state, effects }), action: "SketcherRecvReply" }
}

/**
 * SketcherRecvReply (NSDI '10 section 3, OSDI '99 section 4.1). A replica's answer to the request
 * of a lane. Enough that are equal are the group's: the result of a read is sketched.
 */
export const sketcherRecvReply = (
  config: SketcherConfig,
  state: SketcherState,
  { message, digest }: InputOf<"Reply">,
): SketcherStep => {
  const index = message.client - config.firstClient
  const lane = state.lanes[index]
  if (lane === undefined) return ignore(state, "ForAnotherSketcher")
  const took = hearIn(config, index, lane, { _tag: "Receive", message })
  if (took.lane === lane) return ignore(state, took.action.replace("Ignore:", ""))
  const call = lane.call === undefined ? undefined : callOf(state, lane.call)
  if (took.result === undefined || call === undefined) {
    return {
      state: withLane(state, index, took.lane),
      effects: took.effects,
      action: "SketcherRecvReply",
    }
  }
  return completed(config, state, { ...took, index, call, digest })
}

/** SketcherRetransmit (OSDI '99 section 4.1). No result in time: every replica is asked. */
export const sketcherRetransmit = (
  config: SketcherConfig,
  state: SketcherState,
  { lane: index }: InputOf<"Retransmit">,
): SketcherStep => {
  const lane: Lane | undefined = state.lanes[index]
  if (lane === undefined || lane.call === undefined) return ignore(state, "NothingAwaited")
  const timeout = { _tag: "Timeout" as const, waitedMs: config.retransmitMs }
  const { lane: after, effects } = hearIn(config, index, lane, timeout)
  return {
    state: after === lane ? state : withLane(state, index, after),
    effects,
    action: "SketcherRetransmit",
  }
}

/** SketcherReadmit (NSDI '10 section 3; ours). A replica that answered badly is drawn again. */
export const sketcherReadmit = (
  config: SketcherConfig,
  state: SketcherState,
  { replica }: InputOf<"Readmit">,
): SketcherStep => {
  if (isDrawn(config, state, replica)) return ignore(state, "NotOut")
  const strikes = state.strikes.map((count, r) => (r === replica ? 0 : count))
  return { state: { ...state, strikes }, effects: [], action: "SketcherReadmit" }
}

/**
 * SketcherRestart (NSDI '10 section 3). A sketcher comes back with an empty table: every read is
 * replicated once. Its clients learn nothing of the calls that were under way.
 */
export const sketcherRestart = (
  config: SketcherConfig,
  { firstTimestamp }: InputOf<"Restart">,
): SketcherStep => ({
  state: initSketcher({ ...config, firstTimestamp }),
  effects: [],
  action: "SketcherRestart",
})

/**
 * SketcherGiveUp (NSDI '10 section 3; ours). The client of a call waits no longer: its lane, if it
 * has one, takes the next call. Nothing is sketched, and whether a write takes effect is not known.
 */
export const sketcherGiveUp = (
  config: SketcherConfig,
  state: SketcherState,
  { id }: InputOf<"GiveUp">,
): SketcherStep => {
  const call = callOf(state, id)
  if (call === undefined) return ignore(state, "NothingAwaited")
  const action = "SketcherGiveUp"
  const index = state.lanes.findIndex((lane) => lane.call === id)
  const lane = state.lanes[index]
  const queue = state.queue.filter((waiting) => waiting !== id)
  const without = { ...withoutCall(state, id), queue }
  if (lane === undefined) {
    const timer: SketcherEffect = { _tag: "CancelTimer", timer: `fast ${id}` }
    return { state: without, effects: call.stage === "fast" ? [timer] : [], action }
  }
  const freed = withLane(without, index, abandonIn(config, index, lane))
  const effects: ReadonlyArray<SketcherEffect> = [
    { _tag: "CancelTimer", timer: `retransmit ${index}` },
  ]
  return { ...proceed(config, { state: freed, effects }), action }
}

/** One input, one action. Deterministic, total, and without any effect of its own. */
export const stepSketcher = (
  config: SketcherConfig,
  state: SketcherState,
  input: SketcherInput,
): SketcherStep => {
  switch (input._tag) {
    case "Read":
      return sketcherRecvRead(config, state, input)
    case "Write":
      return sketcherRecvWrite(config, state, input)
    case "FastReply":
      return sketcherRecvFastReply(config, state, input)
    case "FastTimeout":
      return sketcherFastTimeout(config, state, input)
    case "Reply":
      return sketcherRecvReply(config, state, input)
    case "Retransmit":
      return sketcherRetransmit(config, state, input)
    case "Readmit":
      return sketcherReadmit(config, state, input)
    case "Restart":
      return sketcherRestart(config, input)
    case "GiveUp":
      return sketcherGiveUp(config, state, input)
  }
}

export const sketcher: Machine<
  SketcherConfig,
  SketcherState,
  SketcherInput,
  SketcherEffect,
  SketcherAction
> = { init: initSketcher, step: stepSketcher }
