/**
 * Steps of D-Prophecy's clients as modules TraceData, which spec/tla/TraceDProphecy.tla follows.
 */
import type { DClientEffect, DClientState } from "../core/prophecy/d-client.ts"
import type { DClientChain } from "./d-client-chain.ts"
import { DClientSymbols } from "./d-client-symbols.ts"
import { dClientEventText } from "./emit-d-client-event.ts"
import { DClientStates, requestText, sketchReadsText, underWay } from "./emit-d-client-state.ts"
import type { DClientEvent } from "./event.ts"
import type { Emitter } from "./own-windows.ts"
import { functionText, tlaSet, tlaTuple } from "./tla-text.ts"

const constants = ({ events }: DClientChain, symbols: DClientSymbols): ReadonlyArray<string> => {
  const { n = 0, quorum = 0 } = events[0]?.config.group ?? {}
  const asked = symbols.clients.map(({ asked: all }, c) => {
    const each = all.map(
      ({ kind, operation }) => `[kind |-> "${kind}", op |-> ${symbols.operation(operation)}]`,
    )
    return [c, tlaTuple(each)] as const
  })
  return [
    `TraceReplicas == 0 .. ${n - 1}`,
    `TraceClients == 0 .. ${asked.length - 1}`,
    `TraceClientOps == ${functionText(asked)}`,
    `TraceQuorum == ${quorum}`,
  ]
}

/** What a step sent, by its effect and the state after it. */
const sentBy = (
  effect: DClientEffect,
  { config, step }: DClientEvent,
  symbols: DClientSymbols,
): ReadonlyArray<string> => {
  const client = symbols.clients[symbols.client(config.id)]
  const { call }: DClientState = step.state
  if (client === undefined || call === undefined) return []
  if (effect._tag === "SendSketchRead") {
    const { operation, executor } = effect.message
    return sketchReadsText(client, { ...call, operation, executor }, symbols)
  }
  if (effect._tag !== "SendToReplicas") return []
  const { operation, timestamp } = effect.message
  return [requestText(client, { id: call.id, operation, timestamp }, symbols)]
}

/** Writes a chain down. */
export const dClientEmitter = (chain: DClientChain): Emitter<DClientEvent> => {
  const symbols = new DClientSymbols(chain)
  const clients = new DClientStates(symbols)
  const messages = new Set(symbols.clients.flatMap((client) => underWay(client, symbols)))
  return {
    constants: constants(chain, symbols),
    startsInInit: chain.fromInit,
    state: () => ({
      Clients: clients.clientsText(),
      LatestRead: clients.latestText(),
      Messages: tlaSet(messages),
    }),
    take: (event) => {
      const sent = event.step.effects.flatMap((effect) => sentBy(effect, event, symbols))
      for (const message of sent) messages.add(message)
      clients.take(event)
      return dClientEventText(event, sent, symbols)
    },
    digests: () => symbols.digestsText(),
  }
}
