/** A sketcher's state, its clients' and what it sends as TLA+, as TraceProphecy.tla reads them. */
import { isZyzzyvaClient, repliesIn, requestIn } from "../core/prophecy/lane-client.ts"
import * as HashMap from "../core/hash-map.ts"
import { decodePlaced } from "../core/prophecy/position.ts"
import type { Generation } from "../core/prophecy/sketch-table.ts"
import type {
  Call,
  CallId,
  Lane,
  SketcherEffect,
  SketcherState,
} from "../core/prophecy/sketcher-state.ts"
import type { SketcherEvent } from "./event.ts"
import type { SketcherSymbols } from "./sketcher-symbols.ts"
import { functionText, tlaBoolean, tlaTuple } from "./tla-text.ts"

const generationText = ({ sketches }: Generation, symbols: SketcherSymbols): string => {
  const all = HashMap.entries(sketches).map(([key, { digest, position }]) => {
    const sketch = `digest |-> ${symbols.digest(digest)}, position |-> ${symbols.position(position)}`
    return `${symbols.requestOfKey(key)} |-> [${sketch}]`
  })
  return all.length === 0 ? "<<>>" : `[${all.join(",\n    ")}]`
}

const callText = (call: Call, symbols: SketcherSymbols): string => {
  const { kind, stage, replica, digest, position } = call
  return (
    `[kind |-> "${kind}", op |-> ${symbols.request(call)}, stage |-> "${stage}", ` +
    `replica |-> ${replica ?? "TraceNoReplica"}, digest |-> ${symbols.digest(digest)}, ` +
    `position |-> ${symbols.position(position)}]`
  )
}

const laneText = ({ call, client }: Lane, symbols: SketcherSymbols): string => {
  // What Zyzzyva's client has heard is not in Prophecy.tla.
  const heard = isZyzzyvaClient(client) ? client.views.map(() => undefined) : repliesIn(client)
  const replies = heard.map((reply) => {
    if (reply === undefined) return "<<>>"
    const { position, result } = decodePlaced(reply.result)
    return `[position |-> ${symbols.position(position)}, result |-> ${symbols.result(result)}]`
  })
  return (
    `[call |-> ${symbols.call(call)}, timestamp |-> ${symbols.timestamp(client.timestamp)}, ` +
    `toAll |-> ${tlaBoolean(client.toAll)}, replies |-> ${tlaTuple(replies)}]`
  )
}

/** All of a sketcher's variables. */
export const sketcherStateText = (state: SketcherState, symbols: SketcherSymbols): string => {
  const { table, calls, lanes, queue, strikes } = state
  const young = generationText(table.young, symbols)
  const old = generationText(table.old, symbols)
  const waiting = calls.map((call) => [symbols.call(call.id), callText(call, symbols)] as const)
  return (
    `[table |-> [young |-> ${young},\n    old |-> ${old},\n    ` +
    `floor |-> ${symbols.position(table.floor)}],\n  calls |-> (${functionText(waiting)}),\n  ` +
    `lanes |-> ${tlaTuple(lanes.map((lane) => laneText(lane, symbols)))},\n  ` +
    `queue |-> ${tlaTuple(queue.map((id) => symbols.call(id)))},\n  ` +
    `strikes |-> ${tlaTuple(strikes)}]`
  )
}

/** A request of a lane: what the group is asked to order. */
export const orderedText = (
  lane: { readonly index: number; readonly timestamp: number },
  call: Call,
  symbols: SketcherSymbols,
): string =>
  `[type |-> "Request", client |-> ${lane.index}, ` +
  `timestamp |-> ${symbols.timestamp(lane.timestamp)}, kind |-> "${call.kind}", ` +
  `op |-> ${symbols.request(call)}]`

/** What the drawn replica is asked. */
export const fastReadText = (call: Call, replica: number, symbols: SketcherSymbols): string =>
  `[type |-> "FastRead", sketcher |-> 0, id |-> ${symbols.call(call.id)}, ` +
  `op |-> ${symbols.request(call)}, replica |-> ${replica}]`

/** What a step sent, by its effect and the state after it. */
export const requestsOf = (
  effect: SketcherEffect,
  { calls, lanes }: SketcherState,
  symbols: SketcherSymbols,
): ReadonlyArray<string> => {
  if (effect._tag === "SendFastRead") {
    const { id, operation } = effect.message
    const call = calls.find((known) => known.id === id)
    return call === undefined ? [] : [fastReadText({ ...call, operation }, effect.replica, symbols)]
  }
  if (effect._tag !== "SendToReplicas") return []
  const request = requestIn(effect.message)
  if (request === undefined) return []
  const { client, timestamp, operation } = request
  const index = symbols.lane(client)
  const call = calls.find(({ id }) => id === lanes[index]?.call)
  return call === undefined
    ? []
    : [orderedText({ index, timestamp }, { ...call, operation }, symbols)]
}

/** What a sketcher waits for, it has asked for. */
export const requestsUnderWay = (
  { calls, lanes }: SketcherState,
  symbols: SketcherSymbols,
): ReadonlyArray<string> => {
  const ordered = lanes.flatMap((lane, index) => {
    const call = calls.find(({ id }) => id === lane.call)
    const { timestamp } = lane.client
    return call === undefined ? [] : [orderedText({ index, timestamp }, call, symbols)]
  })
  const fast = calls.flatMap((call) =>
    call.stage === "fast" ? [fastReadText(call, call.replica ?? -1, symbols)] : [],
  )
  return [...ordered, ...fast]
}

/** What the clients of a chain wait for, as it goes by: each has one call. */
export class ClientStates {
  readonly #symbols: SketcherSymbols
  readonly #states = new Map<CallId, "waiting" | "answered" | "gone">()

  constructor({ calls }: SketcherState, symbols: SketcherSymbols) {
    this.#symbols = symbols
    for (const { id } of calls) this.#states.set(id, "waiting")
  }

  take({ before, step }: SketcherEvent): void {
    const waiting = new Set(step.state.calls.map(({ id }) => id))
    for (const id of waiting) if (!this.#states.has(id)) this.#states.set(id, "waiting")
    const told = new Set(step.effects.flatMap((e) => (e._tag === "Respond" ? [e.id] : [])))
    for (const { id } of before.calls) {
      if (!waiting.has(id)) this.#states.set(id, told.has(id) ? "answered" : "gone")
    }
  }

  text(): string {
    const each = this.#symbols.calls.map((id) => {
      const state = this.#states.get(id) ?? "idle"
      return state === "answered"
        ? `[next |-> 2, state |-> "idle"]`
        : `[next |-> 1, state |-> "${state}"]`
    })
    return tlaTuple(each)
  }
}
