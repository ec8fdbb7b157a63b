/** A sketcher's steps as modules TraceData, which spec/tla/TraceProphecy.tla follows. */
import { isBefore, nowhere } from "../core/prophecy/position.ts"
import { sketcherEventText } from "./emit-sketcher-event.ts"
import {
  ClientStates,
  requestsOf,
  requestsUnderWay,
  sketcherStateText,
} from "./emit-sketcher-state.ts"
import type { SketcherEvent } from "./event.ts"
import { type Emitter, emitOwn, type OwnWindow } from "./own-windows.ts"
import type { SketcherChain } from "./sketcher-chain.ts"
import { SketcherSymbols } from "./sketcher-symbols.ts"
import { functionText, tlaBoolean, tlaSet, tlaTuple } from "./tla-text.ts"

const constants = ({ config }: SketcherChain, symbols: SketcherSymbols): ReadonlyArray<string> => {
  const { group, sketches, generation, lanes, maxStrikes, replyQuorum, protocol } = config
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
    // A lane's client of Zyzzyva is taken at its word: what completes its request is one answer.
    `TraceReplyQuorum == ${protocol === "zyzzyva" ? 1 : replyQuorum}`,
  ]
}

// What clients have seen is an input, of which Init says that there is none.
const startsInInit = (chain: SketcherChain, symbols: SketcherSymbols): boolean =>
  chain.fromInit && symbols.asked.every(({ after }) => !isBefore(nowhere, after))

/** Writes a sketcher's chain down. */
export const sketcherEmitter = (chain: SketcherChain): Emitter<SketcherEvent> => {
  const symbols = new SketcherSymbols(chain)
  const messages = new Set(requestsUnderWay(chain.start, symbols))
  const clients = new ClientStates(chain.start, symbols)
  const now = { state: chain.start }
  return {
    constants: constants(chain, symbols),
    startsInInit: startsInInit(chain, symbols),
    state: () => ({
      "": sketcherStateText(now.state, symbols),
      Clients: clients.text(),
      Messages: tlaSet(messages),
    }),
    take: (event) => {
      const { effects, state: after } = event.step
      const requests = effects.flatMap((e) => requestsOf(e, after, symbols))
      for (const request of requests) messages.add(request)
      clients.take(event)
      now.state = after
      return sketcherEventText(event, requests, symbols)
    },
    digests: () => symbols.digestsText(),
  }
}

/** The windows of a chain, each as a module. */
export const emitSketcherChain = (
  chain: SketcherChain,
  size: number,
): ReadonlyArray<OwnWindow<SketcherEvent>> =>
  emitOwn(chain, size, {
    node: `sketcher ${chain.config.id}`,
    emitter: sketcherEmitter(chain),
  })
