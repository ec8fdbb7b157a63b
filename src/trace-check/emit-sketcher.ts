/**
 * A window of a sketcher's trace as the module TraceData, which spec/tla/TraceProphecy.tla follows.
 * What stands in the module comes from the trace's lines (inputs and changes), from what the
 * replayed steps send and tell and, for the states at both ends, from the replay.
 */
import { isBefore, nowhere } from "../core/prophecy/position.ts"
import { moduleText, oneLine } from "./emit-window.ts"
import { sketcherEventText } from "./emit-sketcher-event.ts"
import {
  ClientStates,
  requestsOf,
  requestsUnderWay,
  sketcherStateText,
} from "./emit-sketcher-state.ts"
import type { SketcherEvent } from "./event.ts"
import type { SketcherChain } from "./sketcher-chain.ts"
import { SketcherSymbols } from "./sketcher-symbols.ts"
import { functionText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"

/** A window ready for TLC. */
export interface SketcherWindow {
  readonly from: number
  readonly to: number
  readonly events: ReadonlyArray<SketcherEvent>
  readonly module: string
  /** The first and the last state as they stand in the module. */
  readonly startText: SketcherStateText
  readonly endText: SketcherStateText
}

export interface SketcherStateText {
  readonly sketcher: string
  readonly clients: string
  readonly messages: string
}

/** Whether TLC's last state in one window is its first state in the other. */
export const follows = (one: SketcherWindow, other: SketcherWindow): boolean =>
  one.to + 1 === other.from &&
  one.endText.sketcher === other.startText.sketcher &&
  one.endText.clients === other.startText.clients &&
  one.endText.messages === other.startText.messages

const stateLines = (name: string, text: SketcherStateText): ReadonlyArray<string> => [
  `${name} == ${text.sketcher}`,
  `${name}Clients == ${text.clients}`,
  `${name}Messages == ${text.messages}`,
]

const constants = ({ config }: SketcherChain, symbols: SketcherSymbols): ReadonlyArray<string> => {
  const { group, sketches, generation, lanes, maxStrikes, replyQuorum } = config
  const asked = symbols.asked.map((call, c) => {
    const { kind, fresh } = call
    const asks = `kind |-> "${kind}", op |-> ${symbols.request(call)}, at |-> 0`
    return [c, `<<[${asks}, fresh |-> ${tlaBoolean(fresh)}]>>`] as const
  })
  return [
    `TraceReplicas == 0 .. ${group.n - 1}`,
    `TraceNoReplica == ${group.n}`,
    `TraceClients == 0 .. ${asked.length - 1}`,
    `TraceClientOps == ${functionText(asked)}`,
    `Seen == ${tlaTuple(symbols.asked.map(({ after }) => symbols.position(after)))}`,
    `TraceSketches == ${tlaBoolean(sketches)}`,
    `TraceGeneration == ${generation}`,
    `TraceLanes == ${lanes}`,
    `TraceMaxStrikes == ${maxStrikes}`,
    `TraceReplyQuorum == ${replyQuorum}`,
  ]
}

// What clients have seen is an input, of which Init says that there is none.
const startsInInit = (chain: SketcherChain, symbols: SketcherSymbols): boolean =>
  chain.fromInit && symbols.asked.every(({ after }) => !isBefore(nowhere, after))

/** Whether the first window of the chain starts in the specification's Init. */
export const isFromInit = (chain: SketcherChain): boolean =>
  startsInInit(chain, new SketcherSymbols(chain))

/** The windows of a chain, each as a module; adjacent ones share the state between them. */
export const emitSketcherChain = (
  chain: SketcherChain,
  size: number,
): ReadonlyArray<SketcherWindow> => {
  const symbols = new SketcherSymbols(chain)
  const windows: Array<SketcherWindow> = []
  const messages = new Set(requestsUnderWay(chain.start, symbols))
  const clients = new ClientStates(chain.start, symbols)
  let state = chain.start
  const textNow = (): SketcherStateText => ({
    sketcher: sketcherStateText(state, symbols),
    clients: clients.text(),
    messages: tlaSet(messages),
  })
  for (let k = 0; k < chain.events.length; k += size) {
    const events = chain.events.slice(k, k + size)
    const startText = textNow()
    const texts = events.map((event) => {
      const { effects, state: after } = event.step
      const requests = effects.flatMap((e) => requestsOf(e, after, symbols))
      for (const request of requests) messages.add(request)
      clients.take(event)
      state = after
      return sketcherEventText(event, requests, symbols)
    })
    const endText = textNow()
    const from = chain.from + k
    const to = from + events.length - 1
    const isInit = k === 0 && startsInInit(chain, symbols)
    const body = [
      ...constants(chain, symbols),
      `StartsInInit == ${tlaBoolean(isInit)}`,
      ...stateLines("Start", startText),
      `Trace == <<\n  ${texts.join(",\n  ")}\n>>`,
      ...stateLines("End", endText),
      // Last: by now every result has its name.
      `Digests == ${symbols.digestsText()}`,
    ]
    const of = `sketcher ${chain.config.id} of run ${oneLine(chain.run)}`
    const module = moduleText(`steps ${from} to ${to} of ${of}`, body)
    windows.push({ from, to, events, module, startText, endText })
  }
  return windows
}
