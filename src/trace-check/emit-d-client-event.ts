/** One step of a client of D-Prophecy as a record of TLA+, as TraceDProphecy.tla reads it. */
import { isIgnored } from "../core/machine.ts"
import type { DClientInput } from "../core/prophecy/d-client.ts"
import { decodePlaced } from "../core/prophecy/position.ts"
import type { Sketch } from "../core/prophecy/sketch-table.ts"
import type { DClientSymbols } from "./d-client-symbols.ts"
import { sketchesText, sketchText } from "./emit-d-client-state.ts"
import type { DClientEvent } from "./event.ts"
import { type Field, recordText, tlaSet } from "./tla-text.ts"

/** What a line says was changed: the data that src/core/prophecy/d-trace.ts writes. */
interface DClientPost {
  readonly call?: {
    readonly id: number
    readonly stage: string
    readonly executor?: number
    readonly sketches?: ReadonlyArray<Sketch & { readonly replica: number }>
    readonly result?: string
  } | null
  readonly ordering?: {
    readonly timestamp?: number
    readonly replies?: ReadonlyArray<number>
  }
}

const callFields = (
  { config }: DClientEvent,
  { call }: DClientPost,
  symbols: DClientSymbols,
): ReadonlyArray<Field> => {
  if (call === undefined) return []
  if (call === null) return [["stage", `"idle"`]]
  const { id, stage, executor = 0, sketches = [], result = "" } = call
  const stated = (r: number): Sketch | undefined => sketches.find(({ replica }) => replica === r)
  return [
    ["stage", `"${stage}"`],
    ["next", symbols.call(config.id, id)],
    ["executor", executor],
    ["sketches", sketchesText(config.group.n, stated, symbols)],
    ["result", symbols.digest(result)],
  ]
}

const postText = (event: DClientEvent, symbols: DClientSymbols): string => {
  const post = event.said.post as DClientPost
  const { timestamp, replies } = post.ordering ?? {}
  const { id } = event.config
  return recordText([
    ...callFields(event, post, symbols),
    ["timestamp", timestamp === undefined ? undefined : symbols.timestamp(id, timestamp)],
    ["replies", replies && tlaSet(replies)],
  ])
}

type Received = Extract<DClientInput, { readonly message: unknown }>

const messageText = (input: Received, symbols: DClientSymbols): string => {
  if (input._tag === "Reply") {
    const { client, timestamp, replica, result: placed } = input.message
    const { position, result } = decodePlaced(placed)
    return recordText([
      ["type", `"Reply"`],
      ["client", symbols.client(client)],
      ["timestamp", symbols.timestamp(client, timestamp)],
      ["replica", replica],
      ["position", symbols.position(position)],
      ["result", symbols.result(result)],
    ])
  }
  const { client, id, replica, digest, seq, place, result } = input.message
  return recordText([
    ["type", `"SketchReply"`],
    ["client", symbols.client(client)],
    ["id", symbols.call(client, id)],
    ["replica", replica],
    ["sketch", sketchText({ digest, position: { seq, place } }, symbols)],
    ["result", result === undefined ? "<<>>" : symbols.result(result, input.digest)],
  ])
}

const givenFields = (event: DClientEvent, symbols: DClientSymbols): ReadonlyArray<Field> => {
  const { input, config } = event
  switch (input._tag) {
    case "Read":
      return [["executor", input.executor]]
    case "SketchReply":
    case "Reply":
      return [["m", messageText(input, symbols)]]
    case "SketchTimeout":
      return [["id", symbols.call(config.id, input.id)]]
    case "Write":
    case "Retransmit":
      return []
  }
}

const toldText = ({ config, step }: DClientEvent, symbols: DClientSymbols): string =>
  tlaSet(
    step.effects.flatMap((effect) => {
      if (effect._tag !== "Respond") return []
      const { path, position, result } = effect
      return [
        recordText([
          ["client", symbols.client(config.id)],
          ["path", `"${path}"`],
          ["position", symbols.position(position)],
          ["result", symbols.result(result)],
        ]),
      ]
    }),
  )

/** One element of `Trace`; `requests` are the messages that the step sent. */
export const dClientEventText = (
  event: DClientEvent,
  requests: ReadonlyArray<string>,
  symbols: DClientSymbols,
): string => {
  const { input, step, config } = event
  const given: ReadonlyArray<Field> = [
    ["client", symbols.client(config.id)],
    ...givenFields(event, symbols),
  ]
  if (isIgnored(step.action)) {
    return recordText([["action", `"Ignored"`], ["input", `"${input._tag}"`], ...given])
  }
  return recordText([
    ["action", `"${step.action}"`],
    ...given,
    ["sent", tlaSet(requests)],
    ["told", toldText(event, symbols)],
    ["post", postText(event, symbols)],
  ])
}
