/** The windows of a sketcher's chain, as TLC is asked about them. */
import { emitSketcherChain, follows, isFromInit, type SketcherWindow } from "./emit-sketcher.ts"
import type { SketcherChain } from "./sketcher-chain.ts"
import { type AskedWindow, type AskTlc, type CheckedWindow, checkWindows } from "./tlc-window.ts"

const alone = (chain: SketcherChain, { from, events }: SketcherWindow, k: number) => {
  const event = events[k]
  if (event === undefined) return undefined
  const start = event.before
  const one = { ...chain, from: from + k, fromInit: false, start, events: [event] }
  return emitSketcherChain(one, 1)[0]?.module
}

/** Adjacent windows of at most `size` steps. */
const askedWindows = (chain: SketcherChain, size: number): ReadonlyArray<AskedWindow> => {
  const windows = emitSketcherChain(chain, size)
  const node = `sketcher ${chain.config.id}`
  return windows.map((window, k): AskedWindow => {
    const previous = windows[k - 1]
    if (previous !== undefined && !follows(previous, window)) {
      throw new Error("adjacent windows share a state")
    }
    const { from, to, module, events } = window
    const first = isFromInit(chain) ? "init" : "replayed"
    return {
      specification: "Prophecy",
      of: `steps of ${node}`,
      from,
      to,
      starts: previous === undefined ? first : "previous",
      module,
      steps: events.map((e) => ({ place: e.place, node, action: e.step.action })),
      alone: (at) => alone(chain, window, at),
    }
  })
}

/** Has TLC check the windows of a chain in their order; stops at the first that it rejects. */
export const checkSketcherChain = (
  chain: SketcherChain,
  size: number,
  ask: AskTlc,
): AsyncGenerator<CheckedWindow, void, undefined> => checkWindows(askedWindows(chain, size), ask)
