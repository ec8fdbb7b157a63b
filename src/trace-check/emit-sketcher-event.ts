/** One step of a sketcher as a record of TLA+, as spec/tla/TraceProphecy.tla reads it. */
import type { Reply } from "../core/pbft/message.ts"
import { isIgnored } from "../core/machine.ts"
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

const messageText = (
  input: Extract<SketcherInput, { readonly message: unknown }>,
  sketcher: number,
  symbols: SketcherSymbols,
): string => {
  if (input._tag === "FastReply") {
    const { message, digest } = input
    return recordText([
      ["type", `"FastReply"`],
      // It is number 0 there.
      ["sketcher", message.sketcher === sketcher ? 0 : 1],
      ["id", symbols.call(message.id)],
      ["replica", message.replica],
      ["result", symbols.result(message.result, digest)],
    ])
  }
  // A window is of a sketcher before PBFT.
  const { client, timestamp, replica, result: placed } = input.message as Reply
  const { position, result } = decodePlaced(placed)
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
  const { input, config } = event
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
      return [["m", messageText(input, config.id, symbols)]]
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

/** One element of `Trace`; `requests` are the messages that the step sent. */
export const sketcherEventText = (
  event: SketcherEvent,
  requests: ReadonlyArray<string>,
  symbols: SketcherSymbols,
): string => {
  const { input, step } = event
  const given = givenFields(event, symbols)
  if (isIgnored(step.action)) {
    return recordText([["action", `"Ignored"`], ["input", `"${input._tag}"`], ...given])
  }
  const post =
    input._tag === "Restart"
      ? sketcherStateText(step.state, symbols)
      : postText(event.said.post as SketcherPost, symbols)
  return recordText([
    ["action", `"${step.action}"`],
    ...given,
    ["sent", tlaSet(requests)],
    ["told", toldText(event, symbols)],
    ["post", post],
  ])
}
