/** The windows of a chain of D-Prophecy's clients, as TLC is asked about them. */
import type { DClientChain } from "./d-client-chain.ts"
import { dClientEmitter } from "./emit-d-clients.ts"
import type { DClientEvent } from "./event.ts"
import { askedOwnWindows, type OwnKind } from "./own-windows.ts"
import { type AskTlc, type CheckedWindow, checkWindows } from "./tlc-window.ts"

const kind: OwnKind<DClientChain, DClientEvent> = {
  specification: "DProphecy",
  nodeOf: ({ node }, event) => (event === undefined ? node : `client ${event.config.id}`),
  emitterOf: dClientEmitter,
  alone: (chain, event, from) => ({ ...chain, from, fromInit: false, events: [event] }),
}

/** Has TLC check the windows of a chain in their order; stops at the first that it rejects. */
export const checkDClientChain = (
  chain: DClientChain,
  size: number,
  ask: AskTlc,
): AsyncGenerator<CheckedWindow, void, undefined> =>
  checkWindows(askedOwnWindows(kind, chain, size), ask)
