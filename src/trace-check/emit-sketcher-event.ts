/** One step of a sketcher as a record of TLA+, as spec/tla/TraceProphecy.tla reads it. */
import { isIgnored } from "../core/machine.ts"
import { type LaneClient, type LaneMessage, resultOf } from "../core/prophecy/lane-client.ts"
import { decodePlaced, type Position } from "../core/prophecy/position.ts"
import type { SketcherInput } from "../core/prophecy/sketcher-state.ts"
import { sketcherStateText } from "./emit-sketcher-state.ts"
import type { SketcherEvent } from "./event.ts"
import type { SketcherSymbols } from "./sketcher-symbols.ts"
import { type Field, recordText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"

/** What a line says was changed: the data that src/core/prophecy/trace-changes.ts writes. */
interface SketcherPost {
  readonly sketch?: ReadonlyArray<{
    readonly key: string
    readonly digest: string
    readonly position: string
  }>
  readonly floor?: string
  readonly old?: number
  readonly calls?: ReadonlyArray<{
    readonly id: number
    readonly stage: string
    readonly replica?: number
    readonly digest?: string
    readonly position?: string
  }>
  readonly answered?: ReadonlyArray<number>
  readonly lanes?: ReadonlyArray<{
    readonly lane: number
    readonly call?: number | null
    readonly client?: {
      readonly timestamp?: number
      readonly toAll?: boolean
      readonly replies?: ReadonlyArray<number>
    }
  }>
  readonly queue?: ReadonlyArray<number>
  readonly strikes?: ReadonlyArray<number>
}

const positionOf = (text: string): Position => {
  const [seq = 0, place = 0] = text.split(".").map(Number)
  return { seq, place }
}

const postText = (post: SketcherPost, symbols: SketcherSymbols): string => {
  const place = (text: string): string => symbols.position(positionOf(text))
  const sketches = post.sketch?.map(({ key, digest, position }) => {
    const sketch = `digest |-> ${symbols.digest(digest)}, position |-> ${place(position)}`
    return `[op |-> "${symbols.requestOfKey(key)}", ${sketch}]`
  })
  const calls = post.calls?.map(({ id, stage, replica, digest = "", position = "0.0" }) =>
    recordText([
      ["id", symbols.call(id)],
      ["stage", `"${stage}"`],
      ["replica", replica ?? "TraceNoReplica"],
      ["digest", symbols.digest(digest)],
      ["position", place(position)],
    ]),
  )
  const lanes = post.lanes?.map(({ lane, call, client = {} }) => {
    const { timestamp, toAll, replies } = client
    return recordText([
      ["lane", lane + 1],
      ["call", call === undefined ? undefined : symbols.call(call ?? undefined)],
      ["timestamp", timestamp === undefined ? undefined : symbols.timestamp(timestamp)],
      ["toAll", toAll === undefined ? undefined : tlaBoolean(toAll)],
      ["replies", replies && tlaSet(replies)],
    ])
  })
  return recordText([
    ["sketch", sketches && tlaTuple(sketches)],
    ["floor", post.floor === undefined ? undefined : place(post.floor)],
    ["old", post.old],
    ["calls", calls && tlaTuple(calls)],
    ["answered", post.answered && tlaSet(post.answered.map((id) => symbols.call(id)))],
    ["lanes", lanes && tlaTuple(lanes)],
    ["queue", post.queue && tlaTuple(post.queue.map((id) => symbols.call(id)))],
    ["strikes", post.strikes && tlaTuple(post.strikes)],
  ])
}

// What a lane's client is told. An acknowledgement of Zyzzyva's speaks of the request under way.
const answeredBy = (message: LaneMessage, lane: LaneClient | undefined) => ({
  timestamp: "timestamp" in message ? message.timestamp : (lane?.timestamp ?? 0),
  ...decodePlaced(resultOf(lane, message)),
})

const messageText = (
  input: Extract<SketcherInput, { readonly message: unknown }>,
  { config, before }: SketcherEvent,
  symbols: SketcherSymbols,
): string => {
  if (input._tag === "FastReply") {
    const { message, digest } = input
    return recordText([
      ["type", `"FastReply"`],
      // It is number 0 there.
      ["sketcher", message.sketcher === config.id ? 0 : 1],
      ["id", symbols.call(message.id)],
      ["replica", message.replica],
      ["result", symbols.result(message.result, digest)],
    ])
  }
  const { client, replica } = input.message
  const lane = before.lanes[client - config.firstClient]?.client
  const { timestamp, position, result } = answeredBy(input.message, lane)
  return recordText([
    ["type", `"Reply"`],
    ["client", symbols.lane(client)],
    ["timestamp", symbols.timestamp(timestamp)],
    ["replica", replica],
    ["position", symbols.position(position)],
    ["result", symbols.result(result, input.digest)],
  ])
}

const givenFields = (event: SketcherEvent, symbols: SketcherSymbols): ReadonlyArray<Field> => {
  const { input } = event
  switch (input._tag) {
    case "Read":
      return [
        ["client", symbols.client(input.id)],
        ["replica", input.replica],
      ]
    case "Write":
      return [["client", symbols.client(input.id)]]
    case "FastReply":
    case "Reply":
      return [["m", messageText(input, event, symbols)]]
    case "FastTimeout":
    case "GiveUp":
      return [["id", symbols.call(input.id)]]
    case "Retransmit":
      return [["lane", input.lane + 1]]
    case "Readmit":
      return [["replica", input.replica]]
    case "Restart":
      return []
  }
}

/** What the clients were told: of an answer that came in chunks the digest is known. */
const toldText = ({ input, step }: SketcherEvent, symbols: SketcherSymbols): string =>
  tlaSet(
    step.effects.flatMap((effect) => {
      if (effect._tag !== "Respond") return []
      const { id, path, position, result } = effect
      const digest = input._tag === "FastReply" ? input.digest : undefined
      return [
        recordText([
          ["client", symbols.client(id)],
          ["path", `"${path}"`],
          ["position", symbols.position(position)],
          ["result", symbols.result(result, digest)],
        ]),
      ]
    }),
  )

/**
 * Whether Zyzzyva's client in a lane heard something, or showed a certificate, and is not done: it
 * is taken at its word, and such a step changes nothing that Prophecy.tla has. Where the timer has
 * it ask everyone again, that is a step there.
 */
const isWithinLane = (
  { input, config, before, step }: SketcherEvent,
  requests: ReadonlyArray<string>,
): boolean => {
  if (config.protocol !== "zyzzyva") return false
  if (input._tag === "Retransmit") return !isIgnored(step.action) && requests.length === 0
  if (input._tag !== "Reply") return false
  const call = before.lanes[input.message.client - config.firstClient]?.call
  return call === undefined || step.state.calls.some(({ id }) => id === call)
}

/** One element of `Trace`; `requests` are the messages that the step sent. */
export const sketcherEventText = (
  event: SketcherEvent,
  requests: ReadonlyArray<string>,
  symbols: SketcherSymbols,
): string => {
  const { input, step } = event
  const isWithin = isWithinLane(event, requests)
  const given = isWithin ? [] : givenFields(event, symbols)
  if (isIgnored(step.action)) {
    const name = isWithin ? "Lane" : input._tag
    return recordText([["action", `"Ignored"`], ["input", `"${name}"`], ...given])
  }
  const post =
    input._tag === "Restart"
      ? sketcherStateText(step.state, symbols)
      : postText(event.said.post as SketcherPost, symbols)
  return recordText([
    ["action", `"${isWithin ? "LaneStep" : step.action}"`],
    ...given,
    ["sent", tlaSet(requests)],
    ["told", toldText(event, symbols)],
    ["post", post],
  ])
}
