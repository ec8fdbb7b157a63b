/** The windows of a sketcher's chain, as TLC is asked about them. */
import { sketcherEmitter } from "./emit-sketcher.ts"
import type { SketcherEvent } from "./event.ts"
import { askedOwnWindows, type OwnKind } from "./own-windows.ts"
import type { SketcherChain } from "./sketcher-chain.ts"
import { type AskTlc, type CheckedWindow, checkWindows } from "./tlc-window.ts"

const kind: OwnKind<SketcherChain, SketcherEvent> = {
  specification: "Prophecy",
  nodeOf: ({ config }) => `sketcher ${config.id}`,
  emitterOf: sketcherEmitter,
  alone: (chain, event, from) => {
    const { before: start } = event
    return { ...chain, from, fromInit: false, start, events: [event] }
  },
}

/** Has TLC check the windows of a chain in their order; stops at the first that it rejects. */
export const checkSketcherChain = (
  chain: SketcherChain,
  size: number,
  ask: AskTlc,
): AsyncGenerator<CheckedWindow, void, undefined> =>
  checkWindows(askedOwnWindows(kind, chain, size), ask)
